// SPDX-License-Identifier: Apache-2.0
// An incremental HTTP/1.1 request parser. The head is gathered and given to Boost.Beast whole, since Beast's
// own way of waiting for more ends in assertions and in bounds that depend on where the network cuts. The
// body is handed on in place, piece by piece, so a PutMedia body of 45 minutes costs no memory. The face
// hides Beast, so that only one file compiles it.
#pragma once

#include <functional>
#include <memory>

#include "base/result.h"
#include "http/http_types.h"

namespace kvslocal {

struct HttpParserEvents {
  std::function<void(const HttpHead&)> head;
  std::function<void(ByteView)> body;
  std::function<void()> end;
};

class HttpParser {
 public:
  explicit HttpParser(HttpParserEvents events);
  ~HttpParser();

  /// Takes `bytes` up to the request's end and answers how many those were: what is behind it is the next
  /// request's. A sentence for bytes that are no HTTP request; nothing more may be fed then.
  Result<std::size_t> feed(ByteView bytes);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kvslocal
