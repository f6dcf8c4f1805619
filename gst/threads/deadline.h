// SPDX-License-Identifier: Apache-2.0
// One deadline of the element: what is due then runs on the executor, if the element still lives.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "base/time.h"
#include "threads/aside.h"
#include "threads/element_executor.h"

namespace kvs::gst {

/// A member of what belongs to the element. Not thread-safe; cancelled when destroyed.
class Deadline {
 public:
  explicit Deadline(std::shared_ptr<ElementExecutor> executor) : executor_(std::move(executor)) {}
  ~Deadline() { cancel(); }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  /// Replaces the one before. The job may still run after a cancel() that came at that very moment.
  void start(Nanoseconds delay, std::function<void()> job) {
    cancel();
    id_ = setAlarm(delay, [executor = executor_, job = std::move(job)] { executor->post(job); });
  }
  void cancel() {
    if (id_ != 0) cancelAlarm(std::exchange(id_, 0));
  }

 private:
  const std::shared_ptr<ElementExecutor> executor_;
  AlarmId id_ = 0;
};

}  // namespace kvs::gst
