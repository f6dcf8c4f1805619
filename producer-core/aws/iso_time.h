// SPDX-License-Identifier: Apache-2.0
// Times as credential sources write them (ISO 8601 in the profile of RFC 3339), read strictly: what is
// not a time must not become an expiry.
#pragma once

#include <optional>
#include <string_view>

#include "base/time.h"

namespace kvs::aws {

/// "2026-01-31T23:59:59Z", with a fraction of up to nine digits, or with an offset such as +01:00 in place
/// of Z. Nothing when the text is anything else, is no date of the calendar, or lies outside 1970 to 2200.
std::optional<WallTime> parseIsoTime(std::string_view text);

}  // namespace kvs::aws
