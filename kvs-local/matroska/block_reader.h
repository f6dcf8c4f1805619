// SPDX-License-Identifier: Apache-2.0
// Reads the blocks of a Cluster, SimpleBlocks and BlockGroups, and hands their bytes on as they come. A
// MatroskaReader tells it which element begins.
#pragma once

#include <cstddef>
#include <cstdint>

#include "matroska/reader_state.h"

namespace kvslocal {

class BlockReader {
 public:
  explicit BlockReader(ReaderState& state) : state_(state) {}

  /// A SimpleBlock of so many bytes begins, or the Block of a group. `head` is its ID and size as received.
  void beginBlock(ByteView head, std::uint64_t size);
  /// A BlockGroup begins: its fields and its Block follow.
  void beginGroup(ByteView head, std::uint64_t size);
  /// The Block of the group that is open.
  void beginGroupBlock(ByteView head, std::uint64_t size);
  /// A whole field of the group, as received.
  void takeField(std::uint32_t id, ByteView element);
  void endGroup();

  /// Takes bytes of the block that has begun; answers what is left of them.
  ByteView read(ByteView in);
  [[nodiscard]] bool inBlock() const { return where_ != Where::outside; }

 private:
  enum class Where : std::uint8_t { outside, head, body };
  struct Group {
    bool open = false;
    bool hasBlock = false;
    bool hasReference = false;
  };

  ByteView readHead(ByteView in);
  ByteView readBody(ByteView in);
  void startBody(std::size_t trackBytes, bool laced);
  void endBlock();
  void forward(ByteView raw);
  void rememberTail(ByteView payload);

  ReaderState& state_;
  Where where_ = Where::outside;
  std::uint64_t remaining_ = 0;  ///< of the block
  Group group_;
  Bytes prefix_;  ///< raw bytes seen before the block's own head was whole
  std::size_t headAt_ = 0;
  BlockHead block_;
  BlockTail tail_;
};

}  // namespace kvslocal
