// SPDX-License-Identifier: Apache-2.0
#include "threads/element_executor.h"

#include "glib/guard.h"
#include "threads/aside.h"

namespace kvs::gst {

void ElementExecutor::post(std::function<void()> job) {
  {
    const Lock lock(mutex_);
    if (!open_) return;
    jobs_.push_back(std::move(job));
    if (draining_) return;
    draining_ = true;
  }
  schedule();
}

void ElementExecutor::open() {
  const Lock lock(mutex_);
  open_ = true;
}

void ElementExecutor::close() {
  std::deque<std::function<void()>> dropped;  // freed outside the lock: a job may own what posts again
  const Lock lock(mutex_);
  open_ = false;
  dropped.swap(jobs_);
}

// The references are dropped where they were used. Were they dropped here, the element's last one could die
// on the loop's thread.
void ElementExecutor::schedule() {
  ElementRef element = element_.lock();
  if (!element) return close();
  runAside([self = shared_from_this(), lineage = std::make_shared<Lineage>(std::move(element))] {
    while (guarded(true, [&] { return self->runNext(); })) {
    }
  });
}

bool ElementExecutor::runNext() {
  std::function<void()> job;
  {
    const Lock lock(mutex_);
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
