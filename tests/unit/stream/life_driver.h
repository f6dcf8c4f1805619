// SPDX-License-Identifier: Apache-2.0
// Plays the shell for a stream's life: gives it events at times of a clock that the test moves, and keeps
// what it asked for as words, so that a test reads as a story.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "upload/life.h"

namespace kvs::upload::test {

inline Error errorOf(ErrorKind kind, std::string exception = {},
                     StatusCode code = StatusCode::putMediaFailed) {
  Error error;
  error.code = code;
  error.kind = kind;
  error.message = "test";
  error.exception = std::move(exception);
  return error;
}

using Words = std::vector<std::string>;

class LifeDriver {
 public:
  explicit LifeDriver(LifeConfig config = {}, std::uint64_t seed = 1) : life_(config, seed) {}

  /// What the life asked for, in order, without reports of changes and timers. What the shell would report at
  /// once follows: that a session is open, and what is seen of it.
  Words on(const Event& event) {
    actions_.clear();
    passed_.assign(1, state());
    Words words;
    for (std::deque<Event> events{event}; !events.empty(); events.pop_front()) {
      for (const Action& action : life_.on(events.front(), now_)) {
        actions_.push_back(action);
        note(action);
        if (std::holds_alternative<action::OpenSession>(action)) events.push_back(opened());
        if (std::holds_alternative<action::Observe>(action)) events.push_back(seen);
        if (const std::string word = wordOf(action); !word.empty()) words.push_back(word);
      }
      passed_.push_back(state());
    }
    return words;
  }

  Words start() { return on(event::Start{}); }

  /// Through describe and locate of a stream that exists.
  void toReady() {
    start();
    on(event::CredentialsFetched{});
    on(event::Described{});
    if (life_.state() == State::tagging) on(event::Tagged{});
    on(event::Located{});
    ASSERT_EQ(life_.state(), State::ready);
  }
  void toStreaming() {
    toReady();
    on(event::DataAvailable{});
    on(event::SessionAnswered{});
    ASSERT_EQ(life_.state(), State::streaming);
  }

  /// The retry timer fires when it is due.
  Words retry() {
    EXPECT_TRUE(timers_.contains(Timer::retry));
    if (!timers_.contains(Timer::retry)) return {};
    now_ = std::max(now_, timers_.at(Timer::retry));
    timers_.erase(Timer::retry);
    return on(event::TimerFired{Timer::retry});
  }
  Words fire(Timer timer) {
    EXPECT_TRUE(timers_.contains(timer));
    if (!timers_.contains(timer)) return {};
    now_ = std::max(now_, timers_.at(timer));
    timers_.erase(timer);
    return on(event::TimerFired{timer});
  }
  /// The source gives nothing more, and that is seen.
  Words pauseSource() {
    seen.sourcePause = seen.longestPause;
    const Words words = fire(Timer::watch);
    seen.sourcePause = {};
    return words;
  }
  Words refuse(aws::AckPolicy policy, std::optional<std::uint64_t> fragment = {},
               StatusCode code = StatusCode::ackInvalidMkvData) {
    const auto kind = policy == aws::AckPolicy::fatal ? ErrorKind::fatal : ErrorKind::retryable;
    return on(event::AckRefused{policy, errorOf(kind, {}, code), fragment});
  }

  void advance(Nanoseconds by) { now_ += by; }
  State state() const { return life_.state(); }
  bool timerSet(Timer timer) const { return timers_.contains(timer); }
  Nanoseconds timerIn(Timer timer) const { return timers_.at(timer) - now_; }
  TimePoint now() const { return now_; }

  /// The states that the last event led through, its answers included.
  const std::vector<State>& passed() const { return passed_; }
  /// Of the last event.
  std::vector<ConnectionChange> reported() const {
    std::vector<ConnectionChange> changes;
    for (const Action& action : actions_) {
      if (const auto* report = std::get_if<action::ReportChange>(&action)) changes.push_back(report->change);
    }
    return changes;
  }
  bool reports(ConnectionState state) const {
    const auto all = reported();
    return std::ranges::any_of(all, [&](const ConnectionChange& c) { return c.state == state; });
  }
  template <class Wanted>
  const Wanted* find() const {
    for (const Action& action : actions_) {
      if (const auto* wanted = std::get_if<Wanted>(&action)) return wanted;
    }
    return nullptr;
  }

  /// Never more than one session, never one closed twice, and none left behind.
  bool sessionOpen() const { return sessionOpen_; }

  // What the shell would say when it is asked.
  bool hasSendable = true;
  std::optional<Nanoseconds> credentialsLife;
  event::Observed seen;

 private:
  Event opened() {
    if (hasSendable) return event::SessionOpened{credentialsLife};
    sessionOpen_ = false;
    return event::NothingToSend{};
  }
  void note(const Action& action) {
    if (const auto* set = std::get_if<action::SetTimer>(&action)) {
      EXPECT_GE(set->delay.count(), 0);
      timers_[set->timer] = now_ + set->delay;
    }
    if (const auto* cancel = std::get_if<action::CancelTimer>(&action)) timers_.erase(cancel->timer);
    if (std::holds_alternative<action::OpenSession>(action)) {
      EXPECT_FALSE(sessionOpen_) << "two sessions overlap";
      sessionOpen_ = true;
    }
    if (std::holds_alternative<action::CloseSession>(action)) {
      EXPECT_TRUE(sessionOpen_) << "no session to close";
      sessionOpen_ = false;
    }
  }

  static std::string wordOf(const Action& action) {
    struct Namer {
      std::string operator()(const action::FetchCredentials&) { return "credentials"; }
      std::string operator()(const action::Describe&) { return "describe"; }
      std::string operator()(const action::Create& create) {
        return create.incomplete ? "create incomplete" : "create";
      }
      std::string operator()(const action::TagStream&) { return "tag"; }
      std::string operator()(const action::Locate&) { return "locate"; }
      std::string operator()(const action::AbandonCall&) { return "abandon"; }
      std::string operator()(const action::OpenSession&) { return "open"; }
      std::string operator()(const action::FinishSession& finish) {
        return std::string("finish ") +
               (finish.everything ? "everything"
                : finish.burst    ? "complete"
                                  : "fragment") +
               (finish.endTag ? " endTag" : "");
      }
      std::string operator()(const action::CloseSession&) { return "close"; }
      std::string operator()(const action::RefuseFragment& refuse) {
        return "refuse " + (refuse.fragment ? std::to_string(*refuse.fragment) : "oldest");
      }
      std::string operator()(const action::StripTags& strip) {
        return "strip " + (strip.fragment ? std::to_string(*strip.fragment) : "oldest");
      }
      std::string operator()(const action::SetTimer&) { return {}; }
      std::string operator()(const action::CancelTimer&) { return {}; }
      std::string operator()(const action::Observe&) { return {}; }
      std::string operator()(const action::ReportChange&) { return {}; }
      std::string operator()(const action::ReportStale&) { return "stale"; }
      std::string operator()(const action::Warn&) { return "warn"; }
      std::string operator()(const action::Fail&) { return "fail"; }
      std::string operator()(const action::ReportReady&) { return "ready"; }
      std::string operator()(const action::ReportDrained&) { return "drained"; }
      std::string operator()(const action::ReportStopped&) { return "stopped"; }
    };
    return std::visit(Namer{}, action);
  }

  Life life_;
  Actions actions_;
  std::vector<State> passed_;
  std::map<Timer, TimePoint> timers_;
  TimePoint now_{std::chrono::hours(77)};
  bool sessionOpen_ = false;
};

}  // namespace kvs::upload::test
