// SPDX-License-Identifier: Apache-2.0
// What an answer other than 200 means: the service's exception and text become one Error whose kind
// says whether to retry, to renew the credentials, or to give up. Serves every operation.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "aws/operation.h"
#include "base/error.h"
#include "net/transport.h"

namespace kvs::aws {

/// Makes an Error of the answer of a service, a proxy or whoever answered. `body` may be anything.
/// - code: the guide's where it has one for the exception, else the operation's own;
/// - kind: by exception, then by status; what is unknown is retryable;
/// - message: what was refused, the service's own text (cut, cleaned, without the canonical request
///   that signature errors carry, for that holds the session token), what to do;
/// - requestId, httpStatus, exception, retryAfter, serverDate as the answer has them.
/// `streamName` is empty where the operation is about no stream.
Error parseErrorAnswer(const net::ResponseHead& head, std::string_view body, const Operation& operation,
                       std::string_view streamName);

/// The Error of a call that got no whole answer: the transport's, told with operation and stream. Its
/// kind stays; a time-out becomes serviceCallTimeout, a code that is unknown becomes the operation's own.
Error describeTransportError(Error error, const Operation& operation, std::string_view streamName);

/// A server's text, fit for one line of a log: cut, without control characters, and without what signature
/// errors carry behind their first sentence (the canonical request, and in it the session token).
std::string cleanServiceText(std::string_view text);

/// An HTTP date ("Sun, 06 Nov 1994 08:49:37 GMT"); nothing when it is none.
std::optional<WallTime> parseHttpDate(std::string_view text);

}  // namespace kvs::aws
