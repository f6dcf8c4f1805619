// SPDX-License-Identifier: Apache-2.0
// The side of the shell that applications call, from any thread.
#include "stream/stream_core.h"

#include <algorithm>

#include "base/limits.h"
#include "base/time_range.h"

namespace kvs::stream {

namespace {

upload::LifeConfig lifeConfig(const StreamConfig& config, const ProducerConfig& producer) {
  upload::LifeConfig life;
  life.allowCreate = config.allowCreate;
  life.hasTags = !config.tags.empty();
  life.restartOnError = config.restartOnError;
  life.retryTimeout = config.retryTimeout;
  life.credentialsLife = config.rotationPeriod;
  if (config.rotationPeriod > Seconds(0) && config.rotationPeriod < life.sessionLength) {
    life.sessionLength = config.rotationPeriod;
    life.sessionJitter = std::min(life.sessionJitter, life.sessionLength / 4);
    life.credentialsLife = life.sessionLength - life.sessionJitter;  // each session has its own
  }
  life.completionTimeout = producer.completionTimeout;
  if (config.streamingType == StreamingType::nearRealtime) life.burstInterval = config.burstInterval;
  return life;
}

bool isOffline(const StreamConfig& config) {
  return config.streamingType == StreamingType::offline;
}

store::LogLimits logLimits(const StreamConfig& config, std::shared_ptr<store::StorageBudget> storage) {
  store::LogLimits made{std::move(storage), config.bufferDuration};
  made.leastDuration = Nanoseconds(limits::leastBufferDuration.kept);
  made.keeping.all = !config.fragmentAcks;
  made.keeping.most = config.fragmentAcks ? config.replayDuration : config.bufferDuration;
  return made;
}

intake::TimelineConfig timelineConfig(const StreamConfig& config) {
  const bool recorded = isOffline(config) || config.startTime.has_value();
  return {config.timecodeScale, config.timestampSource, config.startTime, recorded};
}

intake::FragmenterConfig fragmenterConfig(const StreamConfig& config, const ProducerConfig& producer) {
  intake::FragmenterConfig fragmenter;
  fragmenter.withoutVideo = config.fragmentDuration;
  if (!config.keyFrameFragmentation) fragmenter.enough = config.fragmentDuration;
  if (isOffline(config)) {
    fragmenter.enough = std::max<Nanoseconds>(fragmenter.enough, Seconds(10));
    // Several fragments must fit into the storage, or waiting for room would never end.
    fragmenter.enoughBytes = std::min<std::uint64_t>(fragmenter.enoughBytes, producer.storageSize / 4);
  }
  return fragmenter;
}

mkv::HeaderSpec headerSpec(const StreamConfig& config, const ProducerConfig& producer) {
  mkv::HeaderSpec header;
  header.timecodeScale = config.timecodeScale;
  header.title = config.name;
  header.muxingApp = producer.userAgent;
  header.writingApp = config.writingApp.empty() ? producer.userAgent : config.writingApp;
  Random random(std::hash<std::string>{}(config.name));
  for (std::byte& byte : header.segmentUid)
    byte = static_cast<std::byte>(random.next());
  return header;
}

intake::IngestConfig ingestConfig(const StreamConfig& config, const ProducerConfig& producer) {
  intake::IngestConfig ingest;
  ingest.streamingType = config.streamingType;
  ingest.timestampSource = config.timestampSource;
  ingest.sequencer.fragmenter = fragmenterConfig(config, producer);
  ingest.sequencer.header = headerSpec(config, producer);
  ingest.sequencer.silentTrack = config.silentTrack;
  ingest.sequencer.keepsAll = isOffline(config);
  ingest.sequencer.interleaver.timeout = config.interleaveTimeout;
  if (isOffline(config)) ingest.sequencer.interleaver.mediaTimeout = Seconds(10);
  return ingest;
}

FragmentLost::Reason reasonOf(store::LossReason reason) {
  switch (reason) {
    case store::LossReason::storageFull:
      return FragmentLost::Reason::storageFull;
    case store::LossReason::durationReached:
      return FragmentLost::Reason::bufferDuration;
    case store::LossReason::stopped:
      break;
  }
  return FragmentLost::Reason::stopped;
}

}  // namespace

StreamCore::StreamCore(std::shared_ptr<ProducerContext> context, StreamConfig config,
                       std::shared_ptr<Notifier> notifier, std::uint64_t seed)
    : context_(std::move(context)),
      client_(std::make_shared<aws::ServiceClient>(context_->service)),
      controlPlane_(client_),
      config_(std::move(config)),
      notifier_(std::move(notifier)),
      clock_(*context_->clock),
      logger_(context_->config.log, config_.name),
      dump_(makeDump()),
      buffer_(
          logLimits(config_, context_->storage), store::ChunkPool::shared(),
          [this](const store::Loss& loss) {
            const store::Fragment& fragment = loss.fragment;
            buffer_.untold.push_back(lossOf(fragment, reasonOf(loss.reason), loss.unconfirmed));
            ++buffer_.stats.fragmentsLost;
            buffer_.stats.framesLost += fragment.frames;
            lossCountOf(loss.reason).add(fragment.frames, fragment.bytes);
          },
          timelineConfig(config_)),
      ingest_(ingestConfig(config_, context_->config), buffer_, clock_, [this] { loop().wake(*this); }),
      life_(lifeConfig(config_, context_->config), seed),
      receivedIsFinal_(config_.retention == std::chrono::hours(0)),
      pacer_(config_.maxFragmentsPerSecond) {
  buffer_.wall = context_->clock.get();
}

StreamCore::~StreamCore() = default;

std::optional<upload::Dump> StreamCore::makeDump() const {
  if (config_.dumpFolder.empty()) return std::nullopt;
  return upload::Dump(config_.dumpFolder, config_.name,
                      [notifier = notifier_, log = logger_](const Error& error) {
                        log.log(LogLevel::warning, Room::stream, [&] { return error.message; });
                        notifier->tell([error](StreamListener& listener) { listener.onWarning(error); });
                      });
}

/// Under the stream's lock, which guards the epoch.
FragmentLost StreamCore::lossOf(const store::Fragment& fragment, FragmentLost::Reason reason,
                                bool unconfirmed) {
  FragmentLost lost;
  lost.reason = reason;
  lost.start = fragment.epoch->wallTime(fragment.firstTicks);
  lost.duration = fragment.duration;
  lost.bytes = fragment.bytes;
  lost.frames = fragment.frames;
  lost.unconfirmed = unconfirmed;
  return lost;
}

LossCount& StreamCore::lossCountOf(store::LossReason reason) {
  switch (reason) {
    case store::LossReason::storageFull:
      return buffer_.stats.lostStorageFull;
    case store::LossReason::durationReached:
      return buffer_.stats.lostBufferDuration;
    case store::LossReason::stopped:
      break;
  }
  return buffer_.stats.lostStopped;
}

void StreamCore::start() {
  loop().post([self = shared_from_this(), this] { dispatch(upload::event::Start{}); });
}

Result<void> StreamCore::setTrack(TrackConfig track) {
  logger_.log(LogLevel::info, Room::media, [&] {
    return "track " + std::to_string(track.number) + " is " + std::string(codecIdOf(track)) + ", with " +
           std::to_string(track.codecPrivate.size()) + " bytes of codec data";
  });
  auto set = ingest_.setTrack(std::move(track));
  if (set) {
    loop().post([self = shared_from_this(), this] {
      const bool wanted = std::exchange(createWanted_, false);
      if (wanted && life_.state() == upload::State::creating) perform(upload::action::Create{});
    });
  }
  return set;
}

Result<FrameFate> StreamCore::put(const Frame& frame) {
  const auto outcome = ingest_.put(frame);
  if (!outcome) return fail(outcome.error());
  if (outcome->appended) {
    source_.put(clock_.now());
    if (ending_.load(std::memory_order_relaxed) && ending_.exchange(false)) {
      loop().post([self = shared_from_this(), this] { dispatch(upload::event::DataAvailable{true}); });
    }
  }
  follow(*outcome);
  if (outcome->fate == FrameFate::noRoom) {
    const std::lock_guard lock(buffer_.mutex);
    if (buffer_.ended) return fail(*buffer_.ended);
  }
  tellFate(outcome->fate, frame);
  tellPressure();
  return outcome->fate;
}

/// After anything that may have moved units into the log, or made one wait.
void StreamCore::follow(const intake::IngestOutcome& outcome) {
  if (outcome.closeSession) closeWanted_.store(true, std::memory_order_release);
  const bool beginsToWait = outcome.waits && !orderDue_.load() && !orderDue_.exchange(true);
  if (outcome.appended || outcome.closeSession || beginsToWait) loop().wake(*this);
  if (outcome.skippedLater > 0) {
    const WallTime now = clock_.wallNow();
    tellDropped(FramesDropped{outcome.skippedLater, outcome.skippedWhy, now, now});
  }
  tellUntold();
}

void StreamCore::expectTrack(std::uint32_t number) {
  ingest_.expectTrack(number);
}

void StreamCore::endTrack(std::uint32_t number) {
  follow(ingest_.endTrack(number));
}

void StreamCore::removeTrack(std::uint32_t number) {
  follow(ingest_.removeTrack(number));
}

void StreamCore::putGap(std::uint32_t number, Nanoseconds pts, Nanoseconds duration) {
  if (!isPlausible(pts) || !isPlausible(duration)) return;
  follow(ingest_.putGap(number, std::min(pts + duration, farthestTime)));
}

bool StreamCore::takeKeyFrameRequest(std::uint32_t number) {
  return ingest_.takeKeyFrameRequest(number);
}

Result<void> StreamCore::putEvent(FragmentEvent event) {
  return ingest_.putEvent(event);
}

void StreamCore::flush() {
  ingest_.seal();
  loop().wake(*this);
  tellDropped(dropped_.end());
  tellUntold();
}

void StreamCore::interrupt(bool on) {
  const std::lock_guard lock(buffer_.mutex);
  buffer_.interrupted = on;
  buffer_.changed.notify_all();
}

void StreamCore::endOfStream() {
  ingest_.seal(intake::Ingest::SealWith::metadata);
  tellDropped(dropped_.end());
  tellUntold();
  ending_.store(true);
  loop().post([self = shared_from_this(), this] {
    if (!ending_.load()) return;  // frames came after it
    dispatch(upload::event::EndOfStream{});
    checkEmpty();
  });
}

/// How long there is hope: none while backing off after a failure; on the way to the first
/// connection connectionTimeout; while streaming completionTimeout since the last confirmation.
bool StreamCore::drain(Milliseconds timeout) {
  endOfStream();
  const TimePoint begun = clock_.now();
  const TimePoint last = begun + timeout;
  std::unique_lock lock(buffer_.mutex);
  while (!buffer_.feed->isEmpty() && !buffer_.ended) {
    TimePoint until = last;
    if (buffer_.state == upload::State::waiting) return false;
    if (buffer_.state < upload::State::ready) until = begun + context_->config.connectionTimeout;
    if (buffer_.state > upload::State::ready) {
      until = std::max(begun, buffer_.lastProgress) + context_->config.completionTimeout;
    }
    const Nanoseconds left = std::min(until, last) - clock_.now();
    if (left <= Nanoseconds{0}) return false;
    buffer_.changed.wait_for(lock, left);
  }
  return buffer_.feed->isEmpty() && buffer_.stats.lostStopped.fragments == 0;
}

void StreamCore::stop() {
  {
    const std::lock_guard lock(buffer_.mutex);
    if (!buffer_.ended) {
      buffer_.ended = Error{StatusCode::streamStopped, ErrorKind::cancelled, "The stream was stopped."};
    }
    buffer_.changed.notify_all();
  }
  loop().post([self = shared_from_this(), this] {
    dispatch(upload::event::Stop{});
    if (!closed_) perform(upload::action::ReportStopped{});  // a machine that failed has stopped already
  });
}

void StreamCore::abandon() {
  notifier_->close();
  stop();
}

StreamStats StreamCore::stats() const {
  const std::lock_guard lock(buffer_.mutex);
  StreamStats stats = buffer_.stats;
  stats.state = upload::stateName(buffer_.state);
  const store::LogTotals held = buffer_.feed->totals();
  stats.bytesBuffered = held.bytes;
  stats.durationBuffered = held.duration;
  stats.durationLimit = config_.bufferDuration;
  const store::LogTotals unsent = buffer_.feed->unsent();
  stats.bytesUnsent = unsent.bytes;
  stats.durationUnsent = unsent.duration;
  const TimePoint now = clock_.now();
  if (config_.recalculateMetrics) {
    stats.frameRate = buffer_.frameRate.perSecond(now, stats.framesIn);
    stats.transferRate = buffer_.transferRate.perSecond(now, stats.bytesSent);
  }
  stats.ackDelayP50 = ackDelays_.percentile(0.5);
  stats.ackDelayP99 = ackDelays_.percentile(0.99);
  if (const store::FragmentRecord* oldest = buffer_.feed->oldest()) {
    const store::Fragment& fragment = *oldest->content;
    stats.bufferedSince = fragment.epoch->wallTime(fragment.firstTicks);
  }
  return stats;
}

void StreamCore::tellFate(FrameFate fate, const Frame& frame) {
  if (fate == FrameFate::accepted || fate == FrameFate::interrupted) return tellDropped(dropped_.end());
  const intake::Capture capture = intake::captureOf(frame, clock_);
  WallTime at;
  {
    const std::lock_guard lock(buffer_.mutex);
    at = buffer_.timeline.wallOf(frame.pts, capture);
  }
  for (const FramesDropped& dropped : dropped_.add(fate, at))
    tellDropped(dropped);
}

void StreamCore::tellDropped(const std::optional<FramesDropped>& dropped) {
  if (!dropped) return;
  notifier_->tell([told = *dropped](StreamListener& listener) { listener.onFramesDropped(told); });
}

/// What was collected under the lock.
void StreamCore::tellUntold() {
  std::vector<FragmentLost> losses;
  std::vector<StreamNote> notes;
  {
    const std::lock_guard lock(buffer_.mutex);
    if (buffer_.untold.empty() && buffer_.notes.empty()) return;
    losses.swap(buffer_.untold);
    notes.swap(buffer_.notes);
  }
  for (const FragmentLost& lost : losses) {
    logger_.log(LogLevel::warning, Room::store, [&] {
      return std::to_string(lost.frames) + " frames (" + std::to_string(lost.bytes) + " bytes) were dropped" +
             (lost.unconfirmed ? " unconfirmed" : "");
    });
    notifier_->tell([lost](StreamListener& listener) { listener.onFragmentLost(lost); });
  }
  for (StreamNote& told : notes)
    notifier_->tell(std::move(told));
}

/// Told once when it begins, and once when a quarter of the bound is free again.
void StreamCore::tellPressure() {
  Pressure pressure;
  pressure.usedBytes = context_->storage->used();
  pressure.limitBytes = context_->storage->limit();
  pressure.limitDuration = config_.bufferDuration;
  {
    const std::lock_guard lock(buffer_.mutex);
    pressure.bufferedDuration = buffer_.feed->totals().duration;
    buffer_.frameRate.note(clock_.now(), buffer_.stats.framesIn);
  }
  const std::uint64_t bytes = pressure.limitBytes;
  const bool full = pressure.usedBytes > (pressureTold_.load() ? bytes / 4 * 3 : bytes / 20 * 19);
  if (full != pressureTold_.exchange(full)) {
    pressure.over = !full;
    notifier_->tell([pressure](StreamListener& listener) { listener.onStoragePressure(pressure); });
  }
  const Nanoseconds latency = config_.maxLatency;
  const bool late =
      latency.count() > 0 && pressure.bufferedDuration > (latencyTold_.load() ? latency / 4 * 3 : latency);
  if (late != latencyTold_.exchange(late)) {
    pressure.over = !late;
    notifier_->tell([pressure](StreamListener& listener) { listener.onLatencyPressure(pressure); });
  }
}

}  // namespace kvs::stream
