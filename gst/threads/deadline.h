// SPDX-License-Identifier: Apache-2.0
// One deadline, which is waited for on the thread that all of them share.
#pragma once

#include <functional>
#include <utility>

#include "base/time.h"
#include "threads/aside.h"

namespace kvs::gst {

/// Not thread-safe; cancelled when destroyed.
class Deadline {
 public:
  Deadline() = default;
  ~Deadline() { cancel(); }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  /// Replaces the one before. `onDue` runs on the thread of the alarms: it must not block, and it may still
  /// run when cancel() is called at that very moment.
  void start(Nanoseconds delay, std::function<void()> onDue) {
    cancel();
    id_ = setAlarm(delay, std::move(onDue));
  }
  void cancel() {
    if (id_ != 0) cancelAlarm(std::exchange(id_, 0));
  }

 private:
  AlarmId id_ = 0;
};

}  // namespace kvs::gst
