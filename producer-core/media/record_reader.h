// SPDX-License-Identifier: Apache-2.0
// Reads and writes the fields that the configuration records of H.264 and H.265 share. Inside of the
// media room.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.h"

namespace kvs::media {

/// Reads on while there is something; the first lack is latched in failed(), and gives zeros.
class RecordReader {
 public:
  explicit RecordReader(ByteView record) : rest_(record) {}

  bool failed() const { return failed_; }

  std::uint8_t byte() {
    const ByteView one = take(1);
    return one.empty() ? std::uint8_t{0} : std::to_integer<std::uint8_t>(one.front());
  }

  /// Big-endian.
  std::uint16_t twoBytes() {
    const unsigned high = byte();
    return static_cast<std::uint16_t>(high << 8 | byte());
  }

  ByteView take(std::size_t size) {
    if (size > rest_.size()) failed_ = true;
    if (failed_) return {};
    const ByteView taken = rest_.first(size);
    rest_ = rest_.subspan(size);
    return taken;
  }

  /// `count` NAL units, each behind a 2-byte length.
  void sets(unsigned count, std::vector<Bytes>& out) {
    for (unsigned i = 0; i < count && !failed_; ++i) {
      const ByteView set = take(twoBytes());
      if (!failed_) out.emplace_back(set.begin(), set.end());
    }
  }

 private:
  ByteView rest_;
  bool failed_ = false;
};

inline void putByte(Bytes& out, std::uint32_t byte) {
  out.push_back(static_cast<std::byte>(byte & 0xFF));
}

inline void putTwoBytes(Bytes& out, std::uint32_t value) {
  putByte(out, value >> 8);
  putByte(out, value);
}

/// Each behind a 2-byte length, which it must fit.
inline void putSets(Bytes& out, std::span<const ByteView> sets) {
  for (ByteView set : sets) {
    putTwoBytes(out, static_cast<std::uint32_t>(set.size()));
    out.insert(out.end(), set.begin(), set.end());
  }
}

}  // namespace kvs::media
