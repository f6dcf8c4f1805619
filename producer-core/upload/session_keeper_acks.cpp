// SPDX-License-Identifier: Apache-2.0
// What the service's words on fragments change: in the log, in the statistics, and for the life.
#include <utility>

#include "aws/ack_error.h"
#include "aws/learn_time.h"
#include "upload/losses.h"
#include "upload/session_keeper.h"

namespace kvs::upload {

namespace {

FragmentAck::Type typeOf(aws::Acknowledgement::Type type) {
  using Type = aws::Acknowledgement::Type;
  switch (type) {
    case Type::buffering:
      return FragmentAck::Type::buffering;
    case Type::received:
      return FragmentAck::Type::received;
    case Type::persisted:
      return FragmentAck::Type::persisted;
    case Type::error:
      return FragmentAck::Type::error;
    case Type::idle:
      break;
  }
  return FragmentAck::Type::idle;
}

std::uint64_t& countOf(aws::Acknowledgement::Type type, StreamStats& stats) {
  using Type = aws::Acknowledgement::Type;
  switch (type) {
    case Type::buffering:
      return stats.acksBuffering;
    case Type::received:
      return stats.acksReceived;
    case Type::persisted:
      return stats.acksPersisted;
    case Type::error:
      return stats.acksError;
    case Type::idle:
      break;
  }
  return stats.acksIdle;
}

}  // namespace

void SessionKeeper::onSessionAnswered() {
  reports_.log.log(LogLevel::debug, Room::net, [] { return "the service accepts the session"; });
  tell_(event::SessionAnswered{});
}

void SessionKeeper::onSessionAck(const aws::Acknowledgement& ack, std::optional<SentFragment> fragment) {
  using Type = aws::Acknowledgement::Type;
  FragmentAck news;
  news.type = typeOf(ack.type);
  if (ack.timecode) news.timecodeMs = ack.timecode->count();
  news.fragmentNumber = ack.fragmentNumber;
  {
    const std::lock_guard lock(buffer_.mutex);
    ++countOf(ack.type, buffer_.stats);
    if (ack.timecode && !fragment) ++buffer_.stats.acksUnknown;
    buffer_.lastProgress = clock().now();
  }
  const bool isFinal = ack.type == Type::persisted || (ack.type == Type::received && receivedIsFinal_);
  if (isFinal && fragment) {
    news.delay = clock().now() - fragment->since;
    reports_.confirmed(news.delay);
  }
  if (ack.type == Type::error) return refused(ack, fragment, std::move(news));
  reports_.report(std::move(news));
  if (!fragment) return;
  if (isFinal) return settle(*fragment);
  if (ack.type == Type::received) {
    const std::lock_guard lock(buffer_.mutex);
    if (auto* log = buffer_.feed->logOf(fragment->id)) log->markReceived(fragment->id);
  }
}

void SessionKeeper::refused(const aws::Acknowledgement& ack, const std::optional<SentFragment>& fragment,
                            FragmentAck news) {
  const aws::AckError& known = aws::ackError(ack.errorId, ack.errorCode);
  const Error error = refusalOf(ack, known);
  news.code = error.code;
  news.errorCode = error.exception;
  news.message = error.message;
  reports_.noteError(error);
  reports_.report(std::move(news));
  tell_(event::AckRefused{known.policy, error, fragment ? std::optional(fragment->id) : std::nullopt});
}

Error SessionKeeper::refusalOf(const aws::Acknowledgement& ack, const aws::AckError& known) {
  Error error;
  error.code = known.code;
  error.kind = known.policy == aws::AckPolicy::fatal ? ErrorKind::fatal : ErrorKind::retryable;
  error.message = std::string(known.sentence);
  error.exception = ack.errorCode.empty() ? std::string(known.name) : ack.errorCode;
  if (known.policy == aws::AckPolicy::correctClock && session_) {
    error.serverDate = session_->serverDate();
    error = aws::learnTime(error, *client_.service().clock);
    timeOfDay_.heed(error, TimeOfDay::Which::all);
  }
  return error;
}

/// Without acknowledgements.
void SessionKeeper::onSessionSent(const SentFragment& fragment) {
  tasks_.post([this, sender = std::weak_ptr(session_), fragment] {
    if (!session_ || sender.lock() != session_) return;
    session_->settled(fragment);
    {
      const std::lock_guard lock(buffer_.mutex);
      buffer_.lastProgress = clock().now();
    }
    settle(fragment);
  });
}

/// The fragment is durable.
void SessionKeeper::settle(const SentFragment& sent) {
  {
    const std::lock_guard lock(buffer_.mutex);
    store::FragmentLog* log = buffer_.feed->logOf(sent.id);
    const store::FragmentRecord* fragment = log ? log->find(sent.id) : nullptr;
    const auto [bytes, duration, frames] = fragment ? fragment->total() : store::Amount{};
    const auto lostFor = fragment ? fragment->lostFor : store::LossReason::stopped;
    const bool wasLost = fragment && fragment->state == store::FragmentState::lost;
    if (log && log->markPersisted(sent.id)) {
      if (wasLost) {  // given up unconfirmed, and confirmed after all
        --buffer_.stats.fragmentsLost;
        buffer_.stats.framesLost -= frames;
        lossCountOf(buffer_.stats, lostFor).takeBack(frames, bytes);
      }
      buffer_.stats.framesPersisted += frames;
      buffer_.stats.bytesPersisted += bytes;
    }
    buffer_.changed.notify_all();
  }
  reports_.log.log(LogLevel::trace, Room::store, [&] {
    return "the fragment at " + std::to_string(sent.timecode.count()) + " ms is stored";
  });
  reports_.reportPressure();
  tell_(event::Persisted{});
  checkEmpty();
  checkConfirmed();
}

void SessionKeeper::checkEmpty() {
  {
    const std::lock_guard lock(buffer_.mutex);
    if (!buffer_.feed->isEmpty()) return;
  }
  tell_(event::LogEmpty{});
}

void SessionKeeper::refuse(const action::RefuseFragment& what) {
  FragmentLost lost;
  {
    const std::lock_guard lock(buffer_.mutex);
    store::FragmentRecord* fragment =
        what.fragment ? buffer_.feed->find(*what.fragment) : buffer_.feed->oldest();
    if (!fragment || !fragment->content) return;
    // It may have arrived before, and its acknowledgement not; or now, where the service named none.
    const bool unconfirmed = fragment->mayBeStored || (!what.fragment && fragment->isSent());
    lost = lossOf(*fragment->content, FragmentLost::Reason::refused, unconfirmed);
    if (!buffer_.feed->logOf(fragment->id)->markRefused(fragment->id)) return;
    ++buffer_.stats.fragmentsRefused;
    buffer_.stats.framesLost += lost.frames;
    buffer_.stats.lostRefused.add(lost.frames, lost.bytes);
    buffer_.news.emplace_back(lost);
  }
  reports_.report(FragmentRefused{what.error, lost});
  reports_.warn(what.error);
  reports_.reportNoted();
  checkEmpty();
}

void SessionKeeper::stripTags(const action::StripTags& what) {
  const std::lock_guard lock(buffer_.mutex);
  store::FragmentRecord* fragment =
      what.fragment ? buffer_.feed->find(*what.fragment) : buffer_.feed->oldest();
  if (fragment) fragment->stripped = true;
}

}  // namespace kvs::upload
