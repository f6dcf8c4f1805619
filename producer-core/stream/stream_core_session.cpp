// SPDX-License-Identifier: Apache-2.0
// The shell's dealings with the upload session: opening, ending, and what acknowledgements change.
#include <algorithm>
#include <utility>

#include "aws/learn_time.h"
#include "aws/put_media.h"
#include "base/redaction.h"
#include "stream/stream_core.h"

namespace kvs::stream {

namespace {

FragmentAck::Type ackType(aws::Acknowledgement::Type type) {
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
      return FragmentAck::Type::idle;
  }
  return FragmentAck::Type::idle;
}

void count(const aws::Acknowledgement& ack, bool known, StreamStats& stats) {
  using Type = aws::Acknowledgement::Type;
  switch (ack.type) {
    case Type::buffering:
      ++stats.acksBuffering;
      break;
    case Type::received:
      ++stats.acksReceived;
      break;
    case Type::persisted:
      ++stats.acksPersisted;
      break;
    case Type::error:
      ++stats.acksError;
      break;
    case Type::idle:
      ++stats.acksIdle;
      break;
  }
  if (ack.timecode && !known) ++stats.acksUnknown;
}

Error ackFailure(const aws::Acknowledgement& ack, const aws::AckError& known) {
  Error error;
  error.code = known.code;
  error.kind = known.policy == aws::AckPolicy::fatal ? ErrorKind::fatal : ErrorKind::retryable;
  error.message = std::string(known.sentence);
  error.exception = ack.errorCode.empty() ? std::string(known.name) : ack.errorCode;
  return error;
}

}  // namespace

// --- opening and closing ---

void StreamCore::perform(const upload::action::OpenSession&) {
  openWhenData_ = !openSessionNow();
}

bool StreamCore::openSessionNow() {
  if (session_) return true;
  takeUpTime(intake::Timeline::Correct::unseen);
  upload::Session::Config config;
  WallTime epochStart;
  {
    const std::lock_guard lock(buffer_.mutex);
    const store::FragmentRecord* next = buffer_.feed->ahead().record;
    if (!next) return false;
    const auto& fragment = next->content;
    config.body = {fragment->header, fragment->epoch, config_.absoluteFragmentTimes, config_.fragmentAcks};
    epochStart = fragment->epoch->start();
    ++buffer_.stats.sessions;
    if (std::exchange(sessionFailed_, false)) ++buffer_.stats.reconnects;
    buffer_.lastProgress = clock_.now();
  }
  if (dump_) config.body.tap = dump_->newSession();
  logger_.log(LogLevel::debug, Room::net,
              [&] { return "opening a session with " + withoutSecrets(dataEndpoint_); });
  config.streamName = config_.name;
  config.receivedIsFinal = receivedIsFinal_;
  net::Request request = aws::putMediaRequest(
      {dataEndpoint_, config_.name,
       config_.absoluteFragmentTimes ? aws::TimecodeType::absolute : aws::TimecodeType::relative, epochStart,
       config_.fragmentAcks});
  request.profile =
      config_.streamingType == StreamingType::offline ? net::Profile::bulk : net::Profile::realtime;
  tellTaken(client_->takeUpCredentials());
  upload::SessionOwner& owner = *this;
  confirmedTold_ = false;
  session_ = std::make_shared<upload::Session>(std::move(config), buffer_, pacer_, clock_, owner);
  session_->start(*client_, std::move(request));
  watchSession();
  handOverBeforeExpiry();
  return true;
}

/// Those that were fetched again and are the same as before are not told.
void StreamCore::tellTaken(const aws::ServiceClient::Taken& taken) {
  if (!taken) return;
  {
    const std::lock_guard lock(buffer_.mutex);
    buffer_.stats.credentialSource = taken->source;
    buffer_.stats.credentialsPassedOver = taken->passedOver;
  }
  notifier_->tell([taken = *taken](StreamListener& listener) { listener.onCredentials(taken); });
}

/// The next session begins with fresh ones, which were fetched in the background by then.
void StreamCore::handOverBeforeExpiry() {
  const auto& expiration = client_->credentials().expiration;
  if (!expiration) return;
  const Nanoseconds life = *expiration - clock_.wallNow();
  const Nanoseconds early = std::min<Nanoseconds>(std::chrono::minutes(2), life / 8);
  const auto delay = std::chrono::ceil<Milliseconds>(std::max<Nanoseconds>(life - early, Seconds(1)));
  after(expiryTimer_, delay, [this] { dispatch(upload::event::HandOver{}); });
}

/// Looks now and then whether the source has paused, and whether the service still answers.
void StreamCore::watchSession() {
  const TimePoint now = clock_.now();
  const bool sourcePaused = sourceIsPaused(now);
  if (sourcePaused) dispatch(upload::event::SourcePaused{});
  if (!session_) return;
  const Nanoseconds silence = silenceOfService(now);
  const Nanoseconds enough = staleAfter(now);
  if (silence >= enough) {
    notifier_->tell([silence](StreamListener& listener) { listener.onConnectionStale(silence); });
    dispatch(upload::event::SessionEnded{
        Error{StatusCode::putMediaFailed, ErrorKind::retryable,
              "Media was sent for " + std::to_string(std::chrono::duration_cast<Seconds>(silence).count()) +
                  " s and the service confirmed none of it; a new session is opened and nothing is lost."}});
    return;
  }
  const Nanoseconds patience = source_.idleAfter();
  Nanoseconds next = patience - (now - source_.lastPut());
  if (next <= Nanoseconds{0}) next = patience;
  next = std::min(next, enough - silence);
  warnIfLate();
  after(watchTimer_, std::chrono::ceil<Milliseconds>(next), [this] { watchSession(); });
}

/// Since the service's last word on what was sent; 0 where it owes none.
Nanoseconds StreamCore::silenceOfService(TimePoint now) const {
  const auto since = config_.fragmentAcks ? session_->unacknowledgedSince() : std::nullopt;
  return since ? now - *since : Nanoseconds{0};
}

/// A fragment is confirmed when it has ended: a word on it may be as long in coming as it is long.
Nanoseconds StreamCore::staleAfter(TimePoint now) const {
  if (config_.connectionStaleness == Seconds(0)) return Nanoseconds::max();
  Nanoseconds longest{0};
  const std::lock_guard lock(buffer_.mutex);
  for (const upload::SentFragment& sent : session_->unacknowledged()) {
    const store::FragmentLog* log = buffer_.feed->logOf(sent.id);
    if (log) longest = std::max(longest, log->lengthOf(sent.id, now));
  }
  return std::max<Nanoseconds>(config_.connectionStaleness, 2 * longest);
}

/// Told once: a loop that is late makes acknowledgements, and what is sent, late.
void StreamCore::warnIfLate() {
  constexpr Milliseconds late{100};
  constexpr std::uint64_t enough = 1000;  // that one moment's trouble is no percentile
  const net::Loop::Lag lag = loop().lag();
  if (lag.count < enough || lag.p99 <= late || std::exchange(latenessTold_, true)) return;
  const auto ms = std::chrono::duration_cast<Milliseconds>(lag.p99).count();
  const Error error{
      StatusCode::operationTimedOut, ErrorKind::retryable,
      "The network thread is late by " + std::to_string(ms) +
          " ms in one out of a hundred cases: this machine is overloaded. Media is kept and sent later; "
          "use a lighter encoding, or fewer streams."};
  tellWarning(error);
}

/// A source that is held back has not paused: sealing would tear the group of pictures that it is in.
bool StreamCore::sourceIsPaused(TimePoint now) const {
  const std::lock_guard lock(buffer_.mutex);
  return buffer_.waiting == 0 && now - source_.lastPut() >= source_.idleAfter();
}

void StreamCore::perform(const upload::action::FinishSession& finish) {
  if (finish.endTag || (finish.burst && sourceIsPaused(clock_.now()))) {
    ingest_.seal(intake::Ingest::SealWith::endTag);
    tellUntold();
  }
  if (!session_) {  // the log was empty when it was to be opened: there is nothing to end
    checkEmpty();
    return dispatch(upload::event::SessionConfirmed{});
  }
  using Finish = upload::SessionBody::Finish;
  session_->finish(finish.everything ? Finish::everything
                   : finish.burst    ? Finish::complete
                                     : Finish::fragment);
  checkConfirmed();
}

void StreamCore::perform(const upload::action::CloseSession& close) {
  openWhenData_ = false;
  forget(paceTimer_);
  forget(watchTimer_);
  forget(expiryTimer_);
  const auto session = std::exchange(session_, nullptr);
  if (session) session->close();
  {
    const std::lock_guard lock(buffer_.mutex);
    if (session) rewind(*session, close.deadHost);
    buffer_.changed.notify_all();
  }
  tellUntold();
}

/// Under the buffer's lock. What the service has confirmed is sent again only where it may have died since;
/// without acknowledgements that is where it did not end the session in good order.
void StreamCore::rewind(const upload::Session& ended, bool deadHost) {
  if (ended.isConfirmed()) {
    for (store::FragmentLog* log : buffer_.feed->logs())
      log->forgetKept();
  }
  const bool doubtful = deadHost || !config_.fragmentAcks;
  const auto replayed = buffer_.feed->rewind(doubtful ? config_.replayDuration : Seconds(0));
  buffer_.stats.framesPersisted -= replayed.frames;
  buffer_.stats.bytesPersisted -= replayed.bytes;
  buffer_.stats.fragmentsReplayed += replayed.fragments;
}

void StreamCore::perform(const upload::action::RefuseFragment& refuse) {
  FragmentLost lost;
  {
    const std::lock_guard lock(buffer_.mutex);
    store::FragmentRecord* fragment =
        refuse.fragment ? buffer_.feed->find(*refuse.fragment) : buffer_.feed->oldest();
    if (!fragment || !fragment->content) return;
    // It may have arrived before, and its acknowledgement not; or now, where the service named none.
    const bool unconfirmed = fragment->mayBeStored || (!refuse.fragment && fragment->isSent());
    lost = lossOf(*fragment->content, FragmentLost::Reason::refused, unconfirmed);
    if (!buffer_.feed->logOf(fragment->id)->markRefused(fragment->id)) return;
    ++buffer_.stats.fragmentsRefused;
    buffer_.stats.framesLost += lost.frames;
    buffer_.stats.lostRefused.add(lost.frames, lost.bytes);
    buffer_.untold.push_back(lost);
  }
  notifier_->tell([refused = FragmentRefused{refuse.error, lost}](StreamListener& listener) {
    listener.onFragmentRefused(refused);
  });
  tellWarning(refuse.error);
  tellUntold();
  checkEmpty();
}

void StreamCore::perform(const upload::action::StripTags& strip) {
  const std::lock_guard lock(buffer_.mutex);
  store::FragmentRecord* fragment =
      strip.fragment ? buffer_.feed->find(*strip.fragment) : buffer_.feed->oldest();
  if (fragment) fragment->stripped = true;
}

// --- what the session says ---

void StreamCore::onSessionAnswered() {
  logger_.log(LogLevel::debug, Room::net, [] { return "the service accepts the session"; });
  dispatch(upload::event::SessionAnswered{});
}

void StreamCore::onSessionAck(const aws::Acknowledgement& ack, std::optional<upload::SentFragment> fragment) {
  using Type = aws::Acknowledgement::Type;
  FragmentAck told;
  told.type = ackType(ack.type);
  if (ack.timecode) told.timecodeMs = ack.timecode->count();
  told.fragmentNumber = ack.fragmentNumber;
  {
    const std::lock_guard lock(buffer_.mutex);
    count(ack, fragment.has_value(), buffer_.stats);
    buffer_.lastProgress = clock_.now();
  }
  const bool isFinal = ack.type == Type::persisted || (ack.type == Type::received && receivedIsFinal_);
  if (isFinal && fragment) {
    told.delay = clock_.now() - fragment->since;
    ackDelays_.add(told.delay);
  }
  std::optional<Error> error;
  if (ack.type == Type::error) {
    const aws::AckError known = aws::ackError(ack.errorId, ack.errorCode);
    error = ackFailure(ack, known);
    if (known.policy == aws::AckPolicy::correctClock && session_) {
      error->serverDate = session_->serverDate();
      error = aws::learnTime(*error, *context_->clock);
      tellCorrection(*error, intake::Timeline::Correct::all);
    }
    told.code = error->code;
    told.errorCode = error->exception;
    told.message = error->message;
    noteError(*error);
  }
  notifier_->tell([told](StreamListener& listener) { listener.onFragmentAck(told); },
                  error ? Notifier::Weight::mustArrive : Notifier::Weight::mayBeDropped);
  if (error) {
    const auto id = fragment ? std::optional(fragment->id) : std::nullopt;
    return dispatch(upload::event::AckRefused{aws::ackError(ack.errorId, ack.errorCode).policy, *error, id});
  }
  if (!fragment) return;
  if (isFinal) return settlePersisted(*fragment);
  if (ack.type == Type::received) {
    const std::lock_guard lock(buffer_.mutex);
    if (auto* log = buffer_.feed->logOf(fragment->id)) log->markReceived(fragment->id);
  }
}

/// Without acknowledgements.
void StreamCore::onSessionSent(const upload::SentFragment& fragment) {
  loop().post([weak = weak_from_this(), this, sender = std::weak_ptr(session_), fragment] {
    const auto self = weak.lock();
    if (!self || !session_ || sender.lock() != session_) return;
    session_->settled(fragment);
    {
      const std::lock_guard lock(buffer_.mutex);
      buffer_.lastProgress = clock_.now();
    }
    settlePersisted(fragment);
  });
}

void StreamCore::settlePersisted(const upload::SentFragment& sent) {
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
        lossCountOf(lostFor).takeBack(frames, bytes);
      }
      buffer_.stats.framesPersisted += frames;
      buffer_.stats.bytesPersisted += bytes;
    }
    buffer_.changed.notify_all();
  }
  logger_.log(LogLevel::trace, Room::store,
              [&] { return "the fragment at " + std::to_string(sent.timecode.count()) + " ms is stored"; });
  tellPressure();
  dispatch(upload::event::Persisted{});
  checkEmpty();
  checkConfirmed();
}

void StreamCore::checkEmpty() {
  {
    const std::lock_guard lock(buffer_.mutex);
    if (!buffer_.feed->isEmpty()) return;
  }
  dataTold_ = false;
  dispatch(upload::event::LogEmpty{});
}

void StreamCore::checkConfirmed() {
  if (!session_ || !session_->isConfirmed() || std::exchange(confirmedTold_, true)) return;
  dispatch(upload::event::SessionConfirmed{});
}

/// Called from inside the transport's read: noted now, acted on by the loop.
void StreamCore::onSessionPaced(TimePoint when) {
  const Nanoseconds delay = std::max(when - clock_.now(), Nanoseconds{0});
  after(paceTimer_, std::chrono::ceil<Milliseconds>(delay), [this] {
    if (session_) session_->resume();
  });
}

void StreamCore::onSessionBodyEnd(bool headerChanged) {
  loop().post([weak = weak_from_this(), this, ending = std::weak_ptr(session_), headerChanged] {
    const auto self = weak.lock();
    if (!self || !session_ || ending.lock() != session_) return;
    if (headerChanged) dispatch(upload::event::HandOver{});
    checkConfirmed();
  });
}

void StreamCore::onSessionEnd(std::optional<Error> error) {
  logger_.log(LogLevel::debug, Room::net,
              [&] { return "the session has ended" + (error ? ": " + error->message : std::string()); });
  if (error) tellCorrection(*error);
  dispatch(upload::event::SessionEnded{std::move(error)});
}

void StreamCore::onSessionNote(LogLevel level, std::string text) {
  note(level, [&] { return text; });
}

}  // namespace kvs::stream
