// SPDX-License-Identifier: Apache-2.0
#include "service/put_media.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "service/service_error.h"

namespace kvslocal {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t maxBacklog = 8 * 1024 * 1024;
constexpr std::uint64_t maxUnsettled = 256;  // fragments, however small
constexpr milliseconds backlogPause{5};
constexpr milliseconds usualTick{500};
constexpr milliseconds faultTick{20};

}  // namespace

PutMedia::PutMedia(ServerContext& context, const HttpConnection::Ptr& connection, HttpHead head)
    : context_(context),
      connection_(connection),
      head_(std::move(head)),
      tick_(context.loop.makeTimer()),
      pause_(context.loop.makeTimer()),
      began_(Clock::mono()),
      lastByte_(began_) {}

void PutMedia::start() {
  const auto refused =
      verifySignature(context_.verifier, head_, streamingPayloadHashes(), context_.clock.wall());
  if (refused) return refuse(errorReply(*refused));
  if (const auto connection = connection_.lock()) connection->trust();
  const auto headers = parsePutMediaHeaders(head_);
  if (!headers) return refuse(errorReply({"InvalidArgumentException", headers.error()}));
  headers_ = *headers;
  stream_ = headers_.stream;
  if (const StreamRecord* byArn = context_.streams.findByArn(stream_)) stream_ = byArn->name;
  faults_ = context_.faults.match("putMedia", stream_);
  if (meetFirstFaults()) return;
  openSession();
}

std::optional<ServiceError> PutMedia::admit() {
  if (context_.options.quotas && !context_.calls.allow("putMedia", stream_, Clock::mono())) {
    return ServiceError{"ClientLimitExceededException", "Too many PutMedia calls a second for " + stream_};
  }
  if (context_.streams.find(stream_) == nullptr) {
    return ServiceError{"ResourceNotFoundException",
                        "The requested stream is not found or not active: " + stream_};
  }
  if (const auto other = context_.sessions.find(stream_);
      other != context_.sessions.end() && !other->second.expired()) {
    return ServiceError{"ConnectionLimitExceededException",
                        "The stream has a PutMedia connection already: " + stream_};
  }
  return std::nullopt;
}

void PutMedia::openSession() {
  const auto connection = connection_.lock();
  if (!connection) return;
  if (const auto refused = admit()) return refuse(errorReply(*refused));
  const StreamRecord& record = *context_.streams.find(stream_);
  retentionHours_ = record.retentionHours;
  context_.sessions[stream_] = weak_from_this();

  IngestConfig config{headers_.relative, headers_.start, context_.options.strictEnd, {}};
  if (context_.options.quotas) config.limits.minFragmentDuration = milliseconds(1000);
  ingest_ = std::make_unique<Ingest>(config, static_cast<IngestSink&>(*this));
  disk_ = std::make_unique<DiskSession>(context_.loop.poster(), *context_.disk, record.id,
                                        streamFolder(context_.options.dataDir, record.id, record.name));
  phase_ = Phase::streaming;
  log::info("putMedia " + stream_ + " from " + connection->peer() + " -> 200 " + connection->requestId());
  connection->sendContinue(head_);
  connection->beginReply(200, {{"Content-Type", "application/json"}});
  if (!context_.control->isActive(record, context_.clock.wall())) {
    return end(static_cast<std::uint32_t>(AckError::streamNotActive));
  }
  scheduleTick();
  checkFaults();
}

void PutMedia::refuse(const HttpReply& reply) {
  phase_ = Phase::over;
  const auto connection = connection_.lock();
  if (!connection) return;
  log::info("putMedia " + head_.header("x-amzn-stream-name").value_or("") + " -> " +
            std::to_string(reply.status) + ' ' + connection->requestId() + ' ' + reply.body);
  connection->reply(reply);
}

void PutMedia::onBody(ByteView bytes, MonoTime arrival) {
  lastByte_ = arrival;
  idleTold_ = false;
  bodyBytes_ += bytes.size();
  if (phase_ == Phase::starting) early_.insert(early_.end(), bytes.begin(), bytes.end());
  if (phase_ == Phase::streaming) feed(bytes);
  if (phase_ == Phase::streaming) checkPace(bytes.size());
  checkFaults();
}

/// A fault that waits for a number of fragments strikes in the one behind the last of them, however much the
/// network has brought at once.
void PutMedia::feed(ByteView bytes) {
  constexpr std::size_t step = 256;
  while (!bytes.empty() && phase_ == Phase::streaming) {
    const ByteView piece = bytes.first(faults_.empty() ? bytes.size() : std::min(bytes.size(), step));
    ingest_->feed(piece, context_.clock.wall());
    bytes = bytes.subspan(piece.size());
    if (!bytes.empty() && ingest_->insideFragment()) checkFaults();
  }
}

void PutMedia::takeEarly() {
  const Bytes early = std::exchange(early_, {});
  if (!early.empty()) onBody(early, lastByte_);
  if (endedEarly_) onEnd();
}

void PutMedia::onEnd() {
  endedEarly_ = phase_ == Phase::starting;
  if (phase_ != Phase::streaming) return;
  ingest_->finish(context_.clock.wall());
  if (phase_ == Phase::streaming && !ingest_->reason().empty()) log::warn(stream_ + ": " + ingest_->reason());
  if (phase_ == Phase::streaming) phase_ = Phase::ending;
  checkFaults();
  endIfSettled();
}

void PutMedia::onClosed() {
  if (phase_ == Phase::over) return;
  log::info("putMedia " + stream_ + ": the connection ended");
  release();
}

void PutMedia::end(std::uint32_t errorId) {
  if (phase_ == Phase::streaming) ingest_->end(errorId, true);
}

void PutMedia::release() {
  phase_ = Phase::over;
  tick_->cancel();
  pause_->cancel();
  if (ingest_) ingest_->abort();
  leaveStream();
}

void PutMedia::leaveStream() {
  const auto mine = context_.sessions.find(stream_);
  if (mine != context_.sessions.end() && mine->second.lock().get() == this) context_.sessions.erase(mine);
}

// ---- the sink of the ingest rules
// ---------------------------------------------------------------------------

void PutMedia::header(const StreamHeader& header) {
  disk_->header(header);
}

std::uint64_t PutMedia::openFragment() {
  const std::uint64_t counter = context_.nextCounter++;
  disk_->open(counter);
  return counter;
}

void PutMedia::append(ByteView bytes) {
  disk_->append(bytes);
}

void PutMedia::seal(const FragmentSummary& summary) {
  ++unsettled_;
  disk_->seal(summary, context_.clock.wall(), [weak = weak_from_this(), summary](const Result<void>& stored) {
    if (const auto self = weak.lock()) self->onSealed(summary, stored);
  });
}

void PutMedia::discard() {
  disk_->discard();
}

void PutMedia::blockSeen(const BlockSeen& block) {
  if (context_.trace) context_.trace->line(stream_, block, lastByte_);
}

void PutMedia::ack(const Ack& ack) {
  if (ack.event != AckEvent::error) return sendAck(ack);
  // An ERROR is the session's last word: the fragments before it are settled first, or their acknowledgements
  // would be lost with the connection.
  log::warn("putMedia " + stream_ + ": " + toJson(ack));
  lastAck_ = ack;
  phase_ = Phase::ending;
  if (const auto connection = connection_.lock()) connection->pauseReading();
  context_.loop.post([weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    if (self->ingest_ && !self->ingest_->reason().empty())
      log::info(self->stream_ + ": " + self->ingest_->reason());
    self->endIfSettled();
  });
}

void PutMedia::sendAck(const Ack& ack) {
  const auto connection = connection_.lock();
  if (!connection || phase_ == Phase::over || !headers_.acksRequired) return;
  for (const Ack& one : ackFaults_.pass(ack))
    connection->send(renderChunk(toJson(one) + "\r\n"));
}

void PutMedia::onSealed(const FragmentSummary& summary, const Result<void>& stored) {
  --unsettled_;
  if (phase_ == Phase::over) return;
  const std::string number = fragmentNumberText(summary.counter);
  if (stored && retentionHours_ > 0) sendAck({AckEvent::persisted, summary.ackTimecodeMs, number, 0, {}});
  if (!stored) {
    log::warn(stream_ + ": fragment " + number + " is not stored: " + stored.error());
    ingest_->abort();
    phase_ = Phase::ending;
    // Of several that fail the first is named: the producer sends from there on again.
    const auto archival = static_cast<std::uint32_t>(AckError::archival);
    if (!lastAck_) lastAck_ = makeErrorAck(archival, summary.ackTimecodeMs, number);
  }
  endIfSettled();
}

void PutMedia::endIfSettled() {
  const auto connection = connection_.lock();
  if (phase_ != Phase::ending || unsettled_ > 0 || !connection) return;
  const bool good = !lastAck_;
  for (const Ack& late : ackFaults_.rest())
    connection->send(renderChunk(toJson(late) + "\r\n"));
  if (lastAck_) sendAck(*lastAck_);
  release();
  connection->send(renderChunk({}));
  connection->endExchange(good);
}

// ---- clocks, quotas
// -----------------------------------------------------------------------------------

void PutMedia::scheduleTick() {
  const bool timed =
      std::any_of(faults_.begin(), faults_.end(), [](const Fault& f) { return f.trigger.timed(); });
  tick_->start(timed ? faultTick : usualTick, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->tick();
  });
}

void PutMedia::tick() {
  if (phase_ == Phase::over) return;
  if (phase_ == Phase::streaming) checkClocks();
  checkFaults();
  if (phase_ == Phase::streaming || phase_ == Phase::withheld) scheduleTick();
}

void PutMedia::checkClocks() {
  const MonoTime now = Clock::mono();
  if (now - began_ >= context_.options.session) {
    return ingest_->end(static_cast<std::uint32_t>(AckError::maxConnectionDuration), false);
  }
  const auto connection = connection_.lock();
  if (stalled_ && connection && connection->peerClosed()) return connection->reset();
  if (!reading_) return;
  if (now - lastByte_ >= context_.options.silence) {
    log::info("putMedia " + stream_ + ": nothing came for too long");
    ingest_->abort();
    phase_ = Phase::ending;
    lastAck_.reset();
    if (connection) connection->pauseReading();
    return endIfSettled();
  }
  if (now - lastByte_ >= context_.options.idle && !idleTold_) {
    idleTold_ = true;
    sendAck({AckEvent::idle, {}, {}, 0, {}});
  }
}

void PutMedia::checkPace(std::size_t bytes) {
  if (!reading_) return;
  if (diskIsBehind()) return pauseFor(backlogPause);
  if (slow_) {
    slow_->draw(static_cast<double>(bytes), Clock::mono());
    return pauseFor(slow_->untilPaid());
  }
  if (!context_.options.quotas) return;
  const std::uint64_t fragments = ingest_->fragmentsSealed() - fragmentsPaced_;
  fragmentsPaced_ += fragments;
  const auto delay = pace_.pauseAfter(bytes, fragments, Clock::mono());
  if (delay.count() > 0) pauseFor(delay);
}

bool PutMedia::diskIsBehind() const {
  return disk_->backlog() > maxBacklog || unsettled_ > maxUnsettled;
}

void PutMedia::pauseFor(milliseconds delay) {
  const auto connection = connection_.lock();
  if (!connection) return;
  reading_ = false;
  connection->pauseReading();
  pause_->start(delay, [weak = weak_from_this()] {
    const auto self = weak.lock();
    const auto alive = self ? self->connection_.lock() : nullptr;
    if (!alive || self->phase_ != Phase::streaming) return;
    if (self->diskIsBehind()) return self->pauseFor(backlogPause);
    self->reading_ = true;
    self->lastByte_ = Clock::mono();
    alive->resumeReading();
  });
}

}  // namespace kvslocal
