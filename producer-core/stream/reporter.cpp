// SPDX-License-Identifier: Apache-2.0
#include "stream/reporter.h"

#include <utility>

#include "upload/life_state.h"

namespace kvs::stream {

Reporter::Reporter(const StreamConfig& config, Logger logger, std::shared_ptr<Notifier> notifier,
                   StreamBuffer& buffer, const store::StorageBudget& storage, const net::Loop& loop,
                   const Clock& clock)
    : Reports(std::move(logger)),
      config_(config),
      notifier_(std::move(notifier)),
      buffer_(buffer),
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
  const std::lock_guard lock(buffer_.mutex);
  buffer_.stats.lastError = error.message;
  buffer_.stats.lastErrorCode = error.code;
  buffer_.stats.lastErrorAt = clock_.wallNow();
}

void Reporter::credentialsTaken(const CredentialsTaken& taken) {
  {
    const std::lock_guard lock(buffer_.mutex);
    buffer_.stats.credentialSource = taken.source;
    buffer_.stats.credentialsPassedOver = taken.passedOver;
  }
  report(taken);
}

void Reporter::located(const std::string& endpoint) {
  const std::lock_guard lock(buffer_.mutex);
  buffer_.stats.dataEndpoint = endpoint;
}

StreamStats Reporter::stats() const {
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

// --- frames ---

void Reporter::reportFate(FrameFate fate, const Frame& frame) {
  if (fate == FrameFate::accepted || fate == FrameFate::interrupted) return endOfRun();
  const intake::Capture capture = intake::captureOf(frame, clock_);
  WallTime at;
  {
    const std::lock_guard lock(buffer_.mutex);
    at = buffer_.timeline.wallOf(frame.pts, capture);
  }
  for (const FramesDropped& dropped : dropped_.add(fate, at))
    report(dropped);
}

void Reporter::reportDropped(const std::optional<FramesDropped>& dropped) {
  if (dropped) report(*dropped);
}

void Reporter::reportNoted() {
  std::vector<News> noted;
  {
    const std::lock_guard lock(buffer_.mutex);
    if (buffer_.news.empty()) return;
    noted.swap(buffer_.news);
  }
  for (News& news : noted) {
    if (const auto* lost = std::get_if<FragmentLost>(&news)) {
      log.log(LogLevel::warning, Room::store, [&] {
        return std::to_string(lost->frames) + " frames (" + std::to_string(lost->bytes) +
               " bytes) were dropped" + (lost->unconfirmed ? " unconfirmed" : "");
      });
    }
    report(std::move(news));
  }
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

void Reporter::reportPressure() {
  Pressure pressure;
  pressure.usedBytes = storage_.used();
  pressure.limitBytes = storage_.limit();
  pressure.limitDuration = config_.bufferDuration;
  {
    const std::lock_guard lock(buffer_.mutex);
    pressure.bufferedDuration = buffer_.feed->totals().duration;
    buffer_.frameRate.note(clock_.now(), buffer_.stats.framesIn);
  }
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
