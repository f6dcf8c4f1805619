// SPDX-License-Identifier: Apache-2.0
#include "base/printable.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

namespace kvslocal {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

// What moves the cursor, reorders the text around it or cannot be seen.
constexpr std::array<Range, 12> unfit{{{0x00, 0x1F},
                                       {0x7F, 0x9F},
                                       {0xAD, 0xAD},
                                       {0x61C, 0x61C},
                                       {0x180E, 0x180E},
                                       {0x200B, 0x200F},
                                       {0x2028, 0x202E},
                                       {0x2060, 0x206F},
                                       {0xFEFF, 0xFEFF},
                                       {0xFFF9, 0xFFFB},
                                       {0xE0000, 0xE0FFF},
                                       {0xFFFE, 0xFFFF}}};

struct Character {
  char32_t code = 0;
  std::size_t bytes = 0;  ///< 0: the text does not go on with UTF-8
};

bool continues(char c) {
  return (static_cast<std::uint8_t>(c) & 0xC0U) == 0x80U;
}

/// The first character of a text that is not empty. Long forms, surrogates and codes past the last one are
/// no UTF-8.
Character firstOf(std::string_view text) {
  const auto lead = static_cast<std::uint8_t>(text[0]);
  if (lead < 0x80) return {lead, 1};
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return {};
  char32_t code = lead & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if (!continues(text[i])) return {};
    code = (code << 6U) | (static_cast<std::uint8_t>(text[i]) & 0x3FU);
  }
  constexpr std::array<char32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (code < least[length] || code > 0x10FFFF || surrogate) return {};
  return {code, length};
}

bool isUnfit(char32_t code) {
  return std::any_of(unfit.begin(), unfit.end(),
                     [code](const Range& range) { return code >= range.first && code <= range.last; });
}

std::string formatted(const char* format, unsigned value) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), format, value);
  return text.data();
}

std::string writtenOut(char32_t code) {
  if (code == '\n') return "\\n";
  if (code == '\r') return "\\r";
  if (code == '\t') return "\\t";
  if (code < 0x80) return formatted("\\x%02x", code);
  return formatted(code > 0xFFFF ? "\\U%08x" : "\\u%04x", code);
}

std::string escape(std::string_view text, bool keepLines) {
  std::string out;
  while (!text.empty()) {
    const Character next = firstOf(text);
    const std::size_t bytes = std::max<std::size_t>(next.bytes, 1);
    if (next.bytes == 0) {
      out += formatted("\\x%02x", static_cast<std::uint8_t>(text[0]));
    } else if (isUnfit(next.code) && !(keepLines && next.code == '\n')) {
      out += writtenOut(next.code);
    } else {
      out += text.substr(0, bytes);
    }
    text.remove_prefix(bytes);
  }
  return out;
}

}  // namespace

std::string printable(std::string_view text) {
  return escape(text, false);
}

std::string printableLines(std::string_view text) {
  return escape(text, true);
}

std::size_t widthOf(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return !continues(c); }));
}

}  // namespace kvslocal
