// SPDX-License-Identifier: Apache-2.0
#include "aws/json_text.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

namespace kvs::aws {
namespace {

using nlohmann::json;

const json* find(const json& object, const char* name) {
  const auto at = object.find(name);
  return at == object.end() ? nullptr : &*at;
}

template <class Number>
std::optional<Number> parseWhole(const std::string& text) {
  Number number{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end) return std::nullopt;
  return number;
}

std::optional<std::int64_t> toInteger(double number) {
  // 2^63 is a double, the largest 64-bit integer is not: hence "<" at the top.
  if (!(number >= -0x1p63 && number < 0x1p63)) return std::nullopt;
  return static_cast<std::int64_t>(number);
}

}  // namespace

bool isShallowJson(std::string_view text) {
  int depth = 0;
  bool inString = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (inString) {
      if (c == '\\') ++i;
      if (c == '"') inString = false;
    } else if (c == '"') {
      inString = true;
    } else if (c == '{' || c == '[') {
      if (++depth > maxJsonDepth) return false;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return true;
}

bool parseJsonObject(std::string_view text, json& out) {
  if (!isShallowJson(text)) return false;
  out = json::parse(text, nullptr, false);
  return out.is_object();
}

std::string textField(const json& object, const char* name) {
  const json* field = find(object, name);
  return field != nullptr && field->is_string() ? field->get<std::string>() : std::string();
}

std::optional<std::int64_t> integerField(const json& object, const char* name) {
  const json* field = find(object, name);
  if (field == nullptr) return std::nullopt;
  if (field->is_string()) return parseWhole<std::int64_t>(field->get<std::string>());
  if (field->is_number_unsigned()) {
    const auto number = field->get<std::uint64_t>();
    if (number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return std::nullopt;
    return static_cast<std::int64_t>(number);
  }
  if (field->is_number_integer()) return field->get<std::int64_t>();
  if (field->is_number_float()) return toInteger(field->get<double>());
  return std::nullopt;
}

std::optional<double> numberField(const json& object, const char* name) {
  const json* field = find(object, name);
  std::optional<double> number;
  if (field != nullptr && field->is_number()) number = field->get<double>();
  if (field != nullptr && field->is_string()) number = parseWhole<double>(field->get<std::string>());
  return number && std::isfinite(*number) ? number : std::nullopt;
}

std::string toText(const json& object) {
  return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace kvs::aws
