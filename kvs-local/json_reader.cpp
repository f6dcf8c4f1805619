// SPDX-License-Identifier: Apache-2.0
#include "json_reader.h"

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

}  // namespace kvslocal
