// SPDX-License-Identifier: Apache-2.0
// What the service's words on fragments change: in the log, in the statistics, and for the life.
#include <utility>

#include "aws/ack_error.h"
#include "aws/learn_time.h"
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

std::uint64_t& countOf(aws::Acknowledgement::Type type, SessionCounts& counts) {
  using Type = aws::Acknowledgement::Type;
  switch (type) {
    case Type::buffering:
      return counts.acksBuffering;
    case Type::received:
      return counts.acksReceived;
    case Type::persisted:
      return counts.acksPersisted;
    case Type::error:
      return counts.acksError;
    case Type::idle:
      break;
  }
  return counts.acksIdle;
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
  const bool isFinal = ack.type == Type::persisted || (ack.type == Type::received && receivedIsFinal_);
  store::LogTotals held;
  {
    const Lock lock(store_.mutex());
    count(ack, fragment.has_value());
    if (fragment && isFinal) store_.markPersisted(fragment->id);
    if (fragment && !isFinal && ack.type == Type::received) store_.markReceived(fragment->id);
    held = store_.feed().totals();
  }
  if (isFinal && fragment) {
    news.delay = clock().now() - fragment->since;
    reports_.confirmed(news.delay);
  }
  if (ack.type == Type::error) return refused(ack, fragment, std::move(news));
  reports_.report(std::move(news));
  if (fragment && isFinal) persisted(*fragment, held);
}

void SessionKeeper::count(const aws::Acknowledgement& ack, bool isKnown) {
  ++countOf(ack.type, state_.sessions);
  if (ack.timecode && !isKnown) ++state_.sessions.acksUnknown;
  state_.lastProgress = clock().now();
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
    store::LogTotals held;
    {
      const Lock lock(store_.mutex());
      state_.lastProgress = clock().now();
      store_.markPersisted(fragment.id);
      held = store_.feed().totals();
    }
    persisted(fragment, held);
  });
}

/// The fragment is durable, and so much is held besides.
void SessionKeeper::persisted(const SentFragment& sent, const store::LogTotals& held) {
  reports_.log.log(LogLevel::trace, Room::store, [&] {
    return "the fragment at " + std::to_string(sent.timecode.count()) + " ms is stored";
  });
  reports_.reportPressure(held.duration);
  tell_(event::Persisted{});
  if (held.fragments == 0) tell_(event::LogEmpty{});
  checkConfirmed();
}

void SessionKeeper::checkEmpty() {
  {
    const Lock lock(store_.mutex());
    if (!store_.feed().isEmpty()) return;
  }
  tell_(event::LogEmpty{});
}

void SessionKeeper::refuse(const action::RefuseFragment& what) {
  const auto lost = [&] {
    const Lock lock(store_.mutex());
    return store_.refuse(what.fragment);
  }();
  if (!lost) return;
  reports_.report(FragmentRefused{what.error, *lost});
  reports_.warn(what.error);
  reports_.reportNoted();
  checkEmpty();
}

void SessionKeeper::stripTags(const action::StripTags& what) {
  const Lock lock(store_.mutex());
  store_.strip(what.fragment);
}

}  // namespace kvs::upload
