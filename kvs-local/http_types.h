// SPDX-License-Identifier: Apache-2.0
// HTTP as kvs-local speaks of it: a request's head, an answer, and how they are written. No library types
// here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "result.h"

namespace kvslocal {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct HttpHead {
  std::string method;
  std::string target;  ///< path and query as sent
  Headers headers;     ///< names in lower case, values trimmed, in the order sent
  bool keepAlive = true;

  /// The first header of that (lower-case) name.
  [[nodiscard]] std::optional<std::string> header(std::string_view name) const;
  /// The target without its query.
  [[nodiscard]] std::string path() const { return target.substr(0, target.find('?')); }
};

struct HttpReply {
  int status = 200;
  Headers headers;
  std::string body;
};

/// An exception of the service: its name decides the HTTP status.
struct ServiceError {
  std::string name;
  std::string message;
};

/// The HTTP status of a service exception; 400 for a name that is not known.
int statusOfException(std::string_view name);

/// The answer that carries an exception: x-amzn-ErrorType, `__type` and `Message`.
HttpReply errorReply(const ServiceError& error);
/// The same with a status of its own (faults).
HttpReply errorReply(const ServiceError& error, int status);

/// A JSON text with the service's content type.
HttpReply jsonReply(std::string body);

/// Status line and headers, the empty line included. `x-amzn-RequestId` is always among them, and
/// `Date` unless `headers` have one.
/// Without `length` the body is chunked.
std::string renderHead(int status, const Headers& headers, std::optional<std::size_t> length,
                       const std::string& requestId, WallTime now, bool close);

/// One chunk of a chunked body; the empty text gives the last chunk.
std::string renderChunk(std::string_view data);

/// RFC 9110 section 5.6.7: "Tue, 15 Nov 1994 08:12:31 GMT".
std::string httpDate(WallTime time);

std::string toLower(std::string_view text);
std::string_view trim(std::string_view text);

/// A JSON string literal, quotes included.
std::string jsonString(std::string_view text);

}  // namespace kvslocal
