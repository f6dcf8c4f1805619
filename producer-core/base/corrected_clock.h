// SPDX-License-Identifier: Apache-2.0
// The machine's clocks, with the wall clock put right by what the service says. A camera without a battery
// wakes up in 1970: its first request is refused, and the refusal's Date tells the time.
#pragma once

#include <atomic>
#include <limits>

#include "base/time.h"

namespace kvs {

class CorrectedClock final : public Clock {
 public:
  /// `machine` must outlive it.
  explicit CorrectedClock(const Clock& machine) : machine_(machine) {}

  TimePoint now() const override { return machine_.now(); }

  /// The machine's time, unless that is known to be wrong and nobody has set it right since.
  WallTime wallNow() const override {
    const WallTime wall = machine_.wallNow();
    const Nanoseconds::rep learnt = learnt_.load(std::memory_order_relaxed);
    if (learnt == nothing) return wall;
    const WallTime told(machine_.now().time_since_epoch() + Nanoseconds(learnt));
    return isNear(told - wall) ? wall : told;
  }

  /// The service says that it is `date` now, to the second. Gives by how much the wall clock was moved: zero
  /// where it was right to the minute, since signatures bear five of them.
  Nanoseconds learn(WallTime date) {
    const Nanoseconds off = date - wallNow();
    if (isNear(off)) return Nanoseconds{0};
    learnt_ = (date.time_since_epoch() - machine_.now().time_since_epoch()).count();
    moved_ += off.count();
    return off;
  }

  /// How far the wall clock was moved by all that was learnt. It goes on as before when somebody sets the
  /// machine's clock right, so that moves nothing.
  Nanoseconds moved() const { return Nanoseconds(moved_.load(std::memory_order_relaxed)); }

 private:
  static constexpr Nanoseconds::rep nothing = std::numeric_limits<Nanoseconds::rep>::min();
  static constexpr bool isNear(Nanoseconds off) { return off <= Seconds(60) && off >= -Seconds(60); }

  const Clock& machine_;
  std::atomic<Nanoseconds::rep> learnt_{nothing};  ///< wall clock less monotonic clock
  std::atomic<Nanoseconds::rep> moved_{0};
};

/// The machine's own clocks, corrected for the process: what one stream has learnt holds for all.
CorrectedClock& correctedSystemClock();

}  // namespace kvs
