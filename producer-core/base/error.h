// SPDX-License-Identifier: Apache-2.0
// One Error type for the whole project: the documented status code, what can be done about it, a sentence
// that a user can act on, and the service's request id if there is one.
#pragma once

#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <utility>

#include "base/status.h"
#include "base/time.h"

namespace kvs {

/// What an error means for the caller. Retry decisions depend on the kind, never on the text.
enum class ErrorKind {
  retryable,  ///< a problem of the network or the service: back off and retry, for ever
  throttled,  ///< the service asks for fewer calls: back off, honouring Retry-After
  auth,   ///< credentials or signature refused: correct them once; then it matters whether they ever worked
  clock,  ///< refused because of a wrong clock, which has been corrected since: try again
  notFound,       ///< the stream does not exist
  endpointMoved,  ///< the data endpoint no longer serves this stream: ask for it again
  fatal,          ///< no retry can fix it: wrong configuration, input or quota
  cancelled,      ///< we ended it ourselves; not to be reported
};

struct Error {
  StatusCode code = StatusCode::unknown;
  ErrorKind kind = ErrorKind::fatal;
  std::string message{};                     ///< for the user: what was wrong, and what to do
  std::string requestId{};                   ///< x-amzn-RequestId; empty if no service answered
  int httpStatus = 0;                        ///< 0 if no service answered
  std::string exception{};                   ///< the service's exception name, e.g. ResourceNotFoundException
  std::optional<Milliseconds> retryAfter{};  ///< the service's Retry-After, up to a day
  std::optional<WallTime> serverDate{};      ///< the answer's Date (resolution 1 s): reveals a wrong clock
  bool strange = false;  ///< the answer was not in the service's language: a mishap, or not the service
};

template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(Error error) {
  return tl::unexpected<Error>(std::move(error));
}
inline tl::unexpected<Error> fail(StatusCode code, ErrorKind kind, std::string message) {
  return tl::unexpected<Error>(Error{code, kind, std::move(message), {}, 0, {}, {}, {}});
}

}  // namespace kvs
