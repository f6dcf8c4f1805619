// SPDX-License-Identifier: Apache-2.0
// The faults of a PutMedia session: those before its answer's head, and those that come due while it streams.
#include <algorithm>

#include "base/log.h"
#include "service/put_media.h"

namespace kvslocal {
namespace {

using std::chrono::milliseconds;

milliseconds since(MonoTime then, MonoTime now) {
  return std::chrono::duration_cast<milliseconds>(now - then);
}

}  // namespace

// Faults that come before the answer's head: its date, a status at once or late, and a delay.
bool PutMedia::meetFirstFaults() {
  for (const auto& fault : faults_) {
    const auto connection = connection_.lock();
    if (connection && fault.action.kind == FaultKind::date)
      connection->setDateOffset(fault.action.dateOffset);
  }
  for (const auto& fault : faults_) {
    const FaultKind kind = fault.action.kind;
    if (kind == FaultKind::status && fault.trigger.immediate()) {
      actOn(fault.action);
      return true;
    }
    if (kind == FaultKind::status) {
      phase_ = Phase::withheld;
      scheduleTick();
      return true;
    }
    if (kind == FaultKind::delay) {
      if (const auto connection = connection_.lock()) connection->pauseReading();
      pause_->start(fault.action.duration, [weak = weak_from_this()] {
        const auto self = weak.lock();
        const auto connection = self ? self->connection_.lock() : nullptr;
        if (!connection || self->phase_ != Phase::starting) return;
        self->openSession();
        self->takeEarly();
        connection->resumeReading();
      });
      return true;
    }
  }
  return false;
}

FaultProgress PutMedia::progress() const {
  const MonoTime now = Clock::mono();
  return {bodyBytes_, ingest_ ? ingest_->fragmentsSealed() : 0, since(began_, now), since(lastByte_, now)};
}

void PutMedia::checkFaults() {
  for (std::size_t i = 0; i < faults_.size() && phase_ != Phase::over;) {
    if (faults_[i].action.kind == FaultKind::delay || !isDue(faults_[i].trigger, progress())) {
      ++i;
      continue;
    }
    const FaultAction action = faults_[i].action;
    faults_.erase(faults_.begin() + static_cast<std::ptrdiff_t>(i));
    log::info("putMedia " + stream_ + ": a fault of the file is due");
    actOn(action);
  }
}

void PutMedia::actOn(const FaultAction& action) {
  const auto connection = connection_.lock();
  if (!connection) return;
  switch (action.kind) {
    case FaultKind::status: {
      HttpReply reply = errorReply({action.error, action.message}, action.status);
      reply.headers.insert(reply.headers.end(), action.headers.begin(), action.headers.end());
      return refuse(reply);
    }
    case FaultKind::reset:
      return connection->reset();
    case FaultKind::fin:
      return connection->lingerAndClose();
    case FaultKind::endBody:
      connection->send(renderChunk({}));
      return connection->abandon(action.reading);
    case FaultKind::noAcks:
      return ackFaults_.silence();
    case FaultKind::repeatAcks:
      return ackFaults_.repeat(action.times);
    case FaultKind::swapAcks:
      return ackFaults_.swap();
    case FaultKind::strayAck:
      connection->send(renderChunk(toJson(ackFaults_.stray(action.duration)) + "\r\n"));
      return;
    case FaultKind::oversized:
      connection->send(renderChunk(oversizedAck(action.bytes) + "\r\n"));
      return;
    case FaultKind::cutShort:
      connection->send(renderChunk(toJson(ackFaults_.stray({})).substr(0, action.bytes)));
      return connection->lingerAndClose();
    case FaultKind::slowRead:
      slow_.emplace(static_cast<double>(action.bytesPerSecond), 0.0);
      connection->readAtMost(std::max<std::size_t>(action.bytesPerSecond / 10, 16));
      return;
    case FaultKind::stall:
      reading_ = false;
      stalled_ = action.duration.count() == 0;
      connection->pauseReading();
      if (!stalled_) return pauseFor(action.duration);
      return leaveStream();  // as a service would that lost the session: the producer may open another
    case FaultKind::error:
      if (phase_ != Phase::streaming) return;
      ingest_->end(action.errorId, action.named);
      if (lastAck_ && !action.errorCode.empty()) lastAck_->errorCode = action.errorCode;
      return;
    case FaultKind::malformedAck:
      connection->send(renderChunk(action.text));
      return;
    default:
      return;  // the others are met before the session, or by other requests
  }
}

}  // namespace kvslocal
