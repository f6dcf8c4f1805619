// SPDX-License-Identifier: Apache-2.0
#include "executor.h"

#include "guard.h"
#include "handoff.h"

namespace kvs::gst {

namespace {

// What a worker is given: the executor, and the element's reference that is to be dropped there. Were
// it dropped where it was taken, the element's last reference could die on the loop's thread.
struct Visit {
  std::shared_ptr<CallAsyncExecutor> executor;
  ElementRef element;
};

void freeVisit(gpointer visit) {
  takeOver(visit);
  std::unique_ptr<Visit>(static_cast<Visit*>(visit)).reset();
}

}  // namespace

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

void CallAsyncExecutor::schedule() {
  ElementRef element = element_->lock();
  if (!element) return close();
  GstElement* const raw = element.get();
  auto visit = std::make_unique<Visit>(Visit{shared_from_this(), std::move(element)});
  handOver(visit.get());
  gst_element_call_async(raw, &CallAsyncExecutor::drain, visit.release(), &freeVisit);
}

void CallAsyncExecutor::drain(GstElement* /*element*/, gpointer visit) {
  takeOver(visit);
  CallAsyncExecutor& self = *static_cast<Visit*>(visit)->executor;
  while (guarded(true, [&] { return self.runNext(); })) {
  }
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
