// SPDX-License-Identifier: Apache-2.0
// JSON from outside, read without trust: bounded in depth, no exceptions, fields by name and type.
// Inside the room only.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace kvs::aws {

/// Deepest nesting taken; the service's own answers have three levels.
inline constexpr int maxJsonDepth = 16;

/// Whether `text` nests no deeper than that. Counted ahead of the parser, so that a deep text costs no
/// memory.
bool isShallowJson(std::string_view text);

/// True and `out` set when `text` is one JSON object, no deeper than maxJsonDepth.
bool parseJsonObject(std::string_view text, nlohmann::json& out);

/// The text of a field; empty when it is absent or no text.
std::string textField(const nlohmann::json& object, const char* name);

/// A number, or a text that is a number; nothing when it is absent, neither, or outside 64 bits.
/// A fraction is cut off.
std::optional<std::int64_t> integerField(const nlohmann::json& object, const char* name);

/// The same with its fraction; always finite.
std::optional<double> numberField(const nlohmann::json& object, const char* name);

/// One line of JSON. Text that is not UTF-8 is repaired.
std::string toText(const nlohmann::json& object);

}  // namespace kvs::aws
