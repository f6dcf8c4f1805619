// SPDX-License-Identifier: Apache-2.0
#include "threads/executor.h"

#include "glib/guard.h"
#include "threads/aside.h"

namespace kvs::gst {

void CallAsyncExecutor::post(std::function<void()> job) {
  {
    const std::lock_guard lock(mutex_);
    if (!open_) return;
    jobs_.push_back(std::move(job));
    if (draining_) return;
    draining_ = true;
  }
  schedule();
}

void CallAsyncExecutor::open() {
  const std::lock_guard lock(mutex_);
  open_ = true;
}

void CallAsyncExecutor::close() {
  std::deque<std::function<void()>> dropped;  // freed outside the lock: a job may own what posts again
  const std::lock_guard lock(mutex_);
  open_ = false;
  dropped.swap(jobs_);
}

// The references are dropped where they were used. Were they dropped here, the element's last one could die
// on the loop's thread.
void CallAsyncExecutor::schedule() {
  ElementRef element = element_->lock();
  if (!element) return close();
  runAside([self = shared_from_this(), lineage = std::make_shared<Lineage>(std::move(element))] {
    while (guarded(true, [&] { return self->runNext(); })) {
    }
  });
}

bool CallAsyncExecutor::runNext() {
  std::function<void()> job;
  {
    const std::lock_guard lock(mutex_);
    if (jobs_.empty()) {
      draining_ = false;
      return false;
    }
    job = std::move(jobs_.front());
    jobs_.pop_front();
  }
  job();
  return true;
}

}  // namespace kvs::gst
