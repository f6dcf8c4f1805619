// SPDX-License-Identifier: Apache-2.0
#include "aws/rate_gate.h"

#include <algorithm>

namespace kvs::aws {

TimePoint RateGate::reserve(TimePoint now) {
  const TimePoint place = std::max(now, full_ - tolerance_);
  full_ = std::max(full_, place) + interval_;
  return place;
}

}  // namespace kvs::aws
