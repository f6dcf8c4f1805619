// SPDX-License-Identifier: Apache-2.0
// The two clocks of the house and the one interface they are read through. The service counts in
// milliseconds, Matroska in TimecodeScale, GStreamer in nanoseconds; inside, all is std::chrono.
#pragma once

#include <chrono>

namespace kvs {

using Nanoseconds = std::chrono::nanoseconds;
using Milliseconds = std::chrono::milliseconds;
using Seconds = std::chrono::seconds;

/// A point on the monotonic clock: for delays, ages and timers.
using TimePoint = std::chrono::time_point<std::chrono::steady_clock, Nanoseconds>;

/// A point on the wall clock, since the Unix epoch: for signatures and fragment times.
using WallTime = std::chrono::sys_time<Nanoseconds>;

/// Time is a parameter: nothing in the core reads a clock but through this. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint now() const = 0;
  virtual WallTime wallNow() const = 0;
};

/// The machine's own clocks; lives for ever.
const Clock& systemClock();

}  // namespace kvs
