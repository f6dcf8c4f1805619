// SPDX-License-Identifier: Apache-2.0
// An incremental HTTP/1.1 request parser over Boost.Beast. The body is handed on in place, piece by piece, so
// a PutMedia body of 45 minutes costs no memory. The face hides Beast, so that only one file compiles it.
#pragma once

#include <functional>
#include <memory>

#include "http_types.h"
#include "result.h"

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

  /// Takes what it can of `bytes` and answers how much that was: the caller brings the rest again, with more
  /// behind it. Nothing behind the request's end is taken. A sentence for bytes that are no HTTP request.
  Result<std::size_t> feed(ByteView bytes);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kvslocal
