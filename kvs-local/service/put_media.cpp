// SPDX-License-Identifier: Apache-2.0
#include "service/put_media.h"

#include <utility>

#include "base/log.h"

namespace kvslocal {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t maxBacklog = 8 * 1024 * 1024;
constexpr std::uint64_t maxUnsettled = 256;  // fragments, however small
constexpr milliseconds diskPause{5};
constexpr milliseconds clockTick{500};

}  // namespace

PutMedia::PutMedia(const SessionHost& host, MediaAnswer& answer, PutMediaHeaders headers)
    : host_(host),
      answer_(answer),
      headers_(std::move(headers)),
      tick_(host.loop.makeTimer()),
      diskPause_(host.loop.makeTimer()),
      began_(Clock::mono()) {}

// ---- from the client

void PutMedia::begin() {
  if (const auto refused = admit()) {
    phase_ = Phase::over;
    return answer_.refuse(errorReply(*refused));
  }
  const StreamRecord& record = *host_.streams.find(headers_.stream);
  retentionHours_ = record.retentionHours;
  host_.sessions.enter(headers_.stream, shared_from_this());
  IngestConfig config{headers_.relative, headers_.start, host_.rules.strictEnd, {}};
  config.limits.minFragmentDuration = host_.rules.minFragmentDuration;
  ingest_ = std::make_unique<Ingest>(config, static_cast<IngestSink&>(*this));
  disk_ = host_.store.newSession(record);
  phase_ = Phase::streaming;
  answer_.accept({});
  if (!isActive(record, host_.rules.creating, host_.clock.wall()))
    return fail({static_cast<std::uint32_t>(AckError::streamNotActive), {}, true});
  tick();
  pullWhenDiskKeepsUp();
}

std::optional<ServiceError> PutMedia::admit() const {
  const std::string& stream = headers_.stream;
  if (host_.streams.find(stream) == nullptr) {
    return ServiceError{"ResourceNotFoundException",
                        "The requested stream is not found or not active: " + stream};
  }
  if (host_.sessions.find(stream)) {
    return ServiceError{"ConnectionLimitExceededException",
                        "The stream has a PutMedia connection already: " + stream};
  }
  return std::nullopt;
}

void PutMedia::take(ByteView bytes, MonoTime arrival) {
  if (phase_ != Phase::streaming) return;
  arrival_ = arrival;
  idleSaid_ = false;
  ingest_->feed(bytes, host_.clock.wall());
  pullWhenDiskKeepsUp();
}

void PutMedia::takeEnd() {
  if (phase_ != Phase::streaming) return;
  ingest_->finish(host_.clock.wall());
  if (phase_ != Phase::streaming) return;
  if (!ingest_->reason().empty()) log::warn(headers_.stream + ": " + ingest_->reason());
  phase_ = Phase::ending;
  endIfSettled();
}

void PutMedia::fail(const SessionEnd& end) {
  if (phase_ != Phase::streaming) return;
  ingest_->end(end.errorId, end.named);
  if (lastAck_ && !end.errorCode.empty()) lastAck_->errorCode = end.errorCode;
}

void PutMedia::close() {
  if (std::exchange(phase_, Phase::over) == Phase::over) return;
  tick_->cancel();
  diskPause_->cancel();
  if (ingest_) ingest_->abort();
  leaveStream();
}

void PutMedia::leaveStream() {
  host_.sessions.leave(headers_.stream, *this);
}

void PutMedia::pullWhenDiskKeepsUp() {
  if (phase_ != Phase::streaming) return;
  if (disk_->backlog() <= maxBacklog && unsettled_ <= maxUnsettled) return answer_.pull(Exchange::anySize);
  diskPause_->start(diskPause, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->pullWhenDiskKeepsUp();
  });
}

// ---- from the rules of Ingest

void PutMedia::header(const StreamHeader& header) {
  disk_->header(header);
}

std::uint64_t PutMedia::openFragment(const FragmentSummary& begun) {
  return disk_->open(begun, host_.clock.wall());
}

void PutMedia::append(ByteView bytes) {
  disk_->append(bytes);
}

void PutMedia::seal(const FragmentSummary& summary) {
  ++unsettled_;
  disk_->seal(summary, [weak = weak_from_this(), summary](const Result<void>& stored) {
    if (const auto self = weak.lock()) self->onSealed(summary, stored);
  });
}

void PutMedia::discard() {
  disk_->discard();
}

void PutMedia::blockSeen(const BlockSeen& block) {
  if (host_.trace != nullptr) host_.trace->line(headers_.stream, block, arrival_);
}

void PutMedia::ack(const Ack& ack) {
  if (ack.event != AckEvent::error) return answer_.acknowledge(ack);
  // An ERROR is the session's last word: the fragments before it are settled first, or their acknowledgements
  // would be lost with the connection.
  log::warn("putMedia " + headers_.stream + ": " + toJson(ack));
  lastAck_ = ack;
  phase_ = Phase::ending;
  host_.loop.post([weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    if (!self->ingest_->reason().empty()) log::info(self->headers_.stream + ": " + self->ingest_->reason());
    self->endIfSettled();
  });
}

// ---- settling

void PutMedia::onSealed(const FragmentSummary& summary, const Result<void>& stored) {
  --unsettled_;
  if (phase_ == Phase::over) return;
  const std::string number = fragmentNumberText(summary.counter);
  if (stored && retentionHours_ > 0)
    answer_.acknowledge({AckEvent::persisted, summary.ackTimecodeMs, number, 0, {}});
  if (!stored) {
    log::warn(headers_.stream + ": fragment " + number + " is not stored: " + stored.error());
    ingest_->abort();
    phase_ = Phase::ending;
    // Of several that fail the first is named: the producer sends from there on again.
    const auto archival = static_cast<std::uint32_t>(AckError::archival);
    if (!lastAck_) lastAck_ = makeErrorAck(archival, summary.ackTimecodeMs, number);
  }
  endIfSettled();
}

void PutMedia::endIfSettled() {
  if (phase_ != Phase::ending || unsettled_ > 0) return;
  if (lastAck_) answer_.acknowledge(*lastAck_);
  close();
  answer_.finish(lastAck_ ? MediaAnswer::Ending::last : MediaAnswer::Ending::whole);
}

// ---- clocks

void PutMedia::tick() {
  checkClocks();
  if (phase_ != Phase::streaming) return;
  tick_->start(clockTick, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->tick();
  });
}

void PutMedia::checkClocks() {
  if (phase_ != Phase::streaming) return;
  const MonoTime now = Clock::mono();
  if (now - began_ >= host_.rules.longest)
    return fail({static_cast<std::uint32_t>(AckError::maxConnectionDuration), {}, false});
  const auto since = answer_.waitingSince();
  if (!since) return;
  if (now - *since >= host_.rules.silence) {
    log::info("putMedia " + headers_.stream + ": nothing came for too long");
    ingest_->abort();
    phase_ = Phase::ending;
    lastAck_.reset();
    return endIfSettled();
  }
  if (now - *since >= host_.rules.idle && !std::exchange(idleSaid_, true))
    answer_.acknowledge({AckEvent::idle, {}, {}, 0, {}});
}

}  // namespace kvslocal
