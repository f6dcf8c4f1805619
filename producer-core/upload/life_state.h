// SPDX-License-Identifier: Apache-2.0
// Where a stream stands between its start and its end. Each state is a type that holds what is known in that
// state only: it is gone as soon as the state is.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "base/time.h"

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
  held,         ///< switched off: nothing is asked for or sent, and there is no connection
  stopped,
};
std::string_view stateName(State state);

/// What whoever waits for the last fragment to be confirmed may hope for.
enum class Outlook : std::uint8_t {
  none,        ///< nothing happens for now
  connecting,  ///< the way to the first session, or to another endpoint
  ready,
  inSession,
};
Outlook outlookOf(State state);

/// What is to be done next, as soon as nothing stands in the way: one of the steps from describing to
/// locating, or `ready`, from where sessions are opened.
struct Course {
  State then = State::describing;
  bool credentialsFirst = false;
  bool renewal = false;  ///< of credentials that are still valid, but due
};

namespace state {

struct Configuring {};
struct Credentials {
  Course course;  ///< what they are wanted for
};
struct Describing {
  bool created = false;  ///< the service has said that the stream is there
};
struct Creating {
  bool awaitsFormat = false;  ///< a stream is created with its media type, which is not known yet
};
struct Tagging {};
struct Locating {};
struct Ready {};

/// What all states with a session have.
struct Session {
  TimePoint openedAt{};
  bool answered = false;  ///< with 200
  bool isClosed = false;  ///< by us: what follows is being decided
};
/// A session that is on its way to its end: confirmations, or bytes that leave, show that it gets there.
struct Ending : Session {
  Milliseconds patience{0};
  std::optional<std::uint64_t> sentBefore{};  ///< bytes, when the patience began; unset: not yet looked at
  bool isDue = false;                         ///< the patience is over, unless bytes have left since
};
struct Streaming : Session {
  bool isBurst = false;  ///< ends behind what is complete
};
struct HandingOver : Ending {};
struct Idle : Ending {};
struct Draining : Ending {};

struct Waiting {
  Course course;
};
struct Held {
  Course course;
};
struct Stopped {
  bool isClosed = false;  ///< by a stop; else by an error, and the stop is still to come
};

}  // namespace state

/// In the order of State.
using Situation =
    std::variant<state::Configuring, state::Credentials, state::Describing, state::Creating, state::Tagging,
                 state::Locating, state::Ready, state::Streaming, state::HandingOver, state::Idle,
                 state::Draining, state::Waiting, state::Held, state::Stopped>;

inline State stateOf(const Situation& situation) {
  return static_cast<State>(situation.index());
}

/// Null where the situation is without a session.
state::Session* sessionOf(Situation& situation);
/// Null where no session is ending.
state::Ending* endingOf(Situation& situation);

}  // namespace kvs::upload
