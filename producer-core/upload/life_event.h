// SPDX-License-Identifier: Apache-2.0
// What a stream's life is told: what the application wants, and what became of the actions that the life
// asked for. Each is reported under its own name by whoever saw it happen; none decides anything.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "aws/ack_error.h"
#include "base/error.h"
#include "base/time.h"
#include "upload/life_timer.h"

namespace kvs::upload {

namespace event {

// --- from the application ---

struct Start {};
/// The log has something that may be sent. `newFrames`: it was put after end of stream.
struct DataAvailable {
  bool newFrames = false;
};
/// The format of a track has become known, or is no longer waited for.
struct FormatSet {};
struct EndOfStream {};
/// Nothing is to be sent until Release: what runs is brought to an end.
struct Hold {};
struct Release {};
struct Stop {};

// --- on the way to the data endpoint ---

struct CredentialsFetched {};
struct Described {
  enum class Status { creating, usable, deleting } status = Status::usable;
};
/// The stream cannot be created yet: formats of tracks are missing, perhaps all.
struct FormatsMissing {
  bool all = true;
};
struct Created {};
struct Tagged {};
struct Located {};
/// Asked for again, and there is no other: the user has named the data endpoint.
struct NoOtherEndpoint {
  Error error;
};
/// The step under way failed (credentials, describe, create, tag, locate).
struct CallFailed {
  Error error;
};
/// There are no new credentials. `formerHold`: those that were due can still be used.
struct RenewalFailed {
  Error error;
  bool formerHold = false;
};

// --- of sessions ---

struct SessionOpened {
  std::optional<Nanoseconds> credentialsLife{};  ///< how long they hold; unset: for ever, as far as known
};
/// No session was opened: the log has nothing that may be sent.
struct NothingToSend {};
/// The service answered the session with 200.
struct SessionAnswered {};
/// The session is over without our doing; no error means the service ended its answer.
struct SessionEnded {
  std::optional<Error> error;
};
/// The fragment that is being sent takes all the room there is: nothing can be dropped before the session
/// ends.
struct StorageFull {};
/// An ERROR acknowledgement: the session is over. `fragment` where it names one that we sent.
struct AckRefused {
  aws::AckPolicy policy = aws::AckPolicy::reconnect;
  Error error;
  std::optional<std::uint64_t> fragment;
};
struct Persisted {};
/// The session has nothing more to send, and all that it sent is durable: it may be closed. This may be
/// reported before the hand-over that ended it, since the body may have found that by itself.
struct SessionConfirmed {};
/// The next fragment needs another header, so the session's body has ended.
struct HeaderChanged {};
/// The log is empty.
struct LogEmpty {};
/// What is seen of a session, as action::Observe asks.
struct Observed {
  Nanoseconds silence{0};          ///< since the service's last word on what was sent; 0 where it owes none
  Nanoseconds longestFragment{0};  ///< of those that it owes a word on
  std::uint64_t bytesSent = 0;
  Nanoseconds sourcePause{0};              ///< since the last frame
  Nanoseconds longestPause = Seconds(15);  ///< that this source makes as it goes
  bool sourceHeldBack = false;             ///< frames wait for room: it has not paused
};

struct TimerFired {
  Timer timer = Timer::retry;
};

}  // namespace event

using Event =
    std::variant<event::Start, event::DataAvailable, event::FormatSet, event::EndOfStream, event::Hold,
                 event::Release, event::Stop, event::CredentialsFetched, event::Described,
                 event::FormatsMissing, event::Created, event::Tagged, event::Located, event::NoOtherEndpoint,
                 event::CallFailed, event::RenewalFailed, event::SessionOpened, event::NothingToSend,
                 event::SessionAnswered, event::SessionEnded, event::StorageFull, event::AckRefused,
                 event::Persisted, event::SessionConfirmed, event::HeaderChanged, event::LogEmpty,
                 event::Observed, event::TimerFired>;

}  // namespace kvs::upload
