// SPDX-License-Identifier: Apache-2.0
// Which times can be meant: what lies beyond is a mistake, such as "unknown" in the guise of a great number.
#pragma once

#include "base/time.h"

namespace kvs {

/// No clock of a source says more, nor less: 146 years either way. Differences of such times are in range.
inline constexpr Nanoseconds farthestTime = std::chrono::hours(24) * 365 * 146;

constexpr bool isPlausible(Nanoseconds time) {
  return time >= -farthestTime && time <= farthestTime;
}

}  // namespace kvs
