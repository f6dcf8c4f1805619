// SPDX-License-Identifier: Apache-2.0
#include "stream/reporter.h"

#include <utility>

namespace kvs::stream {

Reporter::Reporter(const StreamConfig& config, Logger logger, std::shared_ptr<Notifier> notifier,
                   store::StreamStore& store, intake::IntakeState& intake, const upload::UploadState& upload,
                   const store::StorageBudget& storage, const net::Loop& loop, const Clock& clock)
    : Reports(std::move(logger)),
      config_(config),
      notifier_(std::move(notifier)),
      store_(store),
      intake_(intake),
      upload_(upload),
      storage_(storage),
      loop_(loop),
      clock_(clock) {}

std::function<void(const Error&)> Reporter::warner() const {
  return [notifier = notifier_, logger = log](const Error& error) {
    logger.log(LogLevel::warning, Room::stream, [&] { return error.message; });
    notifier->tell(news::Warning{error});
  };
}

// --- statistics ---

void Reporter::noteError(const Error& error) {
  const Lock lock(store_.mutex());
  stats_.lastError = error.message;
  stats_.lastErrorCode = error.code;
  stats_.lastErrorAt = clock_.wallNow();
}

void Reporter::credentialsTaken(const CredentialsTaken& taken) {
  {
    const Lock lock(store_.mutex());
    stats_.credentialSource = taken.source;
    stats_.credentialsPassedOver = taken.passedOver;
  }
  report(taken);
}

void Reporter::located(const std::string& endpoint) {
  const Lock lock(store_.mutex());
  stats_.dataEndpoint = endpoint;
}

StreamStats Reporter::stats() const {
  const Lock lock(store_.mutex());
  StreamStats stats = stats_;
  static_cast<IntakeCounts&>(stats) = intake_.stats;
  static_cast<StoreCounts&>(stats) = store_.counts();
  static_cast<SentCounts&>(stats) = upload_.sent.counts;
  static_cast<SessionCounts&>(stats) = upload_.sessions;
  stats.state = upload::stateName(upload_.life);
  stats.attempt = upload_.attempt;
  stats.durationLimit = config_.bufferDuration;
  const TimePoint now = clock_.now();
  if (config_.recalculateMetrics) {
    stats.frameRate = intake_.frameRate.perSecond(now, stats.framesIn);
    stats.transferRate = upload_.sent.rate.perSecond(now, stats.bytesSent);
  }
  stats.ackDelayP50 = ackDelays_.percentile(0.5);
  stats.ackDelayP99 = ackDelays_.percentile(0.99);
  return stats;
}

// --- frames ---

void Reporter::reportFate(const intake::IngestOutcome& outcome) {
  const FrameFate fate = outcome.fate;
  if (fate == FrameFate::accepted || fate == FrameFate::interrupted) return endOfRun();
  for (const FramesDropped& dropped : dropped_.add(fate, outcome.refusedAt))
    report(dropped);
}

void Reporter::reportDropped(const std::optional<FramesDropped>& dropped) {
  if (dropped) report(*dropped);
}

void Reporter::reportNoted() {
  std::vector<FragmentLost> losses;
  std::vector<News> noted;
  {
    const Lock lock(store_.mutex());
    losses = store_.takeLosses();
    noted.swap(intake_.news);
  }
  for (const FragmentLost& lost : losses)
    reportLost(lost);
  for (News& news : noted)
    report(std::move(news));
}

void Reporter::reportLost(const FragmentLost& lost) {
  log.log(LogLevel::warning, Room::store, [&] {
    return std::to_string(lost.frames) + " frames (" + std::to_string(lost.bytes) + " bytes) were dropped" +
           (lost.unconfirmed ? " unconfirmed" : "");
  });
  report(lost);
}

// --- pressure ---

namespace {

/// Reported once when it begins, and once when a quarter of the bound is free again.
template <class Kind>
void reportChange(std::atomic<bool>& isReported, bool is, Pressure pressure, Reporter& reporter) {
  if (is == isReported.exchange(is)) return;
  pressure.over = !is;
  reporter.report(Kind{pressure});
}

}  // namespace

void Reporter::reportPressure(Nanoseconds buffered) {
  Pressure pressure;
  pressure.usedBytes = storage_.used();
  pressure.limitBytes = storage_.limit();
  pressure.limitDuration = config_.bufferDuration;
  pressure.bufferedDuration = buffered;
  const std::uint64_t bytes = pressure.limitBytes;
  const bool full = pressure.usedBytes > (isStorageFull_.load() ? bytes / 4 * 3 : bytes / 20 * 19);
  reportChange<news::StoragePressure>(isStorageFull_, full, pressure, *this);
  const Nanoseconds latency = config_.maxLatency;
  const bool late =
      latency.count() > 0 && pressure.bufferedDuration > (isLate_.load() ? latency / 4 * 3 : latency);
  reportChange<news::LatencyPressure>(isLate_, late, pressure, *this);
}

void Reporter::watchLoop() {
  constexpr Milliseconds late{100};
  constexpr std::uint64_t enough = 1000;  // that one moment's trouble is no percentile
  const net::Loop::Lag lag = loop_.lag();
  if (lag.count < enough || lag.p99 <= late || isLoopLate_.exchange(true)) return;
  const auto ms = std::chrono::duration_cast<Milliseconds>(lag.p99).count();
  warn({StatusCode::operationTimedOut, ErrorKind::retryable,
        "The network thread is late by " + std::to_string(ms) +
            " ms in one out of a hundred cases: this machine is overloaded. Media is kept and sent later; "
            "use a lighter encoding, or fewer streams."});
}

}  // namespace kvs::stream
