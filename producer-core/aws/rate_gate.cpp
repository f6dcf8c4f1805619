// SPDX-License-Identifier: Apache-2.0
#include "aws/rate_gate.h"

#include <algorithm>

namespace kvs::aws {

TimePoint RateGate::reserve(TimePoint now) {
  if (const auto place = takeFree(now)) return *place;
  const TimePoint place = std::max(now, full_ - tolerance_);
  full_ = std::max(full_, place) + interval_;
  return place;
}

std::optional<TimePoint> RateGate::takeFree(TimePoint now) {
  free_.erase(free_.begin(), free_.lower_bound(now));
  if (free_.empty()) return std::nullopt;
  return free_.extract(free_.begin()).value();
}

}  // namespace kvs::aws
