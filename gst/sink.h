// SPDX-License-Identifier: Apache-2.0
// The element's C++ side: its states, its one stream, and the end of it. The GObject side (kvssink.cpp)
// only forwards; a pad's side is sink_pad.h.
#pragma once

#include <gst/gst.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "glib/handles.h"
#include "pads/eos.h"
#include "pads/gate.h"
#include "pads/outcome.h"
#include "pads/tracks.h"
#include "producer.h"
#include "report/announcer.h"
#include "report/errors.h"
#include "report/playback.h"
#include "report/reporter.h"
#include "report/stats.h"
#include "settings/settings.h"
#include "threads/deadline.h"
#include "threads/executor.h"

namespace kvs::gst {

/// Owned by the GObject from init to finalize.
///
///   NULL -> READY      the executor opens
///   READY -> PAUSED    settings are checked, Producer and Stream made; they connect in the background
///   PAUSED <-> PLAYING the gate; at the end of the stream the EOS message
///   PAUSED -> READY    pads wake and close, the stream drains for at most stop-stream-timeout
///   READY -> NULL      the executor closes; what it had not told is dropped
///
/// State changes run on the application's threads and, but for the drain, never wait. No lock is held
/// while anything is posted, pushed or emitted.
class Sink {
 public:
  explicit Sink(GstElement* element);
  ~Sink();
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;

  // The GObject's and GstElement's virtual functions. Any thread.
  void setProperty(guint id, const GValue& value);
  void getProperty(guint id, GValue& value);
  GstStateChangeReturn changeState(GstStateChange transition);
  GstPad* requestPad(GstPadTemplate* padTemplate, const gchar* name);
  void releasePad(GstPad* pad);
  bool sendEvent(EventRef event);
  /// Nothing: the default handler is to be asked.
  std::optional<bool> query(GstQuery* query);

  // For pads.
  GstElement* element() const { return element_; }
  Gate& gate() { return gate_; }
  Settings settings() const;
  std::shared_ptr<Stream> stream() const;  ///< null in READY and below
  bool isAlone(GstPad* pad) const;
  /// The pad's caps have come: the number that its track has from now on.
  std::uint32_t settleTrack(GstPad* pad);
  /// The core knows the track: tells which players it rules out.
  void trackKnown(PlayedTrack track);
  void padEnded(GstPad* pad, guint32 seqnum);
  void padRestarted(GstPad* pad);
  void streamStarted(GstEvent* event);
  void frameAccepted(GstClockTime streamTime);
  void frameClipped() { ++clipped_; }
  /// It is not stored, and a warning has said so.
  void frameRefused(const Error& error);
  /// A key frame was taken: time for metrics, where they are wanted. Only queues.
  void tellMetrics();
  /// Ends waits for room, all over the stream; to be paired with endInterrupt().
  void interrupt();
  void endInterrupt();

  // Metadata and events of fragments: false, and a warning, where they were not taken. Any thread.
  bool addMetadata(Tag tag, bool persistent);
  /// Of a custom event `kvs-add-metadata` or `kvs-add-event`.
  bool addMetadata(const GstStructure* structure);
  bool addEvent(const GstStructure* structure);
  static bool isMetadata(GstEvent* event);
  bool takeMetadata(GstEvent* event);

  /// Posts the error that ends the stream, the first since READY only; returns when it is posted.
  void fail(const Error& error) { fail(errorCodeOf(error), error); }
  void fail(ErrorCode code, const Error& error);

  Announcer& announcer() { return *announcer_; }
  void setErrorDetail(const std::string& sentence);

  // For the reporter, on the executor. Those of a former stream are not heard.
  void streamFailed(const Reporter& reporter, const Error& error);
  void streamDrained(const Reporter& reporter);
  void codecChanged(const Reporter& reporter, std::uint32_t track);
  void connectionChanged(const Reporter& reporter, const ConnectionChange& change);
  void keyFrameWanted(const Reporter& reporter, std::uint32_t track);

 private:
  struct Session {
    std::shared_ptr<Reporter> reporter;
    std::shared_ptr<Producer> producer;
    std::shared_ptr<Stream> stream;
  };
  struct Failure {
    ErrorCode code;
    Error error;
  };

  GstStateChangeReturn chainUp(GstStateChange transition);
  GstStateChangeReturn start();
  GstStateChangeReturn play();
  void stop();
  Result<void> openSession();
  void beginSession();
  void closeSession();
  void resetPads();
  bool isCurrent(const Reporter& reporter) const;
  std::vector<PadRef> pads() const;
  std::optional<std::uint32_t> numberOf(GstPad* pad) const;
  void tellTracks(const Tracks::Change& change);
  void tellPlayback(const std::vector<PlaybackNote>& notes);
  bool refuse(const Error& error);

  void beginEos();
  void eosTimedOut(Eos::Generation generation);
  void postEos();
  bool failIfNothingWasStored(const Stream& stream);
  void tellLeftBehind(Stream& stream);
  std::optional<Error> failureToStore(const Stream& stream);
  void drainBeforeReady(Stream& stream);
  Counts counts() const;
  void emitMetricsNow();

  bool queryLatency(GstQuery* query) const;
  bool queryPosition(GstQuery* query) const;
  bool querySeeking(GstQuery* query) const;
  bool sendUpstream(EventRef event);
  bool sendDownstream(EventRef event);

  GstElement* const element_;  // our owner
  const std::shared_ptr<WeakElement> weak_;
  const std::shared_ptr<CallAsyncExecutor> executor_;
  const std::shared_ptr<Announcer> announcer_;
  Settings settings_;  // guarded by the object lock
  Gate gate_;
  std::mutex interruptMutex_;  // keeps the gate's count and the stream's switch in step

  mutable std::mutex mutex_;        // guards what follows
  Session session_;                 // from READY->PAUSED to PAUSED->READY
  Session former_;                  // until READY->NULL, so that its last events are heard
  std::optional<Failure> failure_;  // what fail() told
  Eos eos_;
  Deadline eosDeadline_;
  Tracks tracks_;
  Playback playback_;
  std::optional<guint> groupId_;
  GstClockTime position_ = GST_CLOCK_TIME_NONE;
  std::string errorDetail_;
  RefusedFrames refused_;

  std::atomic<bool> metricsWanted_{false};
  std::atomic<bool> metricsQueued_{false};
  std::atomic<gint64> metricsAt_{0};       // when they were emitted last, monotonic us
  std::atomic<std::uint64_t> clipped_{0};  // frames that came after the end of their segment
};

/// The element must be a kvssink.
Sink& sinkOf(GstElement* element);

}  // namespace kvs::gst
