// SPDX-License-Identifier: Apache-2.0
// Reads JSON that others wrote. The library reads any depth, but takes what it has read apart by recursion,
// so the depth is bounded while it reads.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace kvslocal {

/// Of objects and lists in each other. No request of the service needs more than three.
inline constexpr int maxJsonDepth = 32;

/// The value that `text` holds; a discarded one (is_discarded()) where it is no JSON, or nested too deep.
nlohmann::json readJson(std::string_view text, bool comments = false);

/// A JSON string literal, quotes included.
std::string jsonString(std::string_view text);

}  // namespace kvslocal
