// SPDX-License-Identifier: Apache-2.0
// From a frame to a unit: what the streaming threads run. A frame's bytes are adapted and copied once
// into reserved space, outside the lock; the sequencer then gives the unit its place. Nothing here ever
// waits, but for room where the stream is offline.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>

#include "intake/sequencer.h"
#include "media/adapter.h"
#include "producer.h"

namespace kvs::intake {

struct IngestConfig {
  StreamingType streamingType = StreamingType::realtime;
  TimestampSource timestampSource = TimestampSource::automatic;
  SequencerConfig sequencer;
};

/// put() from one thread a track; the rest from any thread.
class Ingest {
 public:
  /// `wake`: called, without a lock, where a frame that waits has brought something to send.
  Ingest(IngestConfig config, stream::StreamBuffer& buffer, const Clock& clock,
         std::function<void()> wake = {});

  Result<void> setTrack(TrackConfig config);
  void expectTrack(std::uint32_t number);
  bool awaitsFormat() const;
  IngestOutcome endTrack(std::uint32_t number);
  IngestOutcome removeTrack(std::uint32_t number);
  void changeSource(std::uint32_t number);
  IngestOutcome putGap(std::uint32_t number, Nanoseconds end);
  bool takeKeyFrameRequest(std::uint32_t number);

  Result<IngestOutcome> put(const Frame& frame);
  Result<void> putMetadata(Tag tag, bool persistent);
  Result<void> putEvent(const FragmentEvent& event);
  enum class SealWith {
    nothing,
    endTag,
    metadata,  ///< the stream ends: what metadata waits for another fragment goes into this one's tail
  };
  /// Ends the open fragment; the next frame that is taken is a key frame. Never waits for a frame that
  /// waits for room.
  void seal(SealWith with = SealWith::nothing);
  /// See Sequencer::leaveMetadata().
  void leaveMetadata();
  /// On the loop's timer: who has waited for long enough goes.
  IngestOutcome expire();
  /// When expire() would change something.
  std::optional<TimePoint> deadline() const;
  /// The stream's content type: the tracks', in the order of their numbers, joined by commas.
  std::string contentType() const;

 private:
  /// An access unit that is being made: one block, perhaps of several payloads.
  struct Making {
    store::Block block;
    bool begun = false;
    bool hasFrame = false;
    bool bytesKey = false;      ///< the bytes say that decoding can start here
    bool saysKey = false;       ///< and the application says so
    bool sliceSaysKey = false;  ///< it says so of the picture itself
    bool hasIntra = false;      ///< slices that refer to no other picture
    bool hasInter = false;      ///< slices that may
    bool closed = false;        ///< no picture that follows is shown before it, whatever mayHaveLeading says
    bool mayHaveLeading = false;
    std::shared_ptr<const std::vector<Bytes>> outOfBand;
    /// The application's word counts where the bytes name no point to begin at, but would allow one here.
    bool believed() const { return !bytesKey && sliceSaysKey && hasIntra && !hasInter; }
    bool key() const { return (bytesKey && saysKey) || believed(); }
    Frame times;   ///< times and flags of its first frame; no payload
    Bytes sample;  ///< of data tracks
  };
  struct Track {
    Track(TrackConfig trackConfig, media::FrameAdapter frameAdapter)
        : config(std::move(trackConfig)),
          adapter(std::move(frameAdapter)),
          clock(config.kind == media::TrackKind::video) {}
    std::mutex input;  ///< one frame at a time; uncontended where each track has its thread
    TrackConfig config;
    media::FrameAdapter adapter;
    TrackClock clock;
    std::shared_ptr<const mkv::TrackEntry> entry;    ///< goes with the next unit; null: nothing is new
    std::shared_ptr<const mkv::TrackEntry> current;  ///< what holds now; null while codec data are missing
    Making making;
    /// GStreamer's sources give a time of 0 to a first buffer that has none: it takes two to know.
    bool saysTimes() const { return timed > 1; }
    unsigned timed = 0;      ///< frames that had times
    bool saysDelta = false;  ///< the application has told key frames from others
    bool lostKey = false;    ///< a key frame was refused: so are those that need it
    bool skipUnit = false;   ///< the rest of an access unit that could not be kept
  };
  using TrackPtr = std::shared_ptr<Track>;

  TrackPtr find(std::uint32_t number) const;
  std::vector<TrackPtr> allTracks() const;
  Result<IngestOutcome> putEach(Track& track, const Frame& frame);
  Result<IngestOutcome> putOne(Track& track, const Frame& frame);
  IngestOutcome take(Track& track, const Frame& frame, const media::Adapted& adapted);
  static void leaveOut(Track& track, bool hadFrame, bool comesAgain);
  static void takeTimes(Making& making, const Frame& frame);
  static void takeKind(Making& making, const Frame& frame, const media::Adapted& adapted);
  void refuse(Track& track, const Frame& frame, std::optional<bool> bytesKey);
  bool addPayload(Track& track, const Frame& frame, std::size_t size, IngestOutcome& outcome);
  bool makeRoom(std::unique_lock<std::mutex>& lock, Track& track, std::size_t size, IngestOutcome& outcome);
  bool mayWait(Feeder feeder, IngestOutcome& outcome);
  bool isHeldBack(const Track& track, Feeder feeder, IngestOutcome& outcome);
  void wait(std::unique_lock<std::mutex>& lock, const IngestOutcome& outcome);
  static std::optional<Nanoseconds> orderOf(const Track& track);
  void passOver(const Track& track, IngestOutcome& outcome);
  void moved();
  bool reserve(Track& track, std::size_t size, std::size_t beyond);
  bool tooFarAhead() const;
  bool nothingToWaitFor() const;
  void finish(Track& track, IngestOutcome& outcome);
  void finishUnlessBusy(Track& track, IngestOutcome& outcome);
  void finishUnit(Track& track, Making making, IngestOutcome& outcome);
  FrameTimes timesOf(Track& track, const Frame& frame) const;
  FrameTimes missingTimes(Track& track, const Frame& frame) const;
  bool hasRate(const Track& track, const Frame& frame) const;
  Nanoseconds arrivalOf(const Frame& frame) const;
  void noteTime(const Track& track, const Frame& frame, const Unit& unit);
  bool mustWaitForATime(const Track& track, const Frame& frame) const;
  void pushEarly(IngestOutcome& outcome);
  bool blocksOffline() const { return config_.streamingType == StreamingType::offline; }

  IngestConfig config_;
  stream::StreamBuffer& buffer_;
  const Clock& clock_;
  const std::function<void()> wake_;
  mutable std::mutex tracksMutex_;  ///< guards the map only
  std::map<std::uint32_t, TrackPtr> tracks_;
  // Guarded by buffer_.mutex:
  Sequencer sequencer_;
  /// What the source's clock said last, by the frames of sound and pictures.
  struct Newest {
    Nanoseconds time{0};
    TimePoint at;
    bool said = false;  ///< by a frame that had times
  };
  std::optional<Newest> newest_;
  /// Samples without times that came before any frame that could tell what time it is.
  std::vector<std::pair<TrackPtr, Making>> early_;
};

}  // namespace kvs::intake
