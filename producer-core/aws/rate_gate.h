// SPDX-License-Identifier: Apache-2.0
// Spreads the process's control-plane calls under the service's quotas: a token bucket
// that says when the next call may leave. It starts no timer and reads no clock.
#pragma once

#include <optional>
#include <set>

#include "base/time.h"

namespace kvs::aws {

/// One for the process, used on its loop's thread.
class RateGate {
 public:
  /// `perSecond` calls a second, of which `burst` may leave at once after a pause.
  explicit RateGate(int perSecond = 20, int burst = 20)
      : interval_(Nanoseconds(Seconds(1)) / perSecond), tolerance_(interval_ * (burst - 1)) {}

  /// Takes the next place and says when it is: `now` or later. A place taken is used or given back.
  TimePoint reserve(TimePoint now);

  /// A call that was to come is not made any more: who comes next gets this very place, if it has not passed
  /// by then. So the rate holds whoever goes, and nobody who waits is put back.
  void giveBack(TimePoint place) { free_.insert(place); }

 private:
  std::optional<TimePoint> takeFree(TimePoint now);

  Nanoseconds interval_;
  Nanoseconds tolerance_;
  std::multiset<TimePoint> free_;  // places given back, some of them in the past
  TimePoint full_{};               // when the bucket will be full again, less one call
};

}  // namespace kvs::aws
