// SPDX-License-Identifier: Apache-2.0
// From a frame to a unit: what the streaming threads run. A frame's bytes are adapted and copied once
// into reserved space, outside the lock; the sequencer then gives the unit its place. Nothing here ever
// waits, but for room where the stream is offline.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>

#include "intake/sequencer.h"
#include "intake/track_set.h"
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
  void takeFormat(Track& track, TrackFormat format, media::FrameAdapter adapter);
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
  std::atomic<unsigned> putting_{0};  ///< threads in put()
  // Guarded by buffer_.mutex:
  TrackSet tracks_;
  std::uint32_t lastKey_ = 1000;
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
