// SPDX-License-Identifier: Apache-2.0
// From a frame to the log: what the streaming threads run. A frame's bytes are adapted, copied once
// into reserved space outside the lock, and appended as a SimpleBlock to the fragment where they
// belong. It never waits, but for room where the stream is offline.
#pragma once

#include <map>
#include <memory>
#include <mutex>

#include "media/adapter.h"
#include "mkv/header.h"
#include "producer.h"
#include "stream/fragmenter.h"
#include "stream/metadata.h"
#include "stream/stream_buffer.h"

namespace kvs::stream {

struct IngestConfig {
  StreamingType streamingType = StreamingType::realtime;
  FragmenterConfig fragmenter;
  mkv::HeaderSpec header;  ///< all but the tracks
};

/// What the loop must hear of after a frame.
struct IngestOutcome {
  FrameFate fate = FrameFate::accepted;
  bool appended = false;       ///< there is something new to send
  bool closeSession = false;   ///< only the fragment under the cursor stands in the way of new data
  std::optional<Error> error;  ///< why the stream cannot go on with this source
};

/// put() from one thread a track; the rest from any thread.
class Ingest {
 public:
  Ingest(IngestConfig config, StreamBuffer& buffer, const Clock& clock);

  Result<void> setTrack(TrackConfig config);
  Result<IngestOutcome> put(const Frame& frame);
  Result<void> putMetadata(Tag tag, bool persistent);
  enum class SealWith { nothing, endTag };
  /// Ends the open fragment; the next frame that is taken is a key frame. Never waits for a frame that
  /// waits for room.
  void seal(SealWith with = SealWith::nothing);
  /// The stream's content type: the tracks', in the order of their numbers, joined by commas.
  std::string contentType() const;

 private:
  /// An access unit on its way: one block, perhaps of several payloads.
  struct Unit {
    store::Block block;
    bool begun = false;
    bool hasFrame = false;
    bool bytesKey = false;  ///< the bytes say that decoding can start here
    bool saysKey = false;   ///< and the application says so
    Frame times;            ///< times and flags of its first frame; no payload
  };
  struct Track {
    Track(TrackConfig trackConfig, media::FrameAdapter frameAdapter)
        : config(std::move(trackConfig)), adapter(std::move(frameAdapter)) {}
    std::mutex input;  ///< one frame at a time; uncontended where each track has its thread
    TrackConfig config;
    media::FrameAdapter adapter;
    TrackClock clock;
    mkv::TrackEntry entry;    ///< what the header says of it; guarded by the buffer's lock
    bool entryKnown = false;  ///< nothing is sent before the codec data are known
    Unit unit;
    bool skipUnit = false;  ///< the rest of an access unit that could not be kept
  };
  using TrackPtr = std::shared_ptr<Track>;

  TrackPtr find(std::uint32_t number) const;
  std::vector<TrackPtr> allTracks() const;
  IngestOutcome take(Track& track, const Frame& frame, const media::Adapted& adapted);
  static void takeTimes(Unit& unit, const Frame& frame);
  bool addPayload(Track& track, const Frame& frame, std::size_t size, IngestOutcome& outcome);
  bool makeRoom(std::unique_lock<std::mutex>& lock, Track& track, std::size_t size, IngestOutcome& outcome);
  bool reserve(Track& track, std::size_t size, bool mayDrop);
  bool tooFarAhead() const;
  bool nothingToWaitFor() const;
  void noRoom(IngestOutcome& outcome);
  void skip(IngestOutcome& outcome);
  void commit(Track& track, IngestOutcome& outcome);
  void keepDuration(IngestOutcome& outcome);
  void append(Track& track, Placed placed, bool key, IngestOutcome& outcome);
  bool openFragment(Track& track, Placed& placed);
  void describe(Track& track);
  Result<std::uint32_t> currentHeader();
  bool blocksOffline() const { return config_.streamingType == StreamingType::offline; }

  IngestConfig config_;
  StreamBuffer& buffer_;
  const Clock& clock_;
  mutable std::mutex tracksMutex_;  ///< guards the map only
  std::map<std::uint32_t, TrackPtr> tracks_;
  // Guarded by buffer_.mutex:
  PendingMetadata metadata_;
  bool headerChanged_ = false;      ///< the next key frame begins a fragment, whatever the limits
  std::optional<Ticks> lastTicks_;  ///< greatest of all fragments so far
};

}  // namespace kvs::stream
