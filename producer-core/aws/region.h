// SPDX-License-Identifier: Apache-2.0
// Which region a stream lives in (guide, kvssink, "Provide a region to kvssink"), and whether that is
// one.
#pragma once

#include <string>
#include <string_view>

#include "aws/environment.h"
#include "base/error.h"

namespace kvs::aws {

inline constexpr std::string_view defaultRegion = "us-west-2";

/// AWS_DEFAULT_REGION, else the property, else us-west-2. The environment beats the property: that is
/// the guide's order. The name is not checked here; controlEndpoint() does.
std::string regionFor(std::string_view property, const Environment& environment);

/// True for names that can stand in a host: 1 to 32 of a-z, 0-9 and inner hyphens, a letter first. A local
/// service may be in any such region.
bool isRegionName(std::string_view region);

/// True for names that are made like those of AWS: words, a point of the compass or "central", a number.
/// New regions are made so, too.
bool isAwsRegionName(std::string_view region);

/// Fatal error, with the region that is perhaps meant, unless isAwsRegionName().
Result<void> checkAwsRegion(std::string_view region);

/// For a name that is made like a region's but that no region had when this was written: a sentence that
/// says so, to stand behind the error of a call that reached nobody. Empty for known ones.
std::string doubtAbout(std::string_view region);

}  // namespace kvs::aws
