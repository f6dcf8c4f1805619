// SPDX-License-Identifier: Apache-2.0
// An incremental HTTP/1.1 request parser, which is asked for one part after the other. The head is gathered
// and given to Boost.Beast whole, since Beast's own way of waiting for more ends in assertions and in bounds
// that depend on where the network cuts. The body is handed on in place, so a PutMedia body of 45 minutes
// costs no memory. The face hides Beast, so that only one file compiles it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/result.h"
#include "http/http_types.h"

namespace kvslocal {

/// What stood first in some bytes.
struct HttpPart {
  enum class Kind : std::uint8_t {
    nothing,  ///< more bytes are needed
    head,     ///< see HttpParser::head()
    body,
    end,  ///< of the request: what is behind it is the next one's
  };
  Kind kind = Kind::nothing;
  std::size_t taken = 0;  ///< how many of the bytes are used up by it
  ByteView body;          ///< a piece of the body, in place
};

class HttpParser {
 public:
  HttpParser();
  ~HttpParser();

  /// The next part that `bytes` hold. The end of a request may need none. A sentence for bytes that are no
  /// HTTP request; nothing more may be asked for then.
  Result<HttpPart> next(ByteView bytes);
  /// The request's head, from the time when it was a part.
  [[nodiscard]] const HttpHead& head() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kvslocal
