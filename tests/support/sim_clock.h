// SPDX-License-Identifier: Apache-2.0
// Two clocks that move only when the test says so. Neither begins at zero, and the wall clock may step.
// Whoever turns in a circle, and lets no time pass, is told so by an exception.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <stdexcept>

#include "base/time.h"

namespace kvs::test {

class SimClock final : public Clock {
 public:
  TimePoint now() const override {
    if (++asked_ > patience) throw std::runtime_error("time stands still: something turns in a circle");
    return TimePoint(Nanoseconds(monotonic_.load()));
  }
  WallTime wallNow() const override { return WallTime(Nanoseconds(monotonic_.load() + offset_.load())); }

  void advance(Nanoseconds by) {
    monotonic_ += by.count();
    if (by > Nanoseconds{0}) asked_ = 0;
  }
  /// Never backwards.
  void advanceTo(TimePoint when) {
    advance(std::max(when - TimePoint(Nanoseconds(monotonic_.load())), Nanoseconds{0}));
  }
  void stepWall(Nanoseconds by) { offset_ += by.count(); }

 private:
  static constexpr Nanoseconds::rep start = 5'000'123'456'789;              // some hours after boot
  static constexpr Nanoseconds::rep wallStart = 1'700'000'000'987'654'321;  // November 2023
  static constexpr std::uint64_t patience = 10'000'000;                     // questions at one moment
  mutable std::atomic<std::uint64_t> asked_{0};
  std::atomic<Nanoseconds::rep> monotonic_{start};
  std::atomic<Nanoseconds::rep> offset_{wallStart - start};
};

}  // namespace kvs::test
