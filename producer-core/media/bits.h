// SPDX-License-Identifier: Apache-2.0
// Bits, highest first, as ISO/IEC 14496-3 packs them. Inside of the media room; NAL units have emulation
// prevention on top and are read with RbspReader.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/bytes.h"

namespace kvs::media {

/// Reading past the end gives zeros and latches failed(), so that a parser asks once, at the end.
class BitReader {
 public:
  explicit BitReader(ByteView bytes) : bytes_(bytes) {}

  bool failed() const { return failed_; }
  std::size_t bitsLeft() const { return bytes_.size() * 8 - position_; }

  /// `count` up to 32.
  std::uint32_t bits(unsigned count) {
    if (count > bitsLeft()) {
      failed_ = true;
      position_ = bytes_.size() * 8;
      return 0;
    }
    std::uint64_t value = 0;
    for (unsigned i = 0; i < count; ++i, ++position_) {
      const auto byte = std::to_integer<unsigned>(bytes_[position_ / 8]);
      value = value << 1 | (byte >> (7 - position_ % 8) & 1u);
    }
    return static_cast<std::uint32_t>(value);
  }
  bool flag() { return bits(1) != 0; }
  void alignToByte() { position_ = (position_ + 7) / 8 * 8; }

 private:
  ByteView bytes_;
  std::size_t position_ = 0;
  bool failed_ = false;
};

class BitWriter {
 public:
  /// The low `count` bits of `value`, up to 32.
  void put(std::uint32_t value, unsigned count) {
    for (unsigned i = count; i-- > 0; ++position_) {
      if (position_ % 8 == 0) out_.push_back(std::byte{0});
      if ((value >> i & 1u) != 0) out_.back() |= std::byte{0x80} >> (position_ % 8);
    }
  }
  void alignToByte() { position_ = out_.size() * 8; }
  Bytes take() { return std::move(out_); }

 private:
  Bytes out_;
  std::size_t position_ = 0;
};

}  // namespace kvs::media
