// SPDX-License-Identifier: Apache-2.0
// What a connection has read and nobody has taken yet, and the parser that takes it apart. A buffer that is
// filled grows, up to a bound. No socket is in here.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "http/http_parser.h"

namespace kvslocal {

class RequestReader {
 public:
  RequestReader() { begin(); }

  /// Makes ready for the next request; what was read behind the last one stays.
  void begin();
  /// The next part of the request, from at most `most` of the bytes that wait.
  Result<HttpPart> next(std::size_t most);
  /// Nothing of what was read is of any use.
  void throwAway();

  /// Where the next read may put its bytes: until filled() is called, nothing else may be.
  std::span<std::uint8_t> room();
  void filled(std::size_t bytes, MonoTime now);

  [[nodiscard]] const HttpHead& head() const { return parser_->head(); }
  /// When the last read returned.
  [[nodiscard]] MonoTime arrival() const { return arrival_; }
  [[nodiscard]] bool empty() const { return from_ == to_; }

 private:
  std::unique_ptr<HttpParser> parser_;
  Bytes buffer_;
  std::size_t from_ = 0;  ///< of what waits
  std::size_t to_ = 0;
  MonoTime arrival_{};
  bool full_ = false;  ///< the last read filled it: more may be waiting
};

}  // namespace kvslocal
