// SPDX-License-Identifier: Apache-2.0
// Which times can be meant: what lies beyond is a mistake, such as "unknown" in the guise of a great number.
#pragma once

#include <algorithm>

#include "base/time.h"

namespace kvs {

/// No clock of a source says more, nor less: 146 years either way. Differences of such times are in range.
inline constexpr Nanoseconds farthestTime = std::chrono::hours(24) * 365 * 146;

constexpr bool isPlausible(Nanoseconds time) {
  return time >= -farthestTime && time <= farthestTime;
}

/// Times that jump between the ends of what is plausible leave it together with an offset: what they make is
/// then as far away as can be.
inline Nanoseconds plausibleSum(Nanoseconds a, Nanoseconds b) {
  Nanoseconds::rep all = 0;
  if (__builtin_add_overflow(a.count(), b.count(), &all))
    return b > Nanoseconds{0} ? farthestTime : -farthestTime;
  return std::clamp(Nanoseconds(all), -farthestTime, farthestTime);
}

}  // namespace kvs
