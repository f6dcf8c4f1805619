// SPDX-License-Identifier: Apache-2.0
// The life of one stream as a pure machine: (state, event, now) -> (state, actions). It opens no socket,
// reads no clock and starts no timer: the shell (uploader.h) carries its actions out and reports the results
// as events. Its only random numbers come from a seeded generator, so years of trouble can be simulated in
// seconds. Used on the loop's thread.
//
//   configuring -> credentials -> describing -> [creating] -> [tagging] -> locating -> ready
//   ready --data--> streaming --age, new header--> handingOver --> ready
//                   streaming --source paused--> idle --> ready
//                   streaming --end of stream--> draining --> ready
//   every state before ready, and every broken session --> waiting --retry--> where it was
//   hold --> held --release--> where it was
//   an error that no retry can mend, or stop --> stopped
//
// A hand-over closes before it opens: two sessions of a stream never overlap.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/random.h"
#include "base/time.h"
#include "upload/life_action.h"
#include "upload/life_event.h"
#include "upload/life_state.h"
#include "upload/refusals.h"
#include "upload/retry.h"

namespace kvs::upload {

struct LifeConfig {
  bool allowCreate = true;
  bool hasTags = false;
  RetryConfig retry{};
  Milliseconds formatPatience{Seconds(5)};  ///< with announced tracks whose format is not known yet
  Milliseconds completionTimeout{10000};    ///< without acknowledgement, of a session that is ending
  Milliseconds longestFragment{Seconds(20)};
  Nanoseconds staleness{0};         ///< without a word on what was sent, and for two fragments; 0: for ever
  Milliseconds credentialsLife{0};  ///< they are asked for again after it; 0: not before they expire
  Milliseconds sessionLength{Seconds(2400)};  ///< the service ends one after 45 minutes
  Milliseconds sessionJitter{Seconds(600)};   ///< taken off at random: streams do not turn over together
  Milliseconds burstInterval{0};  ///< near-realtime: what is there is sent so often; 0: as it comes
  Milliseconds ownSessionGrace{Seconds(30)};  ///< ConnectionLimitExceeded after our own session's end
};

/// Its many private functions are one for each event, and the decisions that several of them share; what is
/// remembered of refusals, and of failures, is kept by Refusals and Retry.
class Life {
 public:
  Life(LifeConfig config, std::uint64_t seed);

  State state() const { return stateOf(situation_); }
  unsigned attempts() const { return retry_.attempts(); }

  /// Takes an event at a time; gives what to do, in order.
  [[nodiscard]] Actions on(const Event& event, TimePoint now);

 private:
  void handle(const event::Start&);
  void handle(const event::DataAvailable&);
  void handle(const event::FormatSet&);
  void handle(const event::EndOfStream&);
  void handle(const event::Hold&);
  void handle(const event::Release&);
  void handle(const event::Stop&);

  void handle(const event::CredentialsFetched&);
  void handle(const event::Described&);
  void handle(const event::FormatsMissing&);
  void handle(const event::Created&);
  void handle(const event::Tagged&);
  void handle(const event::Located&);
  void handle(const event::NoOtherEndpoint&);
  void handle(const event::CallFailed&);
  void handle(const event::RenewalFailed&);

  void handle(const event::SessionOpened&);
  void handle(const event::NothingToSend&);
  void handle(const event::SessionAnswered&);
  void handle(const event::SessionEnded&);
  void handle(const event::StorageFull&);
  void handle(const event::AckRefused&);
  void handle(const event::Persisted&);
  void handle(const event::SessionConfirmed&);
  void handle(const event::HeaderChanged&);
  void handle(const event::LogEmpty&);
  void handle(const event::Observed&);
  void handle(const event::TimerFired&);

  // Where to go
  void follow(Course course);
  void rest();
  void become(Situation next);
  void wait(Course course, const Error& error);
  void waitFor(Course course, const Error& error, Milliseconds delay);
  void refused(const Error& error, Course course);
  void refusedKeys(const Error& error, Course course);
  void describeFailed(const Error& error);
  void fail(const Error& error);

  bool isAsking() const { return state() >= State::credentials && state() <= State::locating; }

  // Sessions
  bool mayFinish() const { return state() == State::streaming || state() == State::handingOver; }
  void openSession(bool isBurst = false);
  void finishSession(State as, action::FinishSession how);
  void closeSession(bool deadHost = false);
  void sessionFailed(const Error& error, bool deadHost = false);
  void openNext();
  void expectProgress();
  void judgeProgress(const event::Observed& seen);
  void watchAgain(const event::Observed& seen);
  Nanoseconds staleAfter(const event::Observed& seen) const;
  bool credentialsAreOld() const;
  void refusedFragment(const event::AckRefused& ack);
  void kmsFailed(const Error& error);

  void succeeded();
  void warnIfStrange(const Error& error);
  void report(ConnectionState state);
  void setTimer(Timer timer, Milliseconds delay);
  bool isSet(Timer timer) const { return timers_[static_cast<std::size_t>(timer)]; }
  void act(Action action) { actions_.push_back(std::move(action)); }

  const LifeConfig config_;
  Retry retry_;
  Refusals refusals_;
  Random random_;
  TimePoint now_{};
  Actions actions_;
  Situation situation_;
  std::bitset<timerCount> timers_;  ///< that are set

  /// What is wanted, in whichever state it is.
  struct Wishes {
    bool send = false;  ///< the log may have something to send
    bool drain = false;
    bool hold = false;
  } wishes_;
  /// What the stream's past says about what comes.
  struct Past {
    bool wasReady = false;
    bool isTagged = false;
    bool formatsOverdue = false;  ///< those that are missing are not waited for any more
    bool strangeReported = false;
    bool sessionFailed = false;  ///< the last one
    unsigned unreached = 0;      ///< sessions in a row that met no service
    std::optional<TimePoint> sessionEndedAt;
  } past_;
  struct Keys {
    std::optional<TimePoint> fetchedAt;
    bool refreshed = false;  ///< fetched again since something last succeeded
    bool worked = false;
  } keys_;
};

}  // namespace kvs::upload
