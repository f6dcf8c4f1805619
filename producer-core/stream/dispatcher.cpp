// SPDX-License-Identifier: Apache-2.0
// The executor of applications that bring none: one thread for the process's handlers.
#include <pthread.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>

#include "stream/notifier.h"

namespace kvs::stream {

namespace {

class Dispatcher final : public Executor {
 public:
  Dispatcher() : thread_([queue = queue_] { queue->run(); }) {}

  ~Dispatcher() override {
    {
      const std::lock_guard lock(queue_->mutex);
      queue_->stopping = true;
    }
    queue_->wake.notify_all();
    if (thread_.get_id() == std::this_thread::get_id()) {
      thread_.detach();  // the last stream went from inside a handler
    } else {
      thread_.join();
    }
  }

  void post(std::function<void()> job) override {
    {
      const std::lock_guard lock(queue_->mutex);
      queue_->jobs.push_back(std::move(job));
    }
    queue_->wake.notify_one();
  }

 private:
  /// The thread's own, too: it outlives the dispatcher that goes from inside a handler.
  struct Queue {
    std::mutex mutex;
    std::condition_variable wake;
    std::deque<std::function<void()>> jobs;
    bool stopping = false;

    void run() {
      for (;;) {
        std::function<void()> job;
        {
          std::unique_lock lock(mutex);
          wake.wait(lock, [this] { return stopping || !jobs.empty(); });
          if (jobs.empty()) return;
          job = std::move(jobs.front());
          jobs.pop_front();
        }
        job();
      }
    }
  };

  const std::shared_ptr<Queue> queue_ = std::make_shared<Queue>();
  std::thread thread_;
};

struct Shared {
  std::mutex mutex;
  std::weak_ptr<Dispatcher> current;
};

// Leaked: nothing at namespace scope is destroyed at exit. A forked child, which has not the parent's thread
// and may find its mutex locked, makes its own.
std::atomic<Shared*> shared{nullptr};

Shared& sharedOfProcess() {
  [[maybe_unused]] static const int registered =
      pthread_atfork(nullptr, nullptr, [] { shared.store(nullptr); });
  Shared* found = shared.load();
  if (found) return *found;
  auto fresh = std::make_unique<Shared>();
  if (shared.compare_exchange_strong(found, fresh.get())) return *fresh.release();
  return *found;
}

}  // namespace

std::shared_ptr<Executor> sharedDispatcher() {
  Shared& slot = sharedOfProcess();
  const std::lock_guard lock(slot.mutex);
  auto dispatcher = slot.current.lock();
  if (!dispatcher) slot.current = dispatcher = std::make_shared<Dispatcher>();
  return dispatcher;
}

}  // namespace kvs::stream
