// SPDX-License-Identifier: Apache-2.0
// What stands behind Loop: the queues and the pass (loop.cpp), the thread and its life in the
// process (loop_thread.cpp). Private to those two.
#pragma once

#include <pthread.h>
#include <sys/epoll.h>

#include <memory>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/of_process.h"
#include "net/deadline_heap.h"
#include "net/fd.h"
#include "net/lag_histogram.h"
#include "net/loop.h"
#include "net/pacing.h"
#include "net/task_queue.h"

namespace kvs::net {

struct Loop::Impl : std::enable_shared_from_this<Loop::Impl> {
  Impl(const Clock& theClock, Drive theDrive, const char* theName);
  ~Impl();
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  static thread_local Impl* runningHere;

  // Any thread.
  bool inForkedChild() const;
  bool onThread() const;
  void post(Task task);
  void push(Ready& ready);
  void wakeUp();

  // The loop's thread.
  bool watch(int fd, std::uint32_t events, std::function<void(std::uint32_t)>* onEvents);
  /// Returns how many descriptors had something to tell.
  int pass(int timeoutMs);
  int timeoutMs();
  bool hasWork();
  void runDeadlines();
  void runReady();
  void pace();
  void runTasks();
  void dispatch(const epoll_event& event);
  /// Runs what was posted before the end, then drops everything else.
  void finish();

  // The thread (loop_thread.cpp).
  /// What it waits by. Nothing is changed where it fails.
  Result<void> open();
  Result<void> start();
  Result<void> startThread();
  void startLater();
  /// The thread in words, at the beginning of a sentence.
  const char* sentenceName() const;
  void requestStop();
  void shutDown();
  void adopt(std::unique_ptr<Loop> loop);
  void detachOnce();
  static void* threadMain(void* impl) noexcept;

  struct Watch {
    std::uint32_t generation;
    std::function<void(std::uint32_t)> onEvents;
  };

  const Clock& clock;
  const Drive drive;
  const char* const threadName;
  const unsigned forkGeneration;
  const std::thread::id maker = std::this_thread::get_id();
  Fd epoll;   // null where the system refused it: then the thread does not run
  Fd wakeFd;  // the same

  std::atomic<Ready*> ready{nullptr};
  std::atomic<Milliseconds> pacing{kPacing};
  std::atomic<bool> gathering{false};  // a pass comes soon by itself: nobody needs to wake the loop
  TaskQueue tasks;

  std::atomic<bool> started{false};
  std::atomic<bool> stopping{false};
  pthread_t thread{};
  std::shared_ptr<Impl> forThread;  // handed to the thread at its start
  std::unique_ptr<Loop> orphan;     // the loop itself, when its last holder let go on the thread
  bool detached = false;            // the loop's thread only

  Pacing pacer;
  bool wokeItself = false;  // something on `ready` must not wait
  DeadlineHeap deadlines;
  std::unordered_map<int, std::shared_ptr<Watch>> watches;
  std::uint32_t lastGeneration = 0;
  LagHistogram lag;
};

/// What all loops of the process share.
class Loop::Process {
 public:
  Mutex& mutex() KVS_RETURN_MUTEX(mutex_) { return mutex_; }
  /// The parent's threads do not run here.
  void forgetInChild() KVS_REQUIRES(mutex_);
  unsigned forkGeneration() const { return forkGeneration_.load(std::memory_order_relaxed); }

  std::shared_ptr<Loop> shared() KVS_EXCLUDES(mutex_);
  std::shared_ptr<Loop> worker() KVS_EXCLUDES(mutex_);
  /// Keeps for ever what a forked child must neither run nor free.
  void bury(std::shared_ptr<void> object) KVS_EXCLUDES(mutex_);

  /// Does nothing if the thread runs, or where the process ends.
  Result<void> start(Impl& impl) KVS_EXCLUDES(mutex_);
  /// The thread's last word.
  void hasEnded(Impl& impl) KVS_EXCLUDES(mutex_);
  void endAllLoops() KVS_EXCLUDES(mutex_);

 private:
  static std::shared_ptr<Loop> holdOrMake(std::weak_ptr<Loop>& slot, const char* threadName);

  Mutex mutex_{"loops"};
  Condition threadEnded_;
  std::vector<Impl*> running_ KVS_GUARDED_BY(mutex_);
  std::weak_ptr<Loop> shared_ KVS_GUARDED_BY(mutex_);
  std::weak_ptr<Loop> worker_ KVS_GUARDED_BY(mutex_);
  std::vector<std::shared_ptr<void>> buried_ KVS_GUARDED_BY(mutex_);
  bool exiting_ KVS_GUARDED_BY(mutex_) = false;
  std::atomic<unsigned> forkGeneration_{0};
};

}  // namespace kvs::net
