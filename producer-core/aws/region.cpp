// SPDX-License-Identifier: Apache-2.0
#include "aws/region.h"

#include <algorithm>

namespace kvs::aws {

std::string regionFor(std::string_view property, const Environment& environment) {
  if (const std::optional<std::string> region = environment("AWS_DEFAULT_REGION");
      region && !region->empty()) {
    return *region;
  }
  return std::string(property.empty() ? defaultRegion : property);
}

bool isRegionName(std::string_view region) {
  const auto isLetter = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto isAllowed = [&](char c) { return isLetter(c) || (c >= '0' && c <= '9') || c == '-'; };
  return !region.empty() && region.size() <= 32 && isLetter(region.front()) && region.back() != '-' &&
         std::all_of(region.begin(), region.end(), isAllowed);
}

}  // namespace kvs::aws
