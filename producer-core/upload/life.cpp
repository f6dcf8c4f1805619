// SPDX-License-Identifier: Apache-2.0
#include "upload/life.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

#include "upload/life_table.h"

namespace kvs::upload {

namespace {

constexpr std::array<std::string_view, 13> stateNames = {
    "configuring", "credentials",  "describing", "creating", "tagging", "locating", "ready",
    "streaming",   "handing-over", "idle",       "draining", "waiting", "stopped"};

constexpr unsigned refusalsInARow = 3;
constexpr std::size_t refusalsInAWindow = 5;
constexpr Seconds refusalWindow{60};
constexpr Seconds shortestSession{1};

bool isConnectionLimit(const Error& error) {
  return error.exception == "ConnectionLimitExceededException";
}

/// Describe refused by policy, not by credentials: the stream may still take media.
bool isDeniedByPolicy(const Error& error) {
  return error.exception == "AccessDeniedException";
}

Error endedByService() {
  return {StatusCode::putMediaFailed, ErrorKind::retryable,
          "The service ended the session; a new one is opened and nothing is lost."};
}

}  // namespace

std::string_view stateName(State state) {
  return stateNames[static_cast<std::size_t>(state)];
}

Life::Life(LifeConfig config, std::uint64_t seed)
    : config_(config), backoff_(config.backoff, seed), random_(seed ^ 0x5DEECE66Du) {}

Actions Life::on(const Event& event, TimePoint now) {
  now_ = now;
  actions_.clear();
  if (state_ != State::stopped) {
    [[maybe_unused]] const State before = state_;
    std::visit([this](const auto& which) { handle(which); }, event);
    assert(mayFollow(before, state_));
  }
  return std::exchange(actions_, {});
}

// --- the way to ready ---

void Life::handle(const event::Start&) {
  if (state_ != State::configuring) return;
  tell(ConnectionState::connecting);
  next_ = State::describing;
  enter(State::credentials);
}

void Life::handle(const event::CredentialsFetched&) {
  if (state_ != State::credentials) return;
  credentialsAt_ = now_;
  enter(next_);
}

void Life::handle(const event::Described& described) {
  if (state_ != State::describing) return;
  succeeded();
  switch (described.status) {
    case event::Described::Status::usable:
      created_ = false;
      enter(config_.hasTags && !tagged_ ? State::tagging : State::locating);
      return;
    case event::Described::Status::creating:
      waitFor(State::describing,
              {StatusCode::ackStreamNotActive, ErrorKind::retryable, "The stream is still being created."},
              backoff_.next());
      return;
    case event::Described::Status::deleting:
      wait(State::describing, {StatusCode::streamBeingDeleted, ErrorKind::retryable,
                               "The stream is being deleted; waiting until it can be created again."});
      return;
  }
}

void Life::handle(const event::Created&) {
  if (state_ != State::creating) return;
  succeeded();
  tagged_ = true;  // createStream took the tags along
  created_ = true;
  enter(State::describing);
}

void Life::handle(const event::Tagged&) {
  if (state_ != State::tagging) return;
  tagged_ = true;
  succeeded();
  enter(State::locating);
}

void Life::handle(const event::Located&) {
  if (state_ != State::locating) return;
  succeeded();
  if (!std::exchange(everReady_, true)) {
    tell(ConnectionState::ready);
    act(action::ReportReady{});
  }
  goReady();
}

void Life::handle(const event::CallFailed& failed) {
  const Error& error = failed.error;
  switch (state_) {
    case State::describing:
      if (error.kind == ErrorKind::notFound) {
        if (!config_.allowCreate) return fail(error);
        // The service has just said that it is there: give it time to agree with itself.
        if (std::exchange(created_, false)) return wait(State::describing, error);
        return enter(State::creating);
      }
      if (isDeniedByPolicy(error)) return enter(State::locating);
      return refused(error, State::describing);
    case State::creating:
      if (error.code != StatusCode::resourceInUse) return refused(error, State::creating);
      created_ = true;
      return enter(State::describing);
    case State::tagging:
      act(action::Warn{error});
      tagged_ = true;
      return enter(State::locating);
    case State::locating:
      return refused(error, error.kind == ErrorKind::notFound ? State::describing : State::locating);
    case State::credentials:
      return error.kind == ErrorKind::fatal ? fail(error) : wait(State::credentials, error);
    default:
      return;
  }
}

// --- sessions ---

void Life::handle(const event::DataAvailable& data) {
  data_ = true;
  if (data.newFrames && std::exchange(draining_, false) && state_ == State::draining) {
    state_ = State::handingOver;  // this session has ended its body: the new frames travel in the next
  }
  if (state_ == State::ready) goReady();
}

void Life::handle(const event::SessionAnswered&) {
  if (!inSession()) return;
  answered_ = true;
  succeeded();
  tell(ConnectionState::streaming);
}

void Life::handle(const event::SessionEnded& ended) {
  if (!inSession()) return;
  const bool nobodyAnswered = ended.error && ended.error->httpStatus == 0;
  sessionFailed(ended.error.value_or(endedByService()), nobodyAnswered);
}

void Life::handle(const event::Persisted&) {
  backoff_.reset();
  failingSince_.reset();
  credentialsWorked_ = true;
  sameRefusals_ = 0;
  suspectUnknown_ = false;
  kmsTold_ = clockTold_ = false;
  const bool ending = state_ == State::handingOver || state_ == State::idle || state_ == State::draining;
  if (ending) act(action::SetTimer{Timer::progress, patience_});
}

void Life::handle(const event::SessionConfirmed&) {
  if (!inSession()) return;
  closeSession();
  goReady();
}

void Life::handle(const event::SourcePaused&) {
  // A hand-over would wait for the end of a fragment that does not come.
  if (mayFinishEarlier()) finishSession(State::idle, true, true);
}

void Life::handle(const event::HandOver&) {
  if (state_ == State::streaming) finishSession(State::handingOver, false, false);
}

void Life::handle(const event::TimerFired& fired) {
  switch (fired.timer) {
    case Timer::retry:
      if (state_ == State::waiting) enter(std::exchange(askAgain_, false) ? State::credentials : next_);
      return;
    case Timer::session:
      if (state_ == State::streaming) finishSession(State::handingOver, false, false);
      return;
    case Timer::burst:
      burstSet_ = false;
      if (state_ == State::ready && data_) beginBurst();
      return;
    case Timer::progress:
      if (!inSession() || state_ == State::streaming) return;
      return sessionFailed({StatusCode::lastPersistedAckNotReceived, ErrorKind::retryable,
                            "The service did not confirm the last fragments in time; they are sent again."},
                           true);
  }
}

// --- the end ---

void Life::handle(const event::EndOfStream&) {
  draining_ = true;
  if (mayFinishEarlier()) finishSession(State::draining, true, false);
  if (state_ == State::ready && data_) goReady();  // bursts end here
}

void Life::handle(const event::LogEmpty&) {
  data_ = false;
  if (!draining_) return;
  draining_ = false;
  if (inSession()) closeSession();
  tell(ConnectionState::drained);
  act(action::ReportDrained{});
}

void Life::handle(const event::Stop&) {
  if (inSession()) closeSession();
  act(action::CancelTimer{Timer::retry});
  state_ = State::stopped;
  tell(ConnectionState::stopped);
  act(action::ReportStopped{});
}

// --- transitions ---

bool Life::inSession() const {
  return state_ == State::streaming || state_ == State::handingOver || state_ == State::idle ||
         state_ == State::draining;
}

bool Life::mayFinishEarlier() const {
  return state_ == State::streaming || state_ == State::handingOver;
}

void Life::enter(State step) {
  state_ = step;
  switch (step) {
    case State::credentials:
      return act(action::FetchCredentials{});
    case State::describing:
      return act(action::Describe{});
    case State::creating:
      return act(action::Create{});
    case State::tagging:
      return act(action::TagStream{});
    case State::locating:
      return act(action::Locate{});
    case State::ready:
      return goReady();
    default:
      return;
  }
}

void Life::goReady() {
  state_ = State::ready;
  if (!data_) {
    failingSince_.reset();
    return;
  }
  if (credentialsAreOld()) {
    next_ = State::ready;
    state_ = State::credentials;
    return act(action::FetchCredentials{true});
  }
  if (config_.burstInterval == Milliseconds{0} || draining_) return openSession();
  if (!std::exchange(burstSet_, true)) act(action::SetTimer{Timer::burst, config_.burstInterval});
}

/// What is complete goes in one session, which is let go behind it, so that a radio may sleep.
void Life::beginBurst() {
  openSession();
  state_ = State::handingOver;
  act(action::FinishSession{.burst = true});
  patience_ = config_.completionTimeout + config_.longestFragment;  // where nothing is complete, one grows
  act(action::SetTimer{Timer::progress, patience_});
}

void Life::openSession() {
  state_ = State::streaming;
  answered_ = false;
  openedAt_ = now_;
  const Milliseconds length = config_.sessionLength - random_.upTo(config_.sessionJitter);
  act(action::OpenSession{});
  act(action::SetTimer{Timer::session, length});
  if (draining_) finishSession(State::draining, true, false);
}

void Life::finishSession(State state, bool everything, bool endTag) {
  state_ = state;
  act(action::FinishSession{.everything = everything, .endTag = endTag});
  // The fragment under the cursor may still grow for as long as the service allows.
  patience_ = config_.completionTimeout + (everything ? Milliseconds{0} : config_.longestFragment);
  act(action::SetTimer{Timer::progress, patience_});
}

bool Life::credentialsAreOld() const {
  return config_.credentialsLife > Milliseconds{0} && credentialsAt_ &&
         now_ - *credentialsAt_ >= config_.credentialsLife;
}

void Life::closeSession(bool deadHost) {
  state_ = State::ready;  // until the caller says what follows
  act(action::CancelTimer{Timer::session});
  act(action::CancelTimer{Timer::progress});
  act(action::CloseSession{deadHost});
  sessionEndedAt_ = now_;
}

void Life::sessionFailed(const Error& error, bool deadHost) {
  const bool neverOpened = !answered_ && error.httpStatus != 0;
  const auto endedBefore = sessionEndedAt_;
  closeSession(deadHost);
  if (neverOpened) sessionEndedAt_ = endedBefore;
  const bool unreached = !answered_ && error.httpStatus == 0;
  unreached_ = unreached ? unreached_ + 1 : 0;
  tell(ConnectionState::disconnected);
  std::get<action::Tell>(actions_.back()).change.reason = error;
  switch (error.kind) {
    case ErrorKind::endpointMoved:
      return wait(State::locating, error);
    case ErrorKind::notFound:
      return wait(State::describing, error);
    default:
      // A data endpoint that cannot be reached twice may have moved: ask for it again.
      return refused(error, unreached_ >= 2 ? State::locating : State::ready);
  }
}

/// A step was refused: what the kind of its error asks for.
void Life::refused(const Error& error, State next) {
  if (isConnectionLimit(error)) {
    const bool ownSession = sessionEndedAt_ && now_ - *sessionEndedAt_ < config_.ownSessionGrace;
    if (ownSession) return waitFor(next, error, Seconds(1));
    act(action::Warn{error});
    return wait(next, error);
  }
  if (error.kind == ErrorKind::clock) return waitFor(next, error, backoff_.next());
  if (error.kind == ErrorKind::auth) {
    if (!std::exchange(refreshed_, true)) {
      next_ = next;
      act(action::Tell{{ConnectionState::retrying, error, backoff_.attempts() + 1, Milliseconds{0}}});
      return enter(State::credentials);
    }
    if (!credentialsWorked_) return fail(error);
    next_ = next;
    return wait(State::credentials, error);
  }
  if (error.kind == ErrorKind::fatal) return fail(error);
  wait(next, error);
}

void Life::wait(State next, const Error& error, std::optional<Milliseconds> cap) {
  if (const auto why = whyNotRetried(error)) return fail(*why);
  warnIfStrange(error);
  const std::optional<Milliseconds> asked = boundedWait(error);
  Milliseconds delay = cap ? backoff_.draw(*cap, asked) : backoff_.next(asked);
  if (config_.retryTimeout > Milliseconds{0}) {
    const auto left = std::chrono::ceil<Milliseconds>(*failingSince_ + config_.retryTimeout - now_);
    delay = std::min(delay, left);  // one more attempt, and then it is over
  }
  waitFor(next, error, delay);
}

/// A mishap where the service has been met before; else the address may be another server's.
void Life::warnIfStrange(const Error& error) {
  if (!error.strange || credentialsWorked_ || std::exchange(strangeTold_, true)) return;
  act(action::Warn{error});
}

/// What the service asked for, as far as it is done: no answer may stop a stream for a day.
std::optional<Milliseconds> Life::boundedWait(const Error& error) const {
  if (!error.retryAfter) return {};
  const bool isBusy =
      error.kind == ErrorKind::throttled || error.httpStatus == 429 || error.httpStatus == 503;
  return std::min(*error.retryAfter, isBusy ? config_.busyBackoffCap : config_.backoff.cap);
}

/// For those who want to be supervised: an error that ends what would be tried for ever.
std::optional<Error> Life::whyNotRetried(const Error& error) {
  Error last = error;
  last.kind = ErrorKind::fatal;
  if (!config_.restartOnError) {
    last.message += " The stream has ended, because it is configured not to restart after errors.";
    return last;
  }
  if (!failingSince_) failingSince_ = now_;
  if (config_.retryTimeout == Milliseconds{0} || now_ - *failingSince_ < config_.retryTimeout) return {};
  const auto seconds = std::chrono::duration_cast<Seconds>(config_.retryTimeout).count();
  last.message += " The stream has ended after retrying for " + std::to_string(seconds) + " s.";
  return last;
}

void Life::waitFor(State next, const Error& error, Milliseconds delay) {
  state_ = State::waiting;
  askAgain_ = next == State::credentials;  // and then on to the step they were asked for
  if (!askAgain_) next_ = next;
  act(action::SetTimer{Timer::retry, delay});
  act(action::Tell{{ConnectionState::retrying, error, backoff_.attempts(), delay}});
}

void Life::fail(const Error& error) {
  if (inSession()) closeSession();
  state_ = State::stopped;
  act(action::Fail{error});
}

void Life::succeeded() {
  refreshed_ = false;
  credentialsWorked_ = true;
}

void Life::tell(ConnectionState state) {
  act(action::Tell{{state, {}, 0, Milliseconds{0}}});
}

// --- refused fragments ---

void Life::handle(const event::AckRefused& ack) {
  if (!inSession()) return;
  using aws::AckPolicy;
  switch (ack.policy) {
    case AckPolicy::newSession:
      // Normal, but for a session that has just begun: a service that says so again and again is in trouble.
      if (now_ - openedAt_ < shortestSession) return sessionFailed(ack.error);
      closeSession();
      return goReady();
    case AckPolicy::setAside:
      return setAside(ack);
    case AckPolicy::setAsideOnRepeat:
    case AckPolicy::resendOtherHeader:
      if (ack.fragment && suspect_ == ack.fragment) return setAside(ack);
      suspect_ = ack.fragment;
      if (!ack.fragment) return setAside(ack);
      return sessionFailed(ack.error);
    case AckPolicy::resendWithoutTags:
      if (ack.fragment ? suspect_ == ack.fragment : suspectUnknown_) return setAside(ack);
      suspect_ = ack.fragment;
      suspectUnknown_ = !ack.fragment;
      act(action::StripTags{ack.fragment});
      act(action::Warn{ack.error});
      closeSession();
      return goReady();
    case AckPolicy::correctClock:
      if (std::exchange(clockTold_, true)) return fail(ack.error);
      return sessionFailed(ack.error);
    case AckPolicy::retryKms:
      if (!std::exchange(kmsTold_, true)) act(action::Warn{ack.error});
      closeSession();
      return wait(State::ready, ack.error, config_.kmsBackoffCap);
    case AckPolicy::describe:
    case AckPolicy::streamDeleted:
      closeSession();
      return wait(State::describing, ack.error);
    case AckPolicy::fatal:
      return fail(ack.error);
    case AckPolicy::reconnect:
      return sessionFailed(ack.error);
  }
}

/// Where no fragment is named nothing is skipped the first time, the oldest one the second.
void Life::setAside(const event::AckRefused& ack) {
  if (!ack.fragment && !std::exchange(suspectUnknown_, true)) return sessionFailed(ack.error);
  suspectUnknown_ = false;
  suspect_.reset();
  if (tooManyRefusals(ack.error)) {
    Error error = ack.error;
    error.kind = ErrorKind::fatal;
    error.message += " This happened repeatedly, so the stream was ended.";
    return fail(error);
  }
  act(action::RefuseFragment{ack.fragment, ack.error});
  closeSession();
  goReady();
}

bool Life::tooManyRefusals(const Error& error) {
  sameRefusals_ = error.code == lastRefusal_ ? sameRefusals_ + 1 : 1;
  lastRefusal_ = error.code;
  refusals_.push_back(now_);
  while (now_ - refusals_.front() > refusalWindow)
    refusals_.pop_front();
  return sameRefusals_ >= refusalsInARow || refusals_.size() >= refusalsInAWindow;
}

}  // namespace kvs::upload
