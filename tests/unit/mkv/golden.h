// SPDX-License-Identifier: Apache-2.0
// Bytes written out by hand, for comparison: hex digits with notes behind '#'.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"

namespace kvs::mkv::test {

inline Bytes golden(std::string_view text) {
  Bytes out;
  std::string digits;
  bool note = false;
  for (char c : text) {
    if (c == '#') note = true;
    if (c == '\n') note = false;
    if (note || c == ' ' || c == '\n') continue;
    digits += c;
    if (digits.size() < 2) continue;
    out.push_back(static_cast<std::byte>(std::stoul(digits, nullptr, 16)));
    digits.clear();
  }
  return out;
}

inline std::string toHex(ByteView bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (std::byte byte : bytes) {
    out += digits[std::to_integer<unsigned>(byte) >> 4];
    out += digits[std::to_integer<unsigned>(byte) & 15];
  }
  return out;
}

}  // namespace kvs::mkv::test
