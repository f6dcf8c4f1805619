// SPDX-License-Identifier: Apache-2.0
// The two clocks, and the one interface through which they are read. The service counts in milliseconds,
// Matroska in TimecodeScale, GStreamer in nanoseconds; inside, everything is std::chrono.
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

/// Time is a parameter: everything in the core reads a clock through this interface. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint now() const = 0;
  virtual WallTime wallNow() const = 0;
};

/// A clock's reading, and when it was taken.
template <class Time>
struct Reading {
  Time time;
  TimePoint at;
};

/// Reads another clock. If the thread is interrupted between the two readings, they are repeated.
template <class Read>
auto readAt(const Clock& clock, Read read) -> Reading<decltype(read())> {
  constexpr int mostTries = 4;
  for (int tries = 1;; ++tries) {
    const TimePoint before = clock.now();
    const auto time = read();
    if (tries == mostTries || clock.now() - before < Milliseconds(1)) return {time, before};
  }
}

/// The machine's own clocks; lives for ever.
const Clock& systemClock();

}  // namespace kvs
