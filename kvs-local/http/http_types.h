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

#include "base/result.h"

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

HttpReply jsonReply(std::string body);
HttpReply plainRefusal(int status, const std::string& why);

/// Status line and headers, the empty line included, with a `Date` unless `headers` have one. Without
/// `length` the body is chunked.
std::string renderHead(int status, const Headers& headers, std::optional<std::uint64_t> length, WallTime now,
                       bool close);

/// One chunk of a chunked body; the empty text gives the last chunk.
std::string renderChunk(std::string_view data);

/// RFC 9110 section 5.6.7: "Tue, 15 Nov 1994 08:12:31 GMT".
std::string httpDate(WallTime time);

/// A new id for the header that names a request.
std::string makeRequestId();

std::string toLower(std::string_view text);
std::string_view trim(std::string_view text);

}  // namespace kvslocal
