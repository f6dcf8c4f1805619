// SPDX-License-Identifier: Apache-2.0
// Sessions: when one is opened, how it ends, and what follows.
#include <algorithm>
#include <string>
#include <utility>

#include "upload/life.h"

namespace kvs::upload {

namespace {

constexpr Seconds shortestSession{1};

Error endedByService() {
  return {StatusCode::putMediaFailed, ErrorKind::retryable,
          "The service ended the session; a new one is opened and nothing is lost."};
}

Error fullStorage() {
  return {
      StatusCode::storeOutOfMemory, ErrorKind::retryable,
      "The fragment being sent fills the storage; the session was closed to make room. Give the stream more "
      "storage, or a faster link."};
}

Error notConfirmed() {
  return {StatusCode::lastPersistedAckNotReceived, ErrorKind::retryable,
          "The service did not confirm the last fragments in time; they are sent again."};
}

Error stale(Nanoseconds silence) {
  return {StatusCode::putMediaFailed, ErrorKind::retryable,
          "Media was sent for " + std::to_string(std::chrono::duration_cast<Seconds>(silence).count()) +
              " s and the service confirmed none of it; a new session is opened and nothing is lost."};
}

Error refusedAgainAndAgain(Error error) {
  error.kind = ErrorKind::fatal;
  error.message += " This happened repeatedly, so the stream was ended.";
  return error;
}

/// A session begins with credentials that outlast it for a while; others were fetched by the time it ends.
Milliseconds handOverBeforeExpiry(Nanoseconds life) {
  const Nanoseconds early = std::min<Nanoseconds>(std::chrono::minutes(2), life / 8);
  return std::chrono::ceil<Milliseconds>(std::max<Nanoseconds>(life - early, Seconds(1)));
}

bool isPaused(const event::Observed& seen) {
  return !seen.sourceHeldBack && seen.sourcePause >= seen.longestPause;
}

}  // namespace

// --- opening ---

void Life::openSession(bool isBurst) {
  become(state::Streaming{{now_}, isBurst});
  act(action::OpenSession{past_.sessionFailed});
}

void Life::handle(const event::SessionOpened& opened) {
  if (!sessionOf(situation_)) return;
  past_.sessionFailed = false;
  if (state() != State::streaming) return act(action::Observe{});
  Milliseconds length = config_.sessionLength - random_.upTo(config_.sessionJitter);
  if (opened.credentialsLife) length = std::min(length, handOverBeforeExpiry(*opened.credentialsLife));
  setTimer(Timer::session, length);
  if (wishes_.drain) return finishSession(State::draining, {.everything = true});
  act(action::Observe{});
}

void Life::handle(const event::NothingToSend&) {
  if (!sessionOf(situation_)) return;
  wishes_.send = false;
  rest();
}

void Life::handle(const event::SessionAnswered&) {
  state::Session* session = sessionOf(situation_);
  if (!session) return;
  session->answered = true;
  succeeded();
  report(ConnectionState::streaming);
}

bool Life::credentialsAreOld() const {
  return config_.credentialsLife > Milliseconds{0} && keys_.fetchedAt &&
         now_ - *keys_.fetchedAt >= config_.credentialsLife;
}

// --- looking at it ---

void Life::handle(const event::Observed& seen) {
  if (!sessionOf(situation_)) return;
  if (seen.silence >= staleAfter(seen)) {
    act(action::ReportStale{seen.silence});
    return sessionFailed(stale(seen.silence), true);
  }
  // A hand-over would wait for the end of a fragment that does not come.
  if (isPaused(seen) && mayFinish()) return finishSession(State::idle, {.everything = true, .endTag = true});
  const auto* streaming = std::get_if<state::Streaming>(&situation_);
  if (streaming && streaming->isBurst) return finishSession(State::handingOver, {.burst = true});
  watchAgain(seen);
  if (endingOf(situation_)) judgeProgress(seen);
}

/// A fragment is confirmed when it has ended: a word on it may be as long in coming as it is long.
Nanoseconds Life::staleAfter(const event::Observed& seen) const {
  if (config_.staleness == Nanoseconds{0}) return Nanoseconds::max();
  return std::max(config_.staleness, 2 * seen.longestFragment);
}

void Life::watchAgain(const event::Observed& seen) {
  Nanoseconds next = seen.longestPause - seen.sourcePause;
  if (next <= Nanoseconds{0}) next = seen.longestPause;
  next = std::min(next, staleAfter(seen) - seen.silence);
  setTimer(Timer::watch, std::chrono::ceil<Milliseconds>(next));
}

/// As long as bytes leave there is progress: on a slow link a fragment may take longer to send than the
/// service may take to answer, and sending it again from its start would never end.
void Life::judgeProgress(const event::Observed& seen) {
  state::Ending& ending = *endingOf(situation_);
  if (!ending.sentBefore) ending.sentBefore = seen.bytesSent;
  if (!ending.isDue) return;
  if (seen.bytesSent <= *ending.sentBefore) return sessionFailed(notConfirmed(), true);
  ending.isDue = false;
  ending.sentBefore = seen.bytesSent;
  setTimer(Timer::progress, ending.patience);
}

void Life::expectProgress() {
  state::Ending& ending = *endingOf(situation_);
  ending.isDue = false;
  ending.sentBefore.reset();
  setTimer(Timer::progress, ending.patience);
  act(action::Observe{});
}

// --- ending ---

void Life::finishSession(State as, action::FinishSession how) {
  state::Ending ending{*sessionOf(situation_)};
  // The fragment under the cursor may still grow for as long as the service allows.
  ending.patience = config_.completionTimeout + (how.everything ? Milliseconds{0} : config_.longestFragment);
  if (as == State::idle) {
    become(state::Idle{ending});
  } else if (as == State::draining) {
    become(state::Draining{ending});
  } else {
    become(state::HandingOver{ending});
  }
  act(how);
  expectProgress();
}

void Life::handle(const event::HeaderChanged&) {
  if (state() == State::streaming) finishSession(State::handingOver, {});
}

void Life::handle(const event::Persisted&) {
  retry_.succeeded();
  refusals_.persisted();
  keys_.worked = true;
  if (endingOf(situation_)) expectProgress();
}

void Life::handle(const event::SessionConfirmed&) {
  if (sessionOf(situation_)) openNext();
}

void Life::handle(const event::LogEmpty&) {
  wishes_.send = false;
  if (!std::exchange(wishes_.drain, false)) return;
  if (sessionOf(situation_)) openNext();
  report(ConnectionState::drained);
  act(action::ReportDrained{});
}

/// Of a session that ends in good order.
void Life::openNext() {
  closeSession();
  rest();
}

/// The caller says what follows.
void Life::closeSession(bool deadHost) {
  if (std::exchange(sessionOf(situation_)->isClosed, true)) return;
  act(action::CloseSession{deadHost});
  past_.sessionEndedAt = now_;
}

void Life::handle(const event::SessionEnded& ended) {
  if (!sessionOf(situation_)) return;
  const bool nobodyAnswered = ended.error && ended.error->httpStatus == 0;
  sessionFailed(ended.error.value_or(endedByService()), nobodyAnswered);
}

void Life::handle(const event::StorageFull&) {
  if (sessionOf(situation_)) sessionFailed(fullStorage(), true);
}

void Life::sessionFailed(const Error& error, bool deadHost) {
  const bool answered = sessionOf(situation_)->answered;
  const auto endedBefore = past_.sessionEndedAt;
  closeSession(deadHost);
  if (!answered && error.httpStatus != 0) past_.sessionEndedAt = endedBefore;  // it was none
  past_.sessionFailed = true;
  past_.unreached = !answered && error.httpStatus == 0 ? past_.unreached + 1 : 0;
  act(action::ReportChange{{ConnectionState::disconnected, error, 0, Milliseconds{0}}});
  switch (error.kind) {
    case ErrorKind::endpointMoved:
      return wait({State::locating}, error);
    case ErrorKind::notFound:
      return wait({State::describing}, error);
    default:
      // A data endpoint that cannot be reached twice may have moved: ask for it again.
      return refused(error, {past_.unreached >= 2 ? State::locating : State::ready});
  }
}

// --- ERROR acknowledgements ---

void Life::handle(const event::AckRefused& ack) {
  if (!sessionOf(situation_)) return;
  using aws::AckPolicy;
  switch (ack.policy) {
    case AckPolicy::newSession:
      // Normal, but for a session that has just begun: a service that says so again and again is in trouble.
      if (now_ - sessionOf(situation_)->openedAt < shortestSession) return sessionFailed(ack.error);
      return openNext();
    case AckPolicy::setAside:
    case AckPolicy::setAsideOnRepeat:
    case AckPolicy::resendOtherHeader:
    case AckPolicy::resendWithoutTags:
      return refusedFragment(ack);
    case AckPolicy::correctClock:
      return refusals_.isFirstOfClock() ? sessionFailed(ack.error) : fail(ack.error);
    case AckPolicy::retryKms:
      return kmsFailed(ack.error);
    case AckPolicy::describe:
    case AckPolicy::streamDeleted:
      closeSession();
      return wait({State::describing}, ack.error);
    case AckPolicy::fatal:
      return fail(ack.error);
    case AckPolicy::reconnect:
      return sessionFailed(ack.error);
  }
}

void Life::refusedFragment(const event::AckRefused& ack) {
  switch (refusals_.judge(ack, now_)) {
    case Refusals::Verdict::resend:
      return sessionFailed(ack.error);
    case Refusals::Verdict::giveUp:
      return fail(refusedAgainAndAgain(ack.error));
    case Refusals::Verdict::stripTags:
      act(action::StripTags{ack.fragment});
      act(action::Warn{ack.error});
      return openNext();
    case Refusals::Verdict::setAside:
      act(action::RefuseFragment{ack.fragment, ack.error});
      return openNext();
  }
}

/// Whoever owns the key has to mend it: reported once, and tried for ever, more and more rarely.
void Life::kmsFailed(const Error& error) {
  if (refusals_.isFirstOfKms()) act(action::Warn{error});
  closeSession();
  if (const auto why = retry_.whyNot(error, now_)) return fail(*why);
  waitFor({State::ready}, error, retry_.kmsDelay(error, now_));
}

}  // namespace kvs::upload
