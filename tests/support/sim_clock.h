// SPDX-License-Identifier: Apache-2.0
// Two clocks that move only when the test says so. Neither begins at zero, and the wall clock may step.
#pragma once

#include <atomic>

#include "base/time.h"

namespace kvs::test {

class SimClock final : public Clock {
 public:
  TimePoint now() const override { return TimePoint(Nanoseconds(monotonic_.load())); }
  WallTime wallNow() const override { return WallTime(Nanoseconds(monotonic_.load() + offset_.load())); }

  void advance(Nanoseconds by) { monotonic_ += by.count(); }
  /// Never backwards.
  void advanceTo(TimePoint when) {
    if (when > now()) monotonic_ = when.time_since_epoch().count();
  }
  void stepWall(Nanoseconds by) { offset_ += by.count(); }

 private:
  static constexpr Nanoseconds::rep start = 5'000'123'456'789;              // some hours after boot
  static constexpr Nanoseconds::rep wallStart = 1'700'000'000'987'654'321;  // November 2023
  std::atomic<Nanoseconds::rep> monotonic_{start};
  std::atomic<Nanoseconds::rep> offset_{wallStart - start};
};

}  // namespace kvs::test
