// SPDX-License-Identifier: Apache-2.0
#include "media/rbsp_reader.h"

namespace kvs::media {

RbspReader::RbspReader(Pieces payload, NalUnit unit) : cursor_(payload), end_(unit.offset + unit.size) {
  cursor_.seek(unit.offset);
}

std::uint32_t RbspReader::nextByte() {
  for (;;) {
    const auto byte = cursor_.position() < end_ ? cursor_.next() : std::nullopt;
    if (!byte) {
      failed_ = true;
      return 0;
    }
    const auto value = std::to_integer<std::uint32_t>(*byte);
    const bool emulationPrevention = zeros_ >= 2 && value == 3;
    zeros_ = value == 0 ? zeros_ + 1 : 0;
    if (!emulationPrevention) return value;
  }
}

std::uint32_t RbspReader::bits(unsigned count) {
  std::uint64_t value = 0;
  for (unsigned left = count; left > 0;) {
    if (bitsLeft_ == 0) {
      byte_ = nextByte();
      bitsLeft_ = 8;
    }
    const unsigned take = left < bitsLeft_ ? left : bitsLeft_;
    bitsLeft_ -= take;
    value = value << take | (byte_ >> bitsLeft_ & ((1u << take) - 1));
    left -= take;
  }
  return failed_ ? 0 : static_cast<std::uint32_t>(value);
}

std::uint32_t RbspReader::ue() {
  unsigned zeros = 0;
  while (!flag()) {
    if (failed_ || ++zeros > 31) {
      failed_ = true;
      return 0;
    }
  }
  return static_cast<std::uint32_t>((std::uint64_t{1} << zeros) - 1) + bits(zeros);
}

std::int64_t RbspReader::se() {
  const std::int64_t code = ue();
  return code % 2 != 0 ? (code + 1) / 2 : -(code / 2);
}

void RbspReader::skipBytes(std::uint32_t count) {
  for (; count > 0 && !failed_; --count)
    nextByte();
}

}  // namespace kvs::media
