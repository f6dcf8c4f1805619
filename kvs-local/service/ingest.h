// SPDX-License-Identifier: Apache-2.0
// The rules of a PutMedia session: which bytes make a fragment, when it is acknowledged and what the service
// refuses. Pure: bytes and the time come in, effects go to a sink; no socket, file or clock.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "matroska/matroska_reader.h"
#include "service/ack.h"
#include "store/fragment.h"

namespace kvslocal {

/// The service's quotas of a fragment (developer guide, "service quotas").
struct IngestLimits {
  std::chrono::milliseconds maxFragmentDuration{20'000};
  std::uint64_t maxFragmentBytes = 50'000'000;
  std::size_t maxTracks = 3;
  std::size_t maxTags = 10;
  std::size_t maxTagName = 128;
  std::size_t maxTagValue = 256;
  /// Of the Tags elements between two fragments, which are kept until it is known whose they are. Ten tags of
  /// the longest take a tenth of it.
  std::uint64_t maxTagBytes = 64 * 1024;
  /// Set with --quotas: from a fragment's first time to the next one's.
  std::optional<std::chrono::milliseconds> minFragmentDuration;
  /// How far a fragment may lie in the future (4007). Our assumption: the service does not publish it.
  std::chrono::milliseconds maxFuture{std::chrono::hours{24}};
};

struct IngestConfig {
  bool relative = false;   ///< x-amzn-fragment-timecode-type
  WallTime start;          ///< x-amzn-producer-start-timestamp; counts only when relative
  bool strictEnd = false;  ///< the body's end closes no Cluster of unknown size
  IngestLimits limits;
};

struct BlockSeen {
  std::uint64_t track = 0;
  std::chrono::nanoseconds time{};  ///< absolute
  BlockTail tail;
};

/// What an Ingest wants done. Calls come in order, from inside feed(), finish() or abort().
class IngestSink {
 public:
  virtual ~IngestSink() = default;
  virtual void header(const StreamHeader& header) = 0;
  /// Opens a fragment, of which its timecode and the tags of its head are known; answers its number. The
  /// bytes of append() are its until seal() or discard().
  virtual std::uint64_t openFragment(const FragmentSummary& begun) = 0;
  virtual void append(ByteView bytes) = 0;
  virtual void seal(const FragmentSummary& summary) = 0;
  virtual void discard() = 0;
  virtual void ack(const Ack& ack) = 0;
  virtual void blockSeen(const BlockSeen& block) = 0;
};

class Ingest final : private MatroskaHandler {
 public:
  Ingest(const IngestConfig& config, IngestSink& sink) : config_(config), sink_(sink) {}

  /// Takes the body's next bytes. False once the session is over (an ERROR was acknowledged).
  bool feed(ByteView bytes, WallTime now);
  /// The request's body ended properly: the open fragment is whole, unless `strictEnd` asks for something
  /// that closed it.
  void finish(WallTime now);
  /// The connection broke or the session was ended: the open fragment is thrown away.
  void abort();
  /// Ends the session with an ERROR acknowledgement, for the open fragment if there is one and `named`.
  void end(std::uint32_t errorId, bool named);

  [[nodiscard]] bool over() const { return over_; }
  /// Why the session was ended by an ERROR, for the log; empty if it was not.
  [[nodiscard]] const std::string& reason() const { return reason_; }

 private:
  struct Open {
    FragmentSummary summary;
    std::int64_t clusterTicks = 0;
    bool sized = false;      ///< its Cluster said where it ends
    bool hasBlocks = false;  ///< from here on the sink knows of it
    bool timed = false;      ///< firstTime and lastTime are set
    bool videoSeen = false;
  };

  bool onHeader(const StreamHeader& header) override;
  bool onClusterStart(bool sized) override;
  bool onClusterTimecode(std::uint64_t ticks) override;
  bool onBlockStart(const BlockHead& head) override;
  bool onBlockBytes(ByteView bytes) override;
  bool onBlockEnd(const BlockTail& tail) override;
  bool onTagsStart(std::uint64_t bytes) override;
  bool onTags(const std::vector<SimpleTag>& tags) override;

  bool refuse(AckError error, std::string why);
  bool beginFragment();
  bool checkAfterPrevious(std::chrono::nanoseconds time);
  bool takeTime(std::chrono::nanoseconds time);
  bool checkTags(const std::vector<SimpleTag>& tags);
  bool completeOpen();
  bool checkDurationBefore(std::chrono::nanoseconds nextTimecode);
  void dropOpen();
  [[nodiscard]] const Track* findTrack(std::uint64_t number) const;
  [[nodiscard]] std::uint64_t* framesOf(std::uint64_t track);
  [[nodiscard]] std::chrono::nanoseconds absolute(std::int64_t ticks) const;

  IngestConfig config_;
  IngestSink& sink_;
  MatroskaReader reader_{*this};
  WallTime now_{};
  StreamHeader header_;
  std::optional<Open> open_;
  BlockSeen block_;
  std::optional<std::chrono::nanoseconds>
      lastTimeBefore_;  ///< greatest time of all fragments before the open one
  std::vector<SimpleTag>
      pendingTags_;                    ///< after the open fragment's blocks: its tail, or the next one's head
  std::uint64_t pendingTagBytes_ = 0;  ///< of the elements that they stood in
  bool clusterSized_ = false;
  bool over_ = false;
  std::string reason_;
};

/// The tag rules of a fragment: at most ten, lengths, names beginning with AWS. A sentence when they are
/// broken.
Result<void> checkFragmentTags(const std::vector<SimpleTag>& tags, const IngestLimits& limits);

}  // namespace kvslocal
