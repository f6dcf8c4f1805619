// SPDX-License-Identifier: Apache-2.0
#include "aws/region.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>
#include <vector>

namespace kvs::aws {
namespace {

constexpr std::array<std::string_view, 42> knownRegions{
    "us-east-1",      "us-east-2",      "us-west-1",      "us-west-2",      "af-south-1",
    "ap-east-1",      "ap-east-2",      "ap-south-1",     "ap-south-2",     "ap-northeast-1",
    "ap-northeast-2", "ap-northeast-3", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3",
    "ap-southeast-4", "ap-southeast-5", "ap-southeast-6", "ap-southeast-7", "ca-central-1",
    "ca-west-1",      "eu-central-1",   "eu-central-2",   "eu-north-1",     "eu-south-1",
    "eu-south-2",     "eu-west-1",      "eu-west-2",      "eu-west-3",      "il-central-1",
    "me-central-1",   "me-south-1",     "mx-central-1",   "sa-east-1",      "cn-north-1",
    "cn-northwest-1", "us-gov-east-1",  "us-gov-west-1",  "us-iso-east-1",  "us-iso-west-1",
    "us-isob-east-1", "us-isob-west-1"};

constexpr std::array<std::string_view, 9> directions{
    "north", "south", "east", "west", "central", "northeast", "northwest", "southeast", "southwest"};

bool isLetter(char c) {
  return c >= 'a' && c <= 'z';
}

bool isDigit(char c) {
  return c >= '0' && c <= '9';
}

/// Characters to add, take away or change to make one of the other (Levenshtein).
std::size_t distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> row(right.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < left.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < right.size(); ++j) {
      const std::size_t changed = diagonal + (left[i] == right[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({row[j + 1] + 1, row[j] + 1, changed});
    }
  }
  return row.back();
}

/// " Is us-west-2 meant?", or nothing where none is near.
std::string suggestion(std::string_view region) {
  std::string_view nearest;
  std::size_t least = 4;
  for (const std::string_view known : knownRegions) {
    if (const std::size_t far = distance(region.substr(0, 64), known); far < least) {
      least = far;
      nearest = known;
    }
  }
  return nearest.empty() ? std::string() : " Is " + std::string(nearest) + " meant?";
}

std::string quoted(std::string_view region) {
  std::string shown;
  for (const char c : region.substr(0, 64))
    shown += c < ' ' || c == 0x7f ? '?' : c;
  return "'" + shown + "'";
}

}  // namespace

std::string regionFor(std::string_view property, const Environment& environment) {
  if (const std::optional<std::string> region = environment("AWS_DEFAULT_REGION");
      region && !region->empty()) {
    return *region;
  }
  return std::string(property.empty() ? defaultRegion : property);
}

bool isRegionName(std::string_view region) {
  const auto isAllowed = [&](char c) { return isLetter(c) || isDigit(c) || c == '-'; };
  return !region.empty() && region.size() <= 32 && isLetter(region.front()) && region.back() != '-' &&
         std::all_of(region.begin(), region.end(), isAllowed);
}

bool isAwsRegionName(std::string_view region) {
  if (!isRegionName(region)) return false;
  const std::size_t last = region.rfind('-');
  if (last == std::string_view::npos || last + 1 == region.size()) return false;
  const std::string_view number = region.substr(last + 1);
  const std::string_view words = region.substr(0, last);
  const std::size_t before = words.rfind('-');
  if (before == std::string_view::npos || !std::all_of(number.begin(), number.end(), isDigit)) return false;
  return std::find(directions.begin(), directions.end(), words.substr(before + 1)) != directions.end() &&
         std::none_of(words.begin(), words.end(), isDigit);
}

Result<void> checkAwsRegion(std::string_view region) {
  if (isAwsRegionName(region)) return {};
  return fail(StatusCode::invalidArg, ErrorKind::fatal,
              quoted(region) + " is not the name of an AWS region." + suggestion(region) +
                  " Correct AWS_DEFAULT_REGION in the environment, which has precedence, or the property "
                  "aws-region; a name looks like us-west-2.");
}

std::string doubtAbout(std::string_view region) {
  if (std::find(knownRegions.begin(), knownRegions.end(), region) != knownRegions.end()) return {};
  return "This version knows no AWS region " + quoted(region) + "." + suggestion(region);
}

}  // namespace kvs::aws
