// SPDX-License-Identifier: Apache-2.0
// Runs what the core has to tell beside the threads that the application and the loop have: in order, one
// job at a time, and holding the element only while a job runs. The loop's thread only queues, since a
// slow handler would stop every stream of the process.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>

#include "glib/handles.h"
#include "producer.h"

namespace kvs::gst {

/// Owned by the element and by every Producer it made; knows the element weakly. All functions may be
/// called from any thread.
class CallAsyncExecutor final : public Executor, public std::enable_shared_from_this<CallAsyncExecutor> {
 public:
  explicit CallAsyncExecutor(std::shared_ptr<WeakElement> element) : element_(std::move(element)) {}

  /// Dropped while closed, and when the element is gone.
  void post(std::function<void()> job) override;

  void open();
  /// Drops what has not begun, without waiting for the job that runs.
  void close();

 private:
  bool runNext();
  void schedule();

  const std::shared_ptr<WeakElement> element_;
  std::mutex mutex_;
  std::deque<std::function<void()>> jobs_;
  bool open_ = false;
  bool draining_ = false;  // a worker was asked for and has not yet found the queue empty
};

}  // namespace kvs::gst
