// SPDX-License-Identifier: Apache-2.0
// A streaming Matroska parser for what PutMedia's body may hold. It takes bytes in any split, keeps only
// small elements in memory (blocks flow through), and tells a handler what it saw. It survives any bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "matroska/block_reader.h"
#include "matroska/header_parts.h"
#include "matroska/reader_state.h"

namespace kvslocal {

class MatroskaReader {
 public:
  explicit MatroskaReader(MatroskaHandler& handler) : state_(handler) {}
  MatroskaReader(const MatroskaReader&) = delete;
  MatroskaReader& operator=(const MatroskaReader&) = delete;

  /// Takes the next bytes. `malformed` (see error()) and `stopped` (a handler said so) are final.
  ReadStatus feed(ByteView bytes);

  /// Whether the bytes so far could be a whole body: not inside an element whose size was announced
  /// (a Segment's announced size excepted: a live recorder cannot know it).
  [[nodiscard]] bool atCleanEnd() const;
  [[nodiscard]] const std::string& error() const { return state_.error(); }
  [[nodiscard]] std::uint64_t offset() const { return state_.offset(); }

 private:
  enum class Where : std::uint8_t { elementHead, collected, skipped, block };
  struct Level {
    std::uint32_t id;
    std::uint64_t end;  ///< offset of the first byte behind it; its parent's when its own size is unknown
    bool sized;
  };
  /// A small element, kept until it is whole.
  struct Collected {
    std::uint32_t id = 0;
    Bytes bytes;           ///< element head and payload so far
    std::size_t head = 0;  ///< how much of it is the head
    [[nodiscard]] ByteView payload() const { return ByteView(bytes).subspan(head); }
  };

  ByteView step(ByteView in);
  ByteView readElementHead(ByteView in);
  ByteView collect(ByteView in);
  ByteView skip(ByteView in);
  ByteView readBlock(ByteView in);

  void beginElement(std::uint32_t id, std::uint64_t size);
  void beginTopLevel(std::uint32_t id, std::uint64_t size);
  void beginSegmentChild(std::uint32_t id, std::uint64_t size);
  void beginCluster(std::uint64_t size);
  void beginClusterChild(std::uint32_t id, std::uint64_t size);
  void beginGroupChild(std::uint32_t id, std::uint64_t size);
  void beginCollect(std::uint32_t id, std::uint64_t size, std::uint64_t limit);
  void beginSkip(std::uint64_t size);

  void finishCollected();
  void finishHeaderPart(const Result<void>& taken);
  void announceHeader();
  void closeFinishedLevels();
  [[nodiscard]] std::uint32_t level() const { return levels_.empty() ? 0 : levels_.back().id; }
  [[nodiscard]] ByteView elementHead() const { return {head_.data(), headBytes_}; }

  ReaderState state_;
  HeaderParts header_;
  BlockReader blocks_{state_};
  Where where_ = Where::elementHead;
  std::vector<Level> levels_;
  std::array<std::uint8_t, 12> head_{};  ///< of the element that begins
  std::size_t headBytes_ = 0;
  Collected collected_;
  std::uint64_t remaining_ = 0;  ///< of the element that is collected or skipped
  bool segmentSeen_ = false;
  bool timecodeSeen_ = false;  ///< of the Cluster
};

}  // namespace kvslocal
