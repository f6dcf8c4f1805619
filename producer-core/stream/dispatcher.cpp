// SPDX-License-Identifier: Apache-2.0
// The executor of applications that bring none: one thread for the process's handlers.
#include <deque>
#include <functional>
#include <memory>
#include <thread>
#include <utility>

#include "base/of_process.h"
#include "stream/notifier.h"

namespace kvs::stream {

namespace {

/// What the thread runs, in order. The thread's own, too: it outlives the dispatcher that goes from inside a
/// handler.
class Jobs {
 public:
  void add(std::function<void()> job) KVS_EXCLUDES(mutex_) {
    const Lock lock(mutex_);
    jobs_.push_back(std::move(job));
    came_.notifyOne();
  }

  /// What is there is still run.
  void stop() KVS_EXCLUDES(mutex_) {
    const Lock lock(mutex_);
    stopping_ = true;
    came_.notifyOne();
  }

  void runAll() {
    while (const auto job = next())
      job();
  }

 private:
  /// Null: it has been stopped, and there are no more.
  std::function<void()> next() KVS_EXCLUDES(mutex_) {
    const Lock lock(mutex_);
    while (!stopping_ && jobs_.empty())
      came_.wait(mutex_);
    if (jobs_.empty()) return nullptr;
    auto job = std::move(jobs_.front());
    jobs_.pop_front();
    return job;
  }

  Mutex mutex_{"dispatcher"};
  Condition came_;
  std::deque<std::function<void()>> jobs_ KVS_GUARDED_BY(mutex_);
  bool stopping_ KVS_GUARDED_BY(mutex_) = false;
};

class Dispatcher final : public Executor {
 public:
  Dispatcher() : thread_([jobs = jobs_] { jobs->runAll(); }) {}

  ~Dispatcher() override {
    jobs_->stop();
    if (thread_.get_id() == std::this_thread::get_id()) {
      thread_.detach();  // the last stream went from inside a handler
    } else {
      thread_.join();
    }
  }

  void post(std::function<void()> job) override { jobs_->add(std::move(job)); }

 private:
  const std::shared_ptr<Jobs> jobs_ = std::make_shared<Jobs>();
  std::thread thread_;
};

/// The one that is in use. A forked child, which has not the parent's thread, makes its own.
class SharedDispatcher {
 public:
  Mutex& mutex() KVS_RETURN_MUTEX(mutex_) { return mutex_; }
  void forgetInChild() KVS_REQUIRES(mutex_) { current_.reset(); }

  std::shared_ptr<Dispatcher> hold() KVS_EXCLUDES(mutex_) {
    const Lock lock(mutex_);
    auto dispatcher = current_.lock();
    if (!dispatcher) current_ = dispatcher = std::make_shared<Dispatcher>();
    return dispatcher;
  }

 private:
  Mutex mutex_{"shared dispatcher"};
  std::weak_ptr<Dispatcher> current_ KVS_GUARDED_BY(mutex_);
};

}  // namespace

std::shared_ptr<Executor> sharedDispatcher() {
  return ofProcess<SharedDispatcher>().hold();
}

}  // namespace kvs::stream
