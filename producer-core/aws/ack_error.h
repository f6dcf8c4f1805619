// SPDX-License-Identifier: Apache-2.0
// What an ERROR acknowledgement means and what the producer does about it. Every ERROR ends the
// session, whatever its policy.
#pragma once

#include <optional>
#include <string_view>

#include "base/status.h"

namespace kvs::aws {

enum class AckPolicy {
  reconnect,          ///< back off, resend from the first fragment not persisted
  newSession,         ///< normal: open the next session, without back-off
  setAside,           ///< refuse this fragment, go on with the next
  setAsideOnRepeat,   ///< resend; the second refusal sets the fragment aside
  resendWithoutTags,  ///< resend the fragment without its Tags, and say so
  resendOtherHeader,  ///< a session whose header fits the blocks; refused again: set aside
  correctClock,       ///< learn the time from Date, resend; refused again: fatal
  describe,           ///< back off through describeStream
  retryKms,           ///< back off up to 60 s, for ever; reported once
  streamDeleted,      ///< as a 404 from describe
  fatal,              ///< a configuration that no retry can mend
};

struct AckError {
  int id;                 ///< 0 where the service publishes none
  std::string_view name;  ///< the service's name
  StatusCode code;
  AckPolicy policy;
  std::string_view sentence;  ///< for the user: what was wrong, and what to do
};

/// Looks up by number, else by name; else as an unknown one: below 5000 set aside on
/// repeat, from 5000 reconnect. Without number and name it is missingErrorAckId.
const AckError& ackError(std::optional<int> errorId, std::string_view errorCode);

}  // namespace kvs::aws
