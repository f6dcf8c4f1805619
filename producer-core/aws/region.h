// SPDX-License-Identifier: Apache-2.0
// Which region a stream lives in (guide, kvssink, "Provide a region to kvssink").
#pragma once

#include <string>
#include <string_view>

#include "aws/environment.h"

namespace kvs::aws {

inline constexpr std::string_view defaultRegion = "us-west-2";

/// AWS_DEFAULT_REGION, else the property, else us-west-2. The environment beats the property: that is
/// the guide's order. The name is not checked here; controlEndpoint() does.
std::string regionFor(std::string_view property, const Environment& environment);

/// True for names that can stand in a host: 1 to 32 of a-z, 0-9 and inner hyphens, a letter first.
bool isRegionName(std::string_view region);

}  // namespace kvs::aws
