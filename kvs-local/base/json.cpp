// SPDX-License-Identifier: Apache-2.0
#include "base/json.h"

namespace kvslocal {
namespace {

using Json = nlohmann::json;

struct TooDeep {};

}  // namespace

Json readJson(std::string_view text, bool comments) {
  const auto bound = [](int depth, Json::parse_event_t event, Json&) {
    const bool opens =
        event == Json::parse_event_t::object_start || event == Json::parse_event_t::array_start;
    if (opens && depth >= maxJsonDepth) throw TooDeep{};
    return true;
  };
  try {
    return Json::parse(text, bound, false, comments);
  } catch (const TooDeep&) {
    return Json(Json::value_t::discarded);
  }
}

std::string jsonString(std::string_view text) {
  constexpr const char* digits = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      out += "\\u00";
      out += digits[byte >> 4];
      out += digits[byte & 0xF];
    } else {
      out += c;
    }
  }
  return out + '"';
}

}  // namespace kvslocal
