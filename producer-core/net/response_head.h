// SPDX-License-Identifier: Apache-2.0
// The head of an answer, line by line: the final status and its headers.
#pragma once

#include <string_view>

#include "net/transport.h"

namespace kvs::net {

class ResponseHeadReader {
 public:
  /// Of status lines and headers together, interim answers and trailers too.
  static constexpr std::size_t kMaxSize = 64 * 1024;

  /// Takes a line with its end; false where that makes it too long.
  bool take(std::string_view line);
  /// All of it was seen. What comes then is a trailer, and changes nothing.
  bool isComplete() const { return complete_; }
  /// Status 0 before the first status line; an interim answer's before the final one's.
  const ResponseHead& head() const { return head_; }

 private:
  ResponseHead head_;
  bool complete_ = false;
  std::size_t size_ = 0;
};

}  // namespace kvs::net
