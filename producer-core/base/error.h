// SPDX-License-Identifier: Apache-2.0
// One Error type for the whole house: the documented status code, what can be done about it, a
// sentence a user can act on, and the service's request id where there is one.
#pragma once

#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <utility>

#include "base/status.h"
#include "base/time.h"

namespace kvs {

/// What an error means for the one who met it. Retry decisions ask the kind, never the text.
enum class ErrorKind {
  retryable,      ///< network or service trouble: back off and try again, for ever
  throttled,      ///< the service asks for fewer calls: back off, honouring Retry-After
  auth,           ///< refused credentials or signature: correct once, then see who worked before
  clock,          ///< refused for the clock's sake, which has been put right since: try again
  notFound,       ///< the stream does not exist
  endpointMoved,  ///< the data endpoint no longer serves this stream: ask for it again
  fatal,          ///< no retry can mend it: wrong configuration, input or quota
  cancelled,      ///< we ended it ourselves; tell nobody
};

struct Error {
  StatusCode code = StatusCode::unknown;
  ErrorKind kind = ErrorKind::fatal;
  std::string message{};                     ///< for the user: what was wrong, and what to do
  std::string requestId{};                   ///< x-amzn-RequestId, empty where no service answered
  int httpStatus = 0;                        ///< 0 where no service answered
  std::string exception{};                   ///< the service's exception name, e.g. ResourceNotFoundException
  std::optional<Milliseconds> retryAfter{};  ///< the service's Retry-After: do not ask again before
  std::optional<WallTime> serverDate{};      ///< the answer's Date (resolution 1 s): tells a clock's error
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
