// SPDX-License-Identifier: Apache-2.0
// One tie of media time to the wall clock, shared by the fragments of its stretch of the stream. What stands
// on the wire follows from it and the fragment alone, so a resend has the same times.
//
// It may be corrected until it is frozen: when a session that the service accepted has rendered a head of it.
// Guarded by the lock of the stream whose fragments share it.
#pragma once

#include <cstdint>
#include <memory>

#include "base/time.h"

namespace kvs::store {

/// Time in units of TimecodeScale.
using Ticks = std::int64_t;

/// Rounded down, also below zero: every relative time is taken from rounded times.
Ticks ticksOf(Nanoseconds time, Milliseconds scale);
constexpr Nanoseconds timeOf(Ticks ticks, Milliseconds scale) {
  return ticks * Nanoseconds(scale);
}

class Epoch {
 public:
  /// All that there is to say of it, also to another process.
  struct Tie {
    Milliseconds scale{1};  ///< of its ticks
    WallTime zero{};        ///< wall time of time 0
    Ticks first = 0;        ///< where the epoch begins
    bool byClock = false;   ///< `zero` is by this machine's wall clock, which may have been wrong
    Nanoseconds moved{0};   ///< by how much that clock had been put right
    bool frozen = false;
    bool operator==(const Tie&) const = default;
  };
  explicit Epoch(const Tie& tie) : tie_(tie) {}

  const Tie& tie() const { return tie_; }
  WallTime wallTime(Ticks ticks) const;
  /// What PutMedia's start timestamp says for every session of the epoch.
  WallTime start() const { return wallTime(tie_.first); }
  /// The Cluster's Timecode, in units of TimecodeScale; before 1970 counts as 1970.
  std::uint64_t wireTimecode(Ticks ticks, bool absolute) const;

  /// `all`: also what the service has seen, since it refuses those times.
  enum class Correct { unseen, all };
  /// The wall clock was wrong, and has been put right by `moved` in all.
  void correct(Nanoseconds moved, Correct which);
  void freeze() { tie_.frozen = true; }

 private:
  Tie tie_;
};

using SharedEpoch = std::shared_ptr<Epoch>;

/// Whether one session can send fragments of both although it counts from one start. What was read back from
/// elsewhere is equal, not identical.
inline bool isSame(const SharedEpoch& a, const SharedEpoch& b) {
  return a == b || (a && b && a->tie() == b->tie());
}

}  // namespace kvs::store
