// SPDX-License-Identifier: Apache-2.0
#include "store/epoch.h"

#include <algorithm>
#include <utility>

#include "base/time_range.h"

namespace kvs::store {

Ticks ticksOf(Nanoseconds time, Milliseconds scale) {
  const std::int64_t by = Nanoseconds(scale).count();
  const std::int64_t quotient = time.count() / by;
  return time.count() % by < 0 ? quotient - 1 : quotient;
}

WallTime Epoch::wallTime(Ticks ticks) const {
  return WallTime(plausibleSum(tie_.zero.time_since_epoch(), timeOf(ticks, tie_.scale)));
}

std::uint64_t Epoch::wireTimecode(Ticks ticks, bool absolute) const {
  const Ticks wire = absolute ? ticksOf(wallTime(ticks).time_since_epoch(), tie_.scale) : ticks - tie_.first;
  return static_cast<std::uint64_t>(std::max<Ticks>(wire, 0));
}

/// By whole units, so that wall times go on to round as media times do.
void Epoch::correct(Nanoseconds moved, Correct which) {
  if (!tie_.byClock || (tie_.frozen && which == Correct::unseen)) return;
  const Nanoseconds by = moved - std::exchange(tie_.moved, moved);
  tie_.zero += timeOf(ticksOf(by, tie_.scale), tie_.scale);
}

}  // namespace kvs::store
