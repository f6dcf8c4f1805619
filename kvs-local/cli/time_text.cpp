// SPDX-License-Identifier: Apache-2.0
#include "cli/time_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <optional>

namespace kvslocal {
namespace {

bool isDigit(char c) {
  return c >= '0' && c <= '9';
}

/// "250" and "25" and "" after the point, as milliseconds.
std::optional<std::chrono::milliseconds> parseFraction(const std::string& digits) {
  if (!std::all_of(digits.begin(), digits.end(), isDigit)) return std::nullopt;
  const std::string three = (digits + "000").substr(0, 3);
  int value = 0;
  std::from_chars(three.data(), three.data() + three.size(), value);
  return std::chrono::milliseconds(value);
}

std::optional<std::chrono::seconds> parseWhole(const std::string& text) {
  if (!text.empty() && text.size() <= 12 && std::all_of(text.begin(), text.end(), isDigit)) {
    std::int64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return std::chrono::seconds(value);
  }
  std::tm parts{};
  for (const char* form : {"%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d"}) {
    parts = {};
    const char* end = strptime(text.c_str(), form, &parts);
    if (end != nullptr && *end == '\0') return std::chrono::seconds(timegm(&parts));
  }
  return std::nullopt;
}

}  // namespace

Result<WallTime> parseTime(const std::string& text) {
  std::string rest = text;
  if (!rest.empty() && (rest.back() == 'Z' || rest.back() == 'z')) rest.pop_back();
  const std::size_t dot = std::min(rest.find('.'), rest.size());
  const auto whole = parseWhole(rest.substr(0, dot));
  const auto fraction = parseFraction(dot < rest.size() ? rest.substr(dot + 1) : "");
  if (!whole || !fraction) {
    return failure("'" + text + "' is no time: give 2026-01-31T12:00:00Z or seconds since 1970");
  }
  return WallTime(*whole + *fraction);
}

std::string formatTime(WallTime time) {
  // The years 0 to 9999: there is no way to write others, and an index may hold any number.
  time = std::clamp(time, WallTime(std::chrono::milliseconds(-62'167'219'200'000)),
                    WallTime(std::chrono::milliseconds(253'402'300'799'999)));
  const auto whole = std::chrono::floor<std::chrono::seconds>(time);
  const std::time_t seconds = whole.time_since_epoch().count();
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", parts.tm_year + 1900,
                parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                static_cast<int>((time - whole).count()));
  return text.data();
}

}  // namespace kvslocal
