// SPDX-License-Identifier: Apache-2.0
// The executor of applications that bring none: one thread for the process's handlers.
#include <condition_variable>
#include <deque>
#include <thread>

#include "stream/notifier.h"

namespace kvs::stream {

namespace {

class Dispatcher final : public Executor {
 public:
  Dispatcher() : thread_([this] { run(); }) {}

  ~Dispatcher() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    if (thread_.get_id() == std::this_thread::get_id()) {
      thread_.detach();  // the last stream went from inside a handler
    } else {
      thread_.join();
    }
  }

  void post(std::function<void()> job) override {
    {
      const std::lock_guard lock(mutex_);
      jobs_.push_back(std::move(job));
    }
    wake_.notify_one();
  }

 private:
  void run() {
    for (;;) {
      std::function<void()> job;
      {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
        if (jobs_.empty()) return;
        job = std::move(jobs_.front());
        jobs_.pop_front();
      }
      job();
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> jobs_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace

std::shared_ptr<Executor> sharedDispatcher() {
  static auto* const mutex = new std::mutex;  // leaked: nothing at namespace scope is destroyed at exit
  static auto* const current = new std::weak_ptr<Dispatcher>;
  const std::lock_guard lock(*mutex);
  auto dispatcher = current->lock();
  if (!dispatcher) *current = dispatcher = std::make_shared<Dispatcher>();
  return dispatcher;
}

}  // namespace kvs::stream
