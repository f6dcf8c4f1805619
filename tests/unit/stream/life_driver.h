// SPDX-License-Identifier: Apache-2.0
// Plays the shell for the machine: gives it events at times of a clock that the test moves, and keeps
// what it asked for as words, so that a test reads as a story.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "upload/life.h"

namespace kvs::stream::test {

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
  explicit LifeDriver(upload::LifeConfig config = {}, std::uint64_t seed = 1) : life_(config, seed) {}

  /// What the machine asked for, in order, without Tell and timers.
  Words on(const upload::Event& event) {
    actions_ = life_.on(event, now_);
    Words words;
    for (const upload::Action& action : actions_) {
      note(action);
      if (const std::string word = wordOf(action); !word.empty()) words.push_back(word);
    }
    return words;
  }

  Words start() { return on(upload::event::Start{}); }

  /// Through describe and locate of a stream that exists.
  void toReady() {
    start();
    on(upload::event::CredentialsFetched{});
    on(upload::event::Described{});
    if (life_.state() == upload::State::tagging) on(upload::event::Tagged{});
    on(upload::event::Located{});
    ASSERT_EQ(life_.state(), upload::State::ready);
  }
  void toStreaming() {
    toReady();
    on(upload::event::DataAvailable{});
    on(upload::event::SessionAnswered{});
    ASSERT_EQ(life_.state(), upload::State::streaming);
  }

  /// The retry timer fires when it is due.
  Words retry() {
    EXPECT_TRUE(timers_.contains(upload::Timer::retry));
    if (!timers_.contains(upload::Timer::retry)) return {};
    now_ = std::max(now_, timers_.at(upload::Timer::retry));
    timers_.erase(upload::Timer::retry);
    return on(upload::event::TimerFired{upload::Timer::retry});
  }
  Words fire(upload::Timer timer) {
    EXPECT_TRUE(timers_.contains(timer));
    if (!timers_.contains(timer)) return {};
    now_ = std::max(now_, timers_.at(timer));
    timers_.erase(timer);
    return on(upload::event::TimerFired{timer});
  }
  Words refuse(aws::AckPolicy policy, std::optional<std::uint64_t> fragment = {},
               StatusCode code = StatusCode::ackInvalidMkvData) {
    const auto kind = policy == aws::AckPolicy::fatal ? ErrorKind::fatal : ErrorKind::retryable;
    return on(upload::event::AckRefused{policy, errorOf(kind, {}, code), fragment});
  }

  void advance(Nanoseconds by) { now_ += by; }
  upload::State state() const { return life_.state(); }
  const upload::Life& machine() const { return life_; }
  bool timerSet(upload::Timer timer) const { return timers_.contains(timer); }
  Nanoseconds timerIn(upload::Timer timer) const { return timers_.at(timer) - now_; }
  TimePoint now() const { return now_; }

  /// Of the last event.
  std::vector<ConnectionChange> told() const {
    std::vector<ConnectionChange> changes;
    for (const upload::Action& action : actions_) {
      if (const auto* tell = std::get_if<upload::action::Tell>(&action)) changes.push_back(tell->change);
    }
    return changes;
  }
  bool tells(ConnectionState state) const {
    const auto all = told();
    return std::ranges::any_of(all, [&](const ConnectionChange& c) { return c.state == state; });
  }
  template <class Wanted>
  const Wanted* find() const {
    for (const upload::Action& action : actions_) {
      if (const auto* wanted = std::get_if<Wanted>(&action)) return wanted;
    }
    return nullptr;
  }

  /// Never more than one session, never one closed twice, and none left behind.
  bool sessionOpen() const { return sessionOpen_; }

 private:
  void note(const upload::Action& action) {
    if (const auto* set = std::get_if<upload::action::SetTimer>(&action)) {
      EXPECT_GE(set->delay.count(), 0);
      timers_[set->timer] = now_ + set->delay;
    }
    if (const auto* cancel = std::get_if<upload::action::CancelTimer>(&action)) timers_.erase(cancel->timer);
    if (std::holds_alternative<upload::action::OpenSession>(action)) {
      EXPECT_FALSE(sessionOpen_) << "two sessions overlap";
      sessionOpen_ = true;
    }
    if (std::holds_alternative<upload::action::CloseSession>(action)) {
      EXPECT_TRUE(sessionOpen_) << "no session to close";
      sessionOpen_ = false;
    }
  }

  static std::string wordOf(const upload::Action& action) {
    struct Namer {
      std::string operator()(const upload::action::FetchCredentials&) { return "credentials"; }
      std::string operator()(const upload::action::Describe&) { return "describe"; }
      std::string operator()(const upload::action::Create&) { return "create"; }
      std::string operator()(const upload::action::TagStream&) { return "tag"; }
      std::string operator()(const upload::action::Locate&) { return "locate"; }
      std::string operator()(const upload::action::OpenSession&) { return "open"; }
      std::string operator()(const upload::action::FinishSession& finish) {
        return std::string("finish ") + (finish.everything ? "everything" : "fragment") +
               (finish.endTag ? " endTag" : "");
      }
      std::string operator()(const upload::action::CloseSession&) { return "close"; }
      std::string operator()(const upload::action::RefuseFragment& refuse) {
        return "refuse " + (refuse.fragment ? std::to_string(*refuse.fragment) : "oldest");
      }
      std::string operator()(const upload::action::StripTags& strip) {
        return "strip " + (strip.fragment ? std::to_string(*strip.fragment) : "oldest");
      }
      std::string operator()(const upload::action::SetTimer&) { return {}; }
      std::string operator()(const upload::action::CancelTimer&) { return {}; }
      std::string operator()(const upload::action::Tell&) { return {}; }
      std::string operator()(const upload::action::Warn&) { return "warn"; }
      std::string operator()(const upload::action::Fail&) { return "fail"; }
      std::string operator()(const upload::action::ReportReady&) { return "ready"; }
      std::string operator()(const upload::action::ReportDrained&) { return "drained"; }
      std::string operator()(const upload::action::ReportStopped&) { return "stopped"; }
    };
    return std::visit(Namer{}, action);
  }

  upload::Life life_;
  upload::Actions actions_;
  std::map<upload::Timer, TimePoint> timers_;
  TimePoint now_{std::chrono::hours(77)};
  bool sessionOpen_ = false;
};

}  // namespace kvs::stream::test
