// SPDX-License-Identifier: Apache-2.0
// The element's one way to say "later": on the executor, beside the threads that the application and the loop
// have, and only if the element still lives. Deadline says "at that time" in the same way.
#pragma once

#include <deque>
#include <functional>
#include <memory>

#include "base/mutex.h"
#include "glib/handles.h"
#include "producer.h"

namespace kvs::gst {

/// Runs jobs in order, one at a time, and holds the element while a job runs: a job may use what belongs to
/// the element. The loop's thread only queues, since a slow handler would stop every stream of the process.
/// Owned by the element and by every Producer that it made; knows the element weakly. Any thread.
class ElementExecutor final : public Executor, public std::enable_shared_from_this<ElementExecutor> {
 public:
  explicit ElementExecutor(GstElement* element) : element_(element) {}

  /// Dropped while closed, and when the element is gone.
  void post(std::function<void()> job) override;

  void open();
  /// Drops what has not begun, without waiting for the job that runs.
  void close();

 private:
  bool runNext();
  void schedule();

  const WeakElement element_;
  Mutex mutex_{"element executor"};
  std::deque<std::function<void()>> jobs_ KVS_GUARDED_BY(mutex_);
  bool open_ KVS_GUARDED_BY(mutex_) = false;
  /// A worker was asked for and has not yet found the queue empty.
  bool draining_ KVS_GUARDED_BY(mutex_) = false;
};

}  // namespace kvs::gst
