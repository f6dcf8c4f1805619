// SPDX-License-Identifier: Apache-2.0
// Bits of a NAL unit's raw byte sequence payload, with emulation prevention bytes taken out on the way
// (ISO/IEC 14496-10 7.3.1, 7.2, 9.1). Inside of the media room: H.264 and H.265 write alike here.
#pragma once

#include <cstdint>

#include "media/nal.h"

namespace kvs::media {

/// Reading past the end gives zeros and latches failed(), so that a parser asks once, at the end.
class RbspReader {
 public:
  /// From the unit's first byte (its header) on.
  RbspReader(Pieces payload, NalUnit unit);

  bool failed() const { return failed_; }

  /// u(n), `count` up to 32.
  std::uint32_t bits(unsigned count);
  bool flag() { return bits(1) != 0; }
  /// ue(v): 0 to 2^32 - 2.
  std::uint32_t ue();
  /// se(v).
  std::int64_t se();
  /// Whole bytes; from a byte boundary only.
  void skipBytes(std::uint32_t count);

 private:
  std::uint32_t nextByte();

  PieceCursor cursor_;
  std::size_t end_;
  unsigned zeros_ = 0;
  std::uint32_t byte_ = 0;
  unsigned bitsLeft_ = 0;
  bool failed_ = false;
};

}  // namespace kvs::media
