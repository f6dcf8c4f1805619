// SPDX-License-Identifier: Apache-2.0
// Times as users write and read them.
#pragma once

#include <string>

#include "base/result.h"

namespace kvslocal {

/// "2026-01-31T12:00:00.250Z", without fraction or Z as well (UTC), or seconds since 1970 with a fraction.
Result<WallTime> parseTime(const std::string& text);

/// "2026-01-31T12:00:00.250Z".
std::string formatTime(WallTime time);

}  // namespace kvslocal
