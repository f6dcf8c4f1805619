// SPDX-License-Identifier: Apache-2.0
// One stream: intake, where frames become fragments; the log, where they wait; and upload, which sends them.
// Streaming threads put frames and wake the loop; the loop does the rest. Kept alive by its Stream and,
// while it winds up, by the loop's tasks.
#pragma once

#include <atomic>
#include <memory>

#include "aws/service.h"
#include "aws/stream_directory.h"
#include "base/corrected_clock.h"
#include "intake/ingest.h"
#include "net/loop.h"
#include "producer.h"
#include "stream/notifier.h"
#include "stream/reporter.h"
#include "stream/source_watch.h"
#include "upload/stream_side.h"
#include "upload/timers.h"
#include "upload/upload_state.h"
#include "upload/uploader.h"

namespace kvs::stream {

/// What the streams of a Producer share.
struct ProducerContext {
  explicit ProducerContext(ProducerConfig theConfig)
      : config(std::move(theConfig)),
        clock(config.clock
                  ? std::make_shared<CorrectedClock>(*config.clock)
                  : std::shared_ptr<CorrectedClock>(std::shared_ptr<void>(), &correctedSystemClock())) {}

  ProducerConfig config;
  std::shared_ptr<CorrectedClock> clock;  ///< of the application's, or the process's, which all others share
  std::shared_ptr<net::Loop> loop;
  std::shared_ptr<aws::Service> service;
  std::shared_ptr<aws::StreamDirectory> directory = std::make_shared<aws::StreamDirectory>();
  std::shared_ptr<store::StorageBudget> storage;
  store::MakeFeed makeFeed{};  ///< of each stream's log; null: the log as it is
};

class StreamCore final : public net::Ready, private upload::StreamSide {
 public:
  StreamCore(std::shared_ptr<ProducerContext> context, StreamConfig config,
             std::shared_ptr<Notifier> notifier, std::uint64_t seed);
  ~StreamCore() override;

  // --- any thread ---
  void start();
  const StreamConfig& config() const { return config_; }
  Result<std::unique_ptr<TrackWriter>> addTrack(TrackConfig config);
  Result<void> putMetadata(Tag tag, bool persistent) {
    return ingest_.putMetadata(std::move(tag), persistent);
  }
  Result<void> putEvent(FragmentEvent event) { return ingest_.putEvent(event); }
  void flush();
  void interrupt(bool on);
  void endOfStream();
  bool drain(Milliseconds timeout);
  void stop();
  /// stop(), and no more news to the application.
  void abandon();
  StreamStats stats() const { return reporter_.stats(); }

 private:
  // --- any thread: a track's writer ---
  class Writer;
  Result<void> setFormat(intake::Track& track, TrackFormat format);
  Result<FrameFate> put(intake::Track& track, const Frame& frame);
  void gap(intake::Track& track, Nanoseconds pts, Nanoseconds duration);
  void follow(const intake::IngestOutcome& outcome);
  /// To the life, on the loop.
  void tell(upload::Event event);

  // --- the loop's thread ---
  void onReady() override;
  void watchOrder();
  void closeLog();
  TimePoint hopeUntil(TimePoint begun, TimePoint last) const KVS_REQUIRES(store_.mutex());

  Formats formats() const override;
  Pause pause() const override;
  void closeFragment() override;
  void correctTimes(Nanoseconds moved, store::Epoch::Correct which) override;
  void onDrained() override { ending_.store(false); }
  void onFailed(const Error& error) override;
  void onStopped() override;

  net::Loop& loop() const { return *context_->loop; }

  const std::shared_ptr<ProducerContext> context_;
  const StreamConfig config_;
  const Clock& clock_;
  store::StreamStore store_;
  intake::IntakeState intake_ KVS_GUARDED_BY(store_.mutex());
  upload::UploadState upload_ KVS_GUARDED_BY(store_.mutex());
  Reporter reporter_;
  intake::Ingest ingest_;
  upload::Uploader uploader_;

  std::atomic<bool> closeWanted_{false};  ///< only the fragment under the cursor stands in the way
  std::atomic<bool> orderDue_{false};     ///< the loop looks after units that wait for other tracks
  std::atomic<bool> ending_{false};       ///< end of stream was asked for
  SourceWatch source_;                    ///< of frames appended
  upload::LoopTimer orderTimer_;
};

}  // namespace kvs::stream
