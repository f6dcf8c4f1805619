// SPDX-License-Identifier: Apache-2.0
// The life of one stream as a pure machine: (state, event, now) -> (state, actions). It opens no socket,
// reads no clock and starts no timer; a shell (stream_core.h) carries its actions out and returns the results
// as events. Its only random numbers come from a seeded generator.
//
//   configuring -> credentials -> describing -> [creating] -> [tagging] -> locating -> ready
//   ready --data--> streaming --rotation, new header--> handingOver --> ready
//                   streaming --source paused--> idle --> ready
//                   streaming --end of stream--> draining --> ready
//   every state before ready, and every broken session --> waiting --retry--> where it was
//   an error that no retry can mend, or stop --> stopped
//
// A hand-over closes before it opens: two sessions of a stream never overlap.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "aws/ack_error.h"
#include "base/error.h"
#include "base/news.h"
#include "base/time.h"
#include "upload/backoff.h"

namespace kvs::upload {

enum class State : std::uint8_t {
  configuring,  ///< made, not started
  credentials,  ///< asking for credentials
  describing,
  creating,
  tagging,
  locating,     ///< asking for the data endpoint
  ready,        ///< nothing to send, no connection
  streaming,    ///< a session is open or being opened
  handingOver,  ///< the session ends at the next fragment boundary, another will follow
  idle,         ///< the source paused: the last fragment is closed and confirmed, then the session goes
  draining,     ///< end of stream: what is left is sent and confirmed
  waiting,      ///< backing off
  stopped,
};
std::string_view stateName(State state);

namespace event {
struct Start {};
struct CredentialsFetched {};
struct Described {
  enum class Status { creating, usable, deleting } status = Status::usable;
};
struct Created {};
struct Tagged {};
struct Located {};
/// The step under way failed (credentials, describe, create, tag, locate).
struct CallFailed {
  Error error;
};
/// The log has something to send, or may have. `newFrames`: it was put after end of stream.
struct DataAvailable {
  bool newFrames = false;
};
/// The service answered the session with 200.
struct SessionAnswered {};
/// The session is over without our doing; no error means the service ended its answer.
struct SessionEnded {
  std::optional<Error> error;
};
/// An ERROR acknowledgement: the session is over. `fragment` where it names one that we sent.
struct AckRefused {
  aws::AckPolicy policy = aws::AckPolicy::reconnect;
  Error error;
  std::optional<std::uint64_t> fragment;
};
struct Persisted {};
/// The session has nothing more to send, and all that it sent is durable: it may be closed. This may be heard
/// before the hand-over that ended it, since the body may have found that by itself.
struct SessionConfirmed {};
/// Nothing was put for long enough to let the connection go.
struct SourcePaused {};
/// The tracks' header changed, or the credentials did: end the session at a fragment's end.
struct HandOver {};
struct EndOfStream {};
/// The log is empty.
struct LogEmpty {};
struct TimerFired {
  enum class Timer : std::uint8_t { retry, session, progress, burst } timer = Timer::retry;
};
struct Stop {};
}  // namespace event

using Timer = event::TimerFired::Timer;
using Event = std::variant<event::Start, event::CredentialsFetched, event::Described, event::Created,
                           event::Tagged, event::Located, event::CallFailed, event::DataAvailable,
                           event::SessionAnswered, event::SessionEnded, event::AckRefused, event::Persisted,
                           event::SessionConfirmed, event::SourcePaused, event::HandOver, event::EndOfStream,
                           event::LogEmpty, event::TimerFired, event::Stop>;

namespace action {
struct FetchCredentials {
  bool renew = false;  ///< the present ones are valid but due: if no others can be had, they stay in use
};
struct Describe {};
struct Create {};
struct TagStream {};
struct Locate {};
struct OpenSession {};
/// Send up to the end of the fragment under the cursor, end the body, and report SessionConfirmed once
/// all of it is durable.
struct FinishSession {
  bool everything = false;  ///< up to the end of the log
  bool burst = false;       ///< up to the last fragment that is complete
  bool endTag = false;      ///< close the open fragment with the end-of-fragment tag first
};
/// Drop the connection now; what is not durable is to be sent again.
struct CloseSession {
  bool deadHost = false;  ///< the peer may have vanished with what it had confirmed
};
/// Set a fragment aside; none given: the oldest that is not acknowledged.
struct RefuseFragment {
  std::optional<std::uint64_t> fragment;
  Error error;
};
/// Send the fragment without its Tags from now on.
struct StripTags {
  std::optional<std::uint64_t> fragment;
};
struct SetTimer {
  Timer timer = Timer::retry;
  Milliseconds delay{0};
};
struct CancelTimer {
  Timer timer = Timer::retry;
};
struct Tell {
  ConnectionChange change;
};
struct Warn {
  Error error;
};
/// The stream has ended with this error.
struct Fail {
  Error error;
};
struct ReportReady {};
struct ReportDrained {};
struct ReportStopped {};
}  // namespace action

using Action = std::variant<action::FetchCredentials, action::Describe, action::Create, action::TagStream,
                            action::Locate, action::OpenSession, action::FinishSession, action::CloseSession,
                            action::RefuseFragment, action::StripTags, action::SetTimer, action::CancelTimer,
                            action::Tell, action::Warn, action::Fail, action::ReportReady,
                            action::ReportDrained, action::ReportStopped>;
using Actions = std::vector<Action>;

struct LifeConfig {
  bool allowCreate = true;
  bool hasTags = false;
  bool restartOnError = true;    ///< else the first failure ends the stream
  Milliseconds retryTimeout{0};  ///< a failure that lasts for longer ends the stream; 0: none does
  BackoffConfig backoff;
  Milliseconds kmsBackoffCap{60000};
  Milliseconds busyBackoffCap{60000};     ///< of what a service that has too much to do asks for
  Milliseconds completionTimeout{10000};  ///< without acknowledgement, of a session that is ending
  Milliseconds longestFragment{Seconds(20)};
  Milliseconds credentialsLife{0};  ///< they are asked for again after it; 0: not before they expire
  Milliseconds sessionLength{Seconds(2400)};  ///< the service ends one after 45 minutes
  Milliseconds sessionJitter{
      Seconds(600)};              ///< taken off at random, so that streams do not turn over together
  Milliseconds burstInterval{0};  ///< near-realtime: what is there is sent so often; 0: as it comes
  Milliseconds ownSessionGrace{Seconds(30)};  ///< ConnectionLimitExceeded after our own session's end
};

class Life {
 public:
  Life(LifeConfig config, std::uint64_t seed);

  State state() const { return state_; }
  unsigned attempts() const { return backoff_.attempts(); }
  bool isDraining() const { return draining_; }

  /// Takes an event at a time; gives what to do, in order.
  [[nodiscard]] Actions on(const Event& event, TimePoint now);

 private:
  void handle(const event::Start&);
  void handle(const event::CredentialsFetched&);
  void handle(const event::Described&);
  void handle(const event::Created&);
  void handle(const event::Tagged&);
  void handle(const event::Located&);
  void handle(const event::CallFailed&);
  void handle(const event::DataAvailable&);
  void handle(const event::SessionAnswered&);
  void handle(const event::SessionEnded&);
  void handle(const event::AckRefused&);
  void handle(const event::Persisted&);
  void handle(const event::SessionConfirmed&);
  void handle(const event::SourcePaused&);
  void handle(const event::HandOver&);
  void handle(const event::EndOfStream&);
  void handle(const event::LogEmpty&);
  void handle(const event::TimerFired&);
  void handle(const event::Stop&);

  bool inSession() const;
  bool mayFinishEarlier() const;
  void enter(State step);
  void goReady();
  void openSession();
  void beginBurst();
  void finishSession(State state, bool everything, bool endTag);
  void closeSession(bool deadHost = false);
  void wait(State next, const Error& error, std::optional<Milliseconds> cap = {});
  void waitFor(State next, const Error& error, Milliseconds delay);
  void refused(const Error& error, State next);
  void sessionFailed(const Error& error, bool deadHost = false);
  std::optional<Error> whyNotRetried(const Error& error);
  void warnIfStrange(const Error& error);
  std::optional<Milliseconds> boundedWait(const Error& error) const;
  bool credentialsAreOld() const;
  void setAside(const event::AckRefused& ack);
  bool tooManyRefusals(const Error& error);
  void fail(const Error& error);
  void succeeded();
  void tell(ConnectionState state);
  void act(Action action) { actions_.push_back(std::move(action)); }

  LifeConfig config_;
  Backoff backoff_;
  Random random_;
  State state_ = State::configuring;
  State next_ = State::describing;  // where to go after credentials or waiting
  bool askAgain_ = false;           // after waiting, by way of credentials
  TimePoint now_{};
  Actions actions_;

  bool burstSet_ = false;  // the burst's timer runs
  bool data_ = false;      // the log may have something to send
  bool draining_ = false;
  bool everReady_ = false;
  bool tagged_ = false;
  bool created_ = false;   // created, or said to exist, and not yet seen by describe
  bool answered_ = false;  // the session was answered with 200
  TimePoint openedAt_{};
  Milliseconds patience_{0};                // with the session that is ending
  std::optional<TimePoint> failingSince_;   // nothing has gone well from then on
  std::optional<TimePoint> credentialsAt_;  // when they were fetched
  bool refreshed_ = false;                  // credentials were fetched again since something last succeeded
  bool credentialsWorked_ = false;
  bool kmsTold_ = false;
  bool clockTold_ = false;
  bool strangeTold_ = false;
  unsigned unreached_ = 0;  // sessions in a row that met no service
  std::optional<TimePoint> sessionEndedAt_;

  std::optional<std::uint64_t> suspect_;  // refused once, not yet set aside
  bool suspectUnknown_ = false;           // an error that named no fragment, once
  StatusCode lastRefusal_ = StatusCode::success;
  unsigned sameRefusals_ = 0;
  std::deque<TimePoint> refusals_;  // of the last minute
};

}  // namespace kvs::upload
