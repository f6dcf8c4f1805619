// SPDX-License-Identifier: Apache-2.0
// The way to the data endpoint, the way back after a failure, and the end.
#include "upload/life.h"

#include <cassert>
#include <string>
#include <utility>

#include "upload/life_table.h"

namespace kvs::upload {

namespace {

bool isConnectionLimit(const Error& error) {
  return error.exception == "ConnectionLimitExceededException";
}

/// Describe refused by policy, not by credentials: the stream may still take media.
bool isDeniedByPolicy(const Error& error) {
  return error.exception == "AccessDeniedException";
}

}  // namespace

Life::Life(LifeConfig config, std::uint64_t seed)
    : config_(config), retry_(config.retry, seed), random_(seed ^ 0x5DEECE66Du) {}

Actions Life::on(const Event& event, TimePoint now) {
  now_ = now;
  const bool isOver = state() == State::stopped && !std::holds_alternative<event::Stop>(event);
  if (!isOver) std::visit([this](const auto& which) { handle(which); }, event);
  return std::exchange(actions_, {});
}

// --- what the application wants ---

void Life::handle(const event::Start&) {
  if (state() != State::configuring) return;
  report(ConnectionState::connecting);
  follow({State::describing, true});
}

void Life::handle(const event::DataAvailable& data) {
  wishes_.send = true;
  if (data.newFrames && std::exchange(wishes_.drain, false) && state() == State::draining) {
    // This session has ended its body: the new frames travel in the next.
    become(state::HandingOver{*endingOf(situation_)});
  }
  if (state() == State::ready) rest();
}

void Life::handle(const event::FormatSet&) {
  auto* creating = std::get_if<state::Creating>(&situation_);
  if (!creating || !std::exchange(creating->awaitsFormat, false)) return;
  act(action::Create{past_.formatsOverdue});
}

void Life::handle(const event::EndOfStream&) {
  wishes_.drain = true;
  if (mayFinish()) finishSession(State::draining, {.everything = true});
  if (state() == State::ready && wishes_.send) rest();  // bursts end here
}

void Life::handle(const event::Hold&) {
  wishes_.hold = true;
  if (state() == State::streaming) return finishSession(State::handingOver, {});
  if (sessionOf(situation_) || state() == State::configuring) return;  // on its way, or not yet on any
  if (const auto* waiting = std::get_if<state::Waiting>(&situation_)) return follow(waiting->course);
  if (state() == State::ready) return rest();
  if (!isAsking()) return;
  act(action::AbandonCall{});
  const auto* asking = std::get_if<state::Credentials>(&situation_);
  follow(asking ? asking->course : Course{state()});
}

void Life::handle(const event::Release&) {
  wishes_.hold = false;
  if (const auto* held = std::get_if<state::Held>(&situation_)) follow(held->course);
}

void Life::handle(const event::Stop&) {
  if (auto* stopped = std::get_if<state::Stopped>(&situation_)) {
    if (!std::exchange(stopped->isClosed, true)) act(action::ReportStopped{});
    return;
  }
  if (sessionOf(situation_)) closeSession();
  if (isAsking()) act(action::AbandonCall{});
  become(state::Stopped{true});
  report(ConnectionState::stopped);
  act(action::ReportStopped{});
}

// --- the way to ready ---

void Life::handle(const event::CredentialsFetched&) {
  const auto* asking = std::get_if<state::Credentials>(&situation_);
  if (!asking) return;
  keys_.fetchedAt = now_;
  follow({asking->course.then});
}

/// Those that are due stay in use for as long as they hold.
void Life::handle(const event::RenewalFailed& failed) {
  const auto* asking = std::get_if<state::Credentials>(&situation_);
  if (!asking) return;
  if (!failed.formerHold) return handle(event::CallFailed{failed.error});
  keys_.fetchedAt = now_;
  follow({asking->course.then});
}

void Life::handle(const event::Described& described) {
  if (state() != State::describing) return;
  succeeded();
  switch (described.status) {
    case event::Described::Status::usable:
      return follow({config_.hasTags && !past_.isTagged ? State::tagging : State::locating});
    case event::Described::Status::creating:
      return waitFor(
          {State::describing},
          {StatusCode::ackStreamNotActive, ErrorKind::retryable, "The stream is still being created."},
          retry_.pause());
    case event::Described::Status::deleting:
      return wait({State::describing},
                  {StatusCode::streamBeingDeleted, ErrorKind::retryable,
                   "The stream is being deleted; waiting until it can be created again."});
  }
}

/// A stream is created with its media type, so this waits for the first track; and for others that were
/// announced, but not for long.
void Life::handle(const event::FormatsMissing& missing) {
  auto* creating = std::get_if<state::Creating>(&situation_);
  if (!creating) return;
  creating->awaitsFormat = true;
  if (!missing.all && !isSet(Timer::format)) setTimer(Timer::format, config_.formatPatience);
}

void Life::handle(const event::Created&) {
  if (state() != State::creating) return;
  succeeded();
  past_.isTagged = true;  // createStream took the tags along
  become(state::Describing{true});
  act(action::Describe{});
}

void Life::handle(const event::Tagged&) {
  if (state() != State::tagging) return;
  past_.isTagged = true;
  succeeded();
  follow({State::locating});
}

void Life::handle(const event::Located&) {
  if (state() != State::locating) return;
  succeeded();
  if (!std::exchange(past_.wasReady, true)) {
    report(ConnectionState::ready);
    act(action::ReportReady{});
  }
  rest();
}

/// Whether the stream is still there, the control plane says.
void Life::handle(const event::NoOtherEndpoint& failed) {
  if (state() == State::locating) wait({State::describing}, failed.error);
}

void Life::handle(const event::CallFailed& failed) {
  const Error& error = failed.error;
  switch (state()) {
    case State::credentials:
      if (error.kind == ErrorKind::fatal) return fail(error);
      return wait({std::get<state::Credentials>(situation_).course.then, true}, error);
    case State::describing:
      return describeFailed(error);
    case State::creating:
      if (error.code != StatusCode::resourceInUse) return refused(error, {State::creating});
      become(state::Describing{true});
      return act(action::Describe{});
    case State::tagging:
      act(action::Warn{error});
      past_.isTagged = true;
      return follow({State::locating});
    case State::locating:
      return refused(error, {error.kind == ErrorKind::notFound ? State::describing : State::locating});
    default:
      return;
  }
}

void Life::describeFailed(const Error& error) {
  if (error.kind == ErrorKind::notFound) {
    if (!config_.allowCreate) return fail(error);
    // If the service has just said that it is there: give it time to agree with itself.
    if (std::get<state::Describing>(situation_).created) return wait({State::describing}, error);
    return follow({State::creating});
  }
  if (isDeniedByPolicy(error)) return follow({State::locating});
  refused(error, {State::describing});
}

// --- where to go ---

void Life::follow(Course course) {
  if (wishes_.hold) return become(state::Held{course});
  if (course.credentialsFirst) {
    become(state::Credentials{course});
    return act(action::FetchCredentials{course.renewal});
  }
  switch (course.then) {
    case State::describing:
      become(state::Describing{});
      return act(action::Describe{});
    case State::creating:
      become(state::Creating{});
      return act(action::Create{past_.formatsOverdue});
    case State::tagging:
      become(state::Tagging{});
      return act(action::TagStream{});
    case State::locating:
      become(state::Locating{});
      return act(action::Locate{});
    default:
      return rest();
  }
}

/// Nothing stands in the way of a session, if there is something to send.
void Life::rest() {
  if (wishes_.hold) return become(state::Held{{State::ready}});
  if (!wishes_.send) {
    retry_.rest();
    return become(state::Ready{});
  }
  if (credentialsAreOld()) return follow({State::ready, true, true});
  if (config_.burstInterval == Milliseconds{0} || wishes_.drain) return openSession();
  become(state::Ready{});
  if (!isSet(Timer::burst)) setTimer(Timer::burst, config_.burstInterval);
}

void Life::become(Situation next) {
  assert(mayFollow(state(), stateOf(next)));
  situation_ = std::move(next);
  for (std::size_t i = 0; i < timerCount; ++i) {
    const auto timer = static_cast<Timer>(i);
    if (!isSet(timer) || mayHave(state(), timer)) continue;
    timers_.reset(i);
    act(action::CancelTimer{timer});
  }
}

void Life::wait(Course course, const Error& error) {
  if (const auto why = retry_.whyNot(error, now_)) return fail(*why);
  warnIfStrange(error);
  waitFor(course, error, retry_.delay(error, now_));
}

void Life::waitFor(Course course, const Error& error, Milliseconds delay) {
  if (wishes_.hold) return become(state::Held{course});
  become(state::Waiting{course});
  setTimer(Timer::retry, delay);
  act(action::ReportChange{{ConnectionState::retrying, error, retry_.attempts(), delay}});
}

/// A step was refused: what the kind of its error asks for.
void Life::refused(const Error& error, Course course) {
  if (isConnectionLimit(error)) {
    const bool ownSession = past_.sessionEndedAt && now_ - *past_.sessionEndedAt < config_.ownSessionGrace;
    if (ownSession) return waitFor(course, error, Seconds(1));
    act(action::Warn{error});
    return wait(course, error);
  }
  if (error.kind == ErrorKind::clock) return waitFor(course, error, retry_.pause());
  if (error.kind == ErrorKind::auth) return refusedKeys(error, course);
  if (error.kind == ErrorKind::fatal) return fail(error);
  wait(course, error);
}

/// Others are asked for once, at once. Keys that have never worked are then wrong.
void Life::refusedKeys(const Error& error, Course course) {
  course.credentialsFirst = true;
  if (!std::exchange(keys_.refreshed, true)) {
    act(action::ReportChange{{ConnectionState::retrying, error, retry_.attempts() + 1, Milliseconds{0}}});
    return follow(course);
  }
  if (!keys_.worked) return fail(error);
  wait(course, error);
}

void Life::fail(const Error& error) {
  if (sessionOf(situation_)) closeSession();
  become(state::Stopped{});
  act(action::Fail{error});
}

void Life::succeeded() {
  keys_.refreshed = false;
  keys_.worked = true;
}

/// A mishap where the service has been met before; else the address may be another server's.
void Life::warnIfStrange(const Error& error) {
  if (!error.strange || keys_.worked || std::exchange(past_.strangeReported, true)) return;
  act(action::Warn{error});
}

void Life::report(ConnectionState state) {
  act(action::ReportChange{{state, {}, 0, Milliseconds{0}}});
}

void Life::setTimer(Timer timer, Milliseconds delay) {
  assert(mayHave(state(), timer));
  timers_.set(static_cast<std::size_t>(timer));
  act(action::SetTimer{timer, delay});
}

void Life::handle(const event::TimerFired& fired) {
  if (!isSet(fired.timer)) return;
  timers_.reset(static_cast<std::size_t>(fired.timer));
  switch (fired.timer) {
    case Timer::retry:
      return follow(std::get<state::Waiting>(situation_).course);
    case Timer::format:
      past_.formatsOverdue = true;
      return handle(event::FormatSet{});
    case Timer::burst:
      return wishes_.send ? openSession(true) : void();
    case Timer::session:
      return finishSession(State::handingOver, {});
    case Timer::progress:
      endingOf(situation_)->isDue = true;
      return act(action::Observe{});
    case Timer::watch:
      return act(action::Observe{});
  }
}

}  // namespace kvs::upload
