// SPDX-License-Identifier: Apache-2.0
// One deadline on GStreamer's system clock, which waits for all elements on one thread of its own.
#pragma once

#include <gst/gst.h>

#include <functional>

#include "base/time.h"

namespace kvs::gst {

/// Not thread-safe; cancelled when destroyed.
class Deadline {
 public:
  Deadline() = default;
  ~Deadline() { cancel(); }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  /// Replaces the one before. `onDue` runs on the clock's thread: it must not block, and it may still
  /// run when cancel() is called at that very moment.
  void start(Nanoseconds delay, std::function<void()> onDue);
  void cancel();

 private:
  GstClockID id_ = nullptr;
};

}  // namespace kvs::gst
