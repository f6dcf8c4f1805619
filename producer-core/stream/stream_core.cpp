// SPDX-License-Identifier: Apache-2.0
#include "stream/stream_core.h"

#include <algorithm>
#include <utility>

#include "base/time_range.h"
#include "stream/part_configs.h"

namespace kvs::stream {

StreamCore::StreamCore(std::shared_ptr<ProducerContext> context, StreamConfig config,
                       std::shared_ptr<Notifier> notifier, std::uint64_t seed)
    : context_(std::move(context)),
      config_(std::move(config)),
      clock_(*context_->clock),
      store_(logLimits(config_, context_->storage), store::ChunkPool::shared(), context_->makeFeed),
      intake_(store_.log(), timelineConfig(config_)),
      reporter_(config_, Logger(context_->config.log, config_.name), std::move(notifier), store_, intake_,
                upload_, *context_->storage, loop(), clock_),
      ingest_(ingestConfig(config_, context_->config, *context_->clock), store_, intake_, clock_,
              [this] { loop().wake(*this); }),
      uploader_(config_, lifeConfig(config_, context_->config), seed,
                {std::make_shared<aws::ServiceClient>(context_->service), context_->directory,
                 context_->config.dataEndpoint},
                store_, upload_, *this, *this, reporter_),
      orderTimer_(uploader_.tasks()) {
  store_.feed().onMore([this] { loop().wake(*this); });
}

StreamCore::~StreamCore() = default;

void StreamCore::start() {
  tell(upload::event::Start{});
}

/// Keeps the core alive: frames may come from a thread that does not know that the stream has ended.
class StreamCore::Writer final : public TrackWriter {
 public:
  Writer(std::shared_ptr<StreamCore> core, intake::TrackPtr track)
      : core_(std::move(core)), track_(std::move(track)) {}
  ~Writer() override { Writer::end(); }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  TrackId id() const override { return core_->ingest_.idOf(*track_); }
  Result<void> setFormat(TrackFormat format) override { return core_->setFormat(*track_, std::move(format)); }
  void changeSource() override { core_->ingest_.changeSource(*track_); }
  Result<FrameFate> put(const Frame& frame) override { return core_->put(*track_, frame); }
  void gap(Nanoseconds pts, Nanoseconds duration) override { core_->gap(*track_, pts, duration); }
  bool keyFrameWanted() override { return core_->ingest_.takeKeyFrameRequest(*track_); }
  void end() override { core_->follow(core_->ingest_.end(*track_)); }
  void remove() override { core_->follow(core_->ingest_.remove(*track_)); }

 private:
  const std::shared_ptr<StreamCore> core_;
  const intake::TrackPtr track_;
};

Result<std::unique_ptr<TrackWriter>> StreamCore::addTrack(TrackConfig config) {
  auto track = ingest_.addTrack(config.kind, std::move(config.label));
  if (!track) return fail(track.error());
  auto self = std::static_pointer_cast<StreamCore>(shared_from_this());
  auto writer = std::make_unique<Writer>(std::move(self), std::move(*track));
  if (!config.format) return writer;
  if (auto set = writer->setFormat(std::move(*config.format)); !set) {
    writer->remove();
    return fail(set.error());
  }
  return writer;
}

Result<void> StreamCore::setFormat(intake::Track& track, TrackFormat format) {
  reporter_.log.log(LogLevel::info, Room::media, [&] {
    return "track \"" + track.label + "\" is " + std::string(codecIdOf(format)) + ", with " +
           std::to_string(format.codecPrivate.size()) + " bytes of codec data";
  });
  auto set = ingest_.setFormat(track, std::move(format));
  if (set) tell(upload::event::FormatSet{});
  return set;
}

Result<FrameFate> StreamCore::put(intake::Track& track, const Frame& frame) {
  const auto outcome = ingest_.put(track, frame);
  if (!outcome) return fail(outcome.error());
  if (outcome->appended) {
    source_.put(clock_.now());
    if (ending_.load(std::memory_order_relaxed) && ending_.exchange(false)) {
      tell(upload::event::DataAvailable{true});
    }
  }
  follow(*outcome);
  if (outcome->fate == FrameFate::noRoom) {
    const Lock lock(store_.mutex());
    if (store_.ended()) return fail(*store_.ended());
  }
  reporter_.reportFate(*outcome);
  if (outcome->buffered) reporter_.reportPressure(*outcome->buffered);
  return outcome->fate;
}

/// After anything that may have moved units into the log, or made one wait.
void StreamCore::follow(const intake::IngestOutcome& outcome) {
  if (outcome.closeSession) closeWanted_.store(true, std::memory_order_release);
  const bool beginsToWait = outcome.waits && !orderDue_.load() && !orderDue_.exchange(true);
  if (outcome.appended || outcome.closeSession || beginsToWait) loop().wake(*this);
  if (outcome.skippedLater > 0) {
    const WallTime now = clock_.wallNow();
    reporter_.reportDropped(FramesDropped{outcome.skippedLater, outcome.skippedWhy, now, now});
  }
  if (outcome.hasNews) reporter_.reportNoted();
}

void StreamCore::gap(intake::Track& track, Nanoseconds pts, Nanoseconds duration) {
  if (!isPlausible(pts) || !isPlausible(duration)) return;
  follow(ingest_.gap(track, std::min(pts + duration, farthestTime)));
}

void StreamCore::flush() {
  ingest_.seal();
  loop().wake(*this);
  reporter_.endOfRun();
  reporter_.reportNoted();
}

void StreamCore::interrupt(bool on) {
  const Lock lock(store_.mutex());
  intake_.interrupted = on;
  store_.changed();
}

void StreamCore::endOfStream() {
  ingest_.seal(intake::Ingest::SealWith::metadata);
  reporter_.endOfRun();
  reporter_.reportNoted();
  ending_.store(true);
  loop().wake(*this);  // what was sealed may be the first that can be sent
  loop().post([self = shared_from_this(), this] {
    if (!ending_.load()) return;  // frames came after it
    uploader_.tell(upload::event::EndOfStream{});
    uploader_.checkEmpty();
  });
}

/// Until when there is hope that what is left gets through: none while backing off after a failure, nor while
/// held; on the way to the first connection connectionTimeout; in a session completionTimeout since the last
/// confirmation.
TimePoint StreamCore::hopeUntil(TimePoint begun, TimePoint last) const {
  switch (upload::outlookOf(upload_.life)) {
    case upload::Outlook::none:
      return begun;
    case upload::Outlook::connecting:
      return std::min(last, begun + context_->config.connectionTimeout);
    case upload::Outlook::inSession:
      return std::min(last, std::max(begun, upload_.lastProgress) + context_->config.completionTimeout);
    case upload::Outlook::ready:
      break;
  }
  return last;
}

bool StreamCore::drain(Milliseconds timeout) {
  endOfStream();
  const TimePoint begun = clock_.now();
  const Lock lock(store_.mutex());
  while (!store_.feed().isEmpty() && !store_.ended()) {
    const Nanoseconds left = hopeUntil(begun, begun + timeout) - clock_.now();
    if (left <= Nanoseconds{0}) return false;
    store_.waitForChange(left);
  }
  return store_.feed().isEmpty() && store_.counts().lostStopped.fragments == 0;
}

void StreamCore::stop() {
  {
    const Lock lock(store_.mutex());
    store_.end({StatusCode::streamStopped, ErrorKind::cancelled, "The stream was stopped."});
  }
  tell(upload::event::Stop{});
}

void StreamCore::abandon() {
  reporter_.silence();
  stop();
}

void StreamCore::tell(upload::Event event) {
  loop().post([self = shared_from_this(), this, event = std::move(event)] { uploader_.tell(event); });
}

// --- the loop's thread ---

void StreamCore::onReady() {
  if (closeWanted_.exchange(false, std::memory_order_acquire)) uploader_.tell(upload::event::StorageFull{});
  if (!orderTimer_.isSet() && orderDue_.load()) watchOrder();
  uploader_.resume();
}

/// Units that wait for another track go when that has taken too long. One timer, and only while any waits.
void StreamCore::watchOrder() {
  const auto due = ingest_.deadline();
  if (!due) {
    orderDue_.store(false);
    // One that came to wait just now has found the flag set, and woke nobody.
    if (!ingest_.deadline() || orderDue_.exchange(true)) return;
    return loop().wake(*this);
  }
  orderTimer_.set(std::max(*due - clock_.now(), Nanoseconds{0}), [this] {
    const intake::IngestOutcome outcome = ingest_.expire();
    watchOrder();
    follow(outcome);
  });
}

upload::StreamSide::Formats StreamCore::formats() const {
  return {ingest_.contentType(), !ingest_.awaitsFormat()};
}

/// A source that is held back has not paused: sealing would tear the group of pictures that it is in.
upload::StreamSide::Pause StreamCore::pause() const {
  const Lock lock(store_.mutex());
  return {clock_.now() - source_.lastPut(), source_.idleAfter(), intake_.waiting > 0};
}

void StreamCore::closeFragment() {
  ingest_.seal(intake::Ingest::SealWith::endTag);
  reporter_.reportNoted();
}

void StreamCore::correctTimes(Nanoseconds moved, store::Epoch::Correct which) {
  const Lock lock(store_.mutex());
  intake_.timeline.correct(moved, which);
  store_.correct(moved, which);
}

void StreamCore::onFailed(const Error& error) {
  {
    const Lock lock(store_.mutex());
    store_.end(error);
  }
  closeLog();
}

void StreamCore::onStopped() {
  orderTimer_.cancel();
  closeLog();
}

/// What is left goes nowhere any more, and is reported.
void StreamCore::closeLog() {
  {
    const Lock lock(store_.mutex());
    store_.drop();
  }
  ingest_.leaveMetadata();
  reporter_.endOfRun();
  reporter_.reportNoted();
}

}  // namespace kvs::stream
