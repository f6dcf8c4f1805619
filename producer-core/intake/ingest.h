// SPDX-License-Identifier: Apache-2.0
// From a frame to a unit: what the streaming threads run. A frame's bytes are adapted and copied once
// into reserved space, outside the lock; the sequencer then gives the unit its place. Nothing here ever
// waits, but for room where the stream is offline.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>

#include "base/corrected_clock.h"
#include "intake/sequencer.h"
#include "intake/track_set.h"
#include "producer.h"
#include "store/stream_store.h"

namespace kvs::intake {

struct IngestConfig {
  StreamingType streamingType = StreamingType::realtime;
  TimestampSource timestampSource = TimestampSource::automatic;
  SequencerConfig sequencer;
  const CorrectedClock* wall = nullptr;  ///< null: a wall clock that nobody puts right
};

/// put() from one thread a track; the rest from any thread.
class Ingest {
 public:
  /// `state`: guarded by the store's lock. `wake`: called, without a lock, where a frame that waits has
  /// brought something to send.
  Ingest(IngestConfig config, store::StreamStore& store, IntakeState& state, const Clock& clock,
         std::function<void()> wake = {});

  /// Its format is still to be said.
  Result<TrackPtr> addTrack(media::TrackKind kind, std::string label = {});
  Result<void> setFormat(Track& track, TrackFormat format);
  TrackId idOf(const Track& track) const;
  bool awaitsFormat() const;
  IngestOutcome end(Track& track);
  IngestOutcome remove(Track& track);
  void changeSource(Track& track);
  /// The track has got to `end` without a frame.
  IngestOutcome gap(Track& track, Nanoseconds end);
  bool takeKeyFrameRequest(Track& track);

  Result<IngestOutcome> put(Track& track, const Frame& frame);
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
  std::vector<TrackPtr> allTracks() const;
  void takeFormat(Track& track, TrackFormat format, media::FrameAdapter adapter) KVS_REQUIRES(store_.mutex());
  Result<IngestOutcome> putEach(Track& track, const Frame& frame);
  Result<IngestOutcome> putOne(Track& track, const Frame& frame);
  IngestOutcome take(Track& track, const Frame& frame, const media::Adapted& adapted);
  static void leaveOut(Track& track, bool hadFrame, bool comesAgain);
  static void takeTimes(Making& making, const Frame& frame);
  static void takeKind(Making& making, const Frame& frame, const media::Adapted& adapted);
  void refuse(Track& track, const Frame& frame, std::optional<bool> bytesKey);
  bool addPayload(Track& track, const Frame& frame, std::size_t size, IngestOutcome& outcome);
  bool admit(Track& track, std::size_t size, IngestOutcome& outcome) KVS_REQUIRES(store_.mutex());
  bool makeRoom(Track& track, std::size_t size, IngestOutcome& outcome) KVS_REQUIRES(store_.mutex());
  bool mayWait(Feeder feeder, IngestOutcome& outcome) KVS_REQUIRES(store_.mutex());
  bool isHeldBack(const Track& track, Feeder feeder, IngestOutcome& outcome) KVS_REQUIRES(store_.mutex());
  void wait(const IngestOutcome& outcome) KVS_REQUIRES(store_.mutex());
  static std::optional<Nanoseconds> orderOf(const Track& track);
  void passOver(const Track& track, IngestOutcome& outcome) KVS_REQUIRES(store_.mutex());
  void conclude(IngestOutcome& outcome, const Frame* frame = nullptr) KVS_REQUIRES(store_.mutex());
  void moved() KVS_REQUIRES(store_.mutex());
  bool reserve(Track& track, std::size_t size, std::size_t beyond) KVS_REQUIRES(store_.mutex());
  bool tooFarAhead() const KVS_REQUIRES(store_.mutex());
  bool nothingToWaitFor() const KVS_REQUIRES(store_.mutex());
  void finish(Track& track, IngestOutcome& outcome) KVS_REQUIRES(store_.mutex());
  void finishUnlessBusy(Track& track, IngestOutcome& outcome);
  void finishUnit(Track& track, Making making, IngestOutcome& outcome) KVS_REQUIRES(store_.mutex());
  FrameTimes timesOf(Track& track, const Frame& frame) const KVS_REQUIRES(store_.mutex());
  FrameTimes missingTimes(Track& track, const Frame& frame) const KVS_REQUIRES(store_.mutex());
  bool hasRate(const Track& track, const Frame& frame) const;
  Nanoseconds arrivalOf(const Frame& frame) const KVS_REQUIRES(store_.mutex());
  void noteTime(const Track& track, const Frame& frame, const Unit& unit) KVS_REQUIRES(store_.mutex());
  bool mustWaitForATime(const Track& track, const Frame& frame) const KVS_REQUIRES(store_.mutex());
  void pushEarly(IngestOutcome& outcome) KVS_REQUIRES(store_.mutex());
  bool blocksOffline() const { return config_.streamingType == StreamingType::offline; }

  IngestConfig config_;
  store::StreamStore& store_;
  IntakeState& state_ KVS_GUARDED_BY(store_.mutex());
  const Clock& clock_;
  const std::function<void()> wake_;
  std::atomic<unsigned> putting_{0};  ///< threads in put()
  TrackSet tracks_ KVS_GUARDED_BY(store_.mutex());
  std::uint32_t lastKey_ KVS_GUARDED_BY(store_.mutex()) = 1000;
  Sequencer sequencer_ KVS_GUARDED_BY(store_.mutex());
  /// What the source's clock said last, by the frames of sound and pictures.
  struct Newest {
    Nanoseconds time{0};
    TimePoint at;
    bool said = false;  ///< by a frame that had times
  };
  std::optional<Newest> newest_ KVS_GUARDED_BY(store_.mutex());
  /// Samples without times that came before any frame that could tell what time it is.
  std::vector<std::pair<TrackPtr, Making>> early_ KVS_GUARDED_BY(store_.mutex());
};

}  // namespace kvs::intake
