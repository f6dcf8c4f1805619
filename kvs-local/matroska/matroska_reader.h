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

#include "base/result.h"
#include "matroska/ebml.h"
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

enum class ReadStatus : std::uint8_t { ok, malformed, stopped };

class MatroskaReader {
 public:
  explicit MatroskaReader(MatroskaHandler& handler) : handler_(handler) {}

  /// Takes the next bytes. `malformed` (see error()) and `stopped` (a handler said so) are final.
  ReadStatus feed(ByteView bytes);

  /// Whether the bytes so far could be a whole body: not inside an element whose size was announced
  /// (a Segment's announced size excepted: a live recorder cannot know it).
  [[nodiscard]] bool atCleanEnd() const;
  [[nodiscard]] const std::string& error() const { return error_; }
  [[nodiscard]] std::uint64_t offset() const { return offset_; }

 private:
  enum class State : std::uint8_t { elementHead, collect, skip, blockHead, blockBody };
  struct Level {
    std::uint32_t id;
    std::uint64_t end;  ///< offset of the first byte behind it; its parent's when its own size is unknown
    bool sized;
  };

  ByteView step(ByteView in);
  ByteView readElementHead(ByteView in);
  ByteView collectPayload(ByteView in);
  ByteView skipPayload(ByteView in);
  ByteView readBlockHead(ByteView in);
  ByteView readBlockBody(ByteView in);

  void beginElement(std::uint32_t id, std::uint64_t size);
  void beginTopLevel(std::uint32_t id, std::uint64_t size);
  void beginSegmentChild(std::uint32_t id, std::uint64_t size);
  void beginCluster(std::uint64_t size);
  void beginClusterChild(std::uint32_t id, std::uint64_t size);
  void beginGroupChild(std::uint32_t id, std::uint64_t size);
  void beginCollect(std::uint32_t id, std::uint64_t size, std::uint64_t limit);
  void beginSkip(std::uint64_t size);
  void beginBlock(std::uint64_t size);
  void beginGroup(std::uint64_t size);

  void beginTags(std::uint64_t size);
  void finishCollected();
  void finishEbmlHeader();
  void finishInfo();
  void finishTracks();
  void finishTags();
  void finishTimecode();
  void finishGroupField();
  void finishBlock();
  void finishGroup();
  void startBlock(std::size_t trackBytes, bool laced);
  void announceHeader();
  void closeFinishedLevels();
  void forward(ByteView raw);
  void rememberTail(ByteView payload);

  void fail(std::string sentence);
  /// Calls the handler unless reading has ended: after an error or a stop it hears nothing more.
  template <typename... Parameters, typename... Arguments>
  void tell(bool (MatroskaHandler::*event)(Parameters...), const Arguments&... arguments) {
    if (status_ == ReadStatus::ok && !(handler_.*event)(arguments...)) status_ = ReadStatus::stopped;
  }
  ByteView advance(ByteView in, std::size_t count);
  [[nodiscard]] std::uint32_t level() const { return levels_.empty() ? 0 : levels_.back().id; }

  MatroskaHandler& handler_;
  ReadStatus status_ = ReadStatus::ok;
  State state_ = State::elementHead;
  std::string error_;
  std::uint64_t offset_ = 0;
  std::vector<Level> levels_;

  std::array<std::uint8_t, 12> head_{};
  std::size_t headBytes_ = 0;

  std::uint32_t collectId_ = 0;
  Bytes collected_;              ///< element head and payload so far
  std::size_t collectHead_ = 0;  ///< how much of it is the head
  std::uint64_t remaining_ = 0;  ///< of the element that is collected, skipped or forwarded

  bool ebmlSeen_ = false;
  bool segmentSeen_ = false;
  bool infoSeen_ = false;
  bool headerAnnounced_ = false;
  bool clusterTimecodeSeen_ = false;
  StreamHeader header_;
  Bytes ebmlElement_;
  Bytes infoElement_;

  bool inGroup_ = false;
  bool groupHasBlock_ = false;
  bool groupHasReference_ = false;
  Bytes blockPrefix_;  ///< raw bytes seen before the block's head was whole
  std::size_t blockHeadAt_ = 0;
  BlockHead block_;
  BlockTail tail_;
};

}  // namespace kvslocal
