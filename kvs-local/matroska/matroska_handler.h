// SPDX-License-Identifier: Apache-2.0
// What a MatroskaReader finds, and who hears of it.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/result.h"
#include "matroska/matroska_model.h"

namespace kvslocal {

/// The head of a SimpleBlock or of a BlockGroup's Block.
struct BlockHead {
  std::uint64_t track = 0;
  std::int16_t relativeTicks = 0;
  bool keyFrame = false;           ///< of a SimpleBlock; a group's is known at its end
  std::uint32_t frames = 1;        ///< more than 1 with lacing
  std::uint64_t elementBytes = 0;  ///< of the whole SimpleBlock or BlockGroup element
};

/// What is known of a block when its last byte was seen.
struct BlockTail {
  bool keyFrame = false;
  std::uint64_t payloadBytes = 0;
  std::array<std::uint8_t, 16> lastBytes{};  ///< the payload's last bytes, right-aligned
};

/// Receives what the reader finds. Every function answers whether to go on reading.
class MatroskaHandler {
 public:
  virtual ~MatroskaHandler() = default;
  /// The head is whole: once, before the first onClusterStart.
  virtual bool onHeader(const StreamHeader& header) = 0;
  /// `sized`: it says itself where it ends.
  virtual bool onClusterStart(bool sized) = 0;
  virtual bool onClusterTimecode(std::uint64_t ticks) = 0;
  virtual bool onBlockStart(const BlockHead& head) = 0;
  /// Bytes of the block's element as received, ID and size included.
  virtual bool onBlockBytes(ByteView bytes) = 0;
  virtual bool onBlockEnd(const BlockTail& tail) = 0;
  /// A Tags element of so many bytes begins: it is kept in memory until it is whole.
  virtual bool onTagsStart(std::uint64_t /*bytes*/) { return true; }
  virtual bool onTags(const std::vector<SimpleTag>& tags) = 0;
};

}  // namespace kvslocal
