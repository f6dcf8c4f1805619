// SPDX-License-Identifier: Apache-2.0
// Where an HTTP/1.1 answer ends (RFC 9112, 6.3), and its body without the framing: for uploads, which read
// their answers themselves, and to see a length that is none.
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/wiping.h"
#include "net/transport.h"

namespace kvs::net {

class ResponseBody {
 public:
  enum class State {
    open,      ///< more is to come
    complete,  ///< the answer's last byte was seen
    broken,    ///< not HTTP: a chunk's size can't be read
  };

  ResponseBody() = default;
  /// For the answer to a request that is not HEAD.
  explicit ResponseBody(const ResponseHead& head);

  State state() const { return state_; }
  /// Takes bytes as they came and appends the body's to `out`. Bytes behind the end are ignored.
  State feed(ByteView raw, WipingBytes& out);
  /// What the answer is when the connection ends here.
  State atClose() const { return framing_ == Framing::untilClose ? State::complete : state_; }

 private:
  enum class Framing { untilClose, length, chunked };
  enum class Part { size, extension, data, dataEnd, trailer };

  std::size_t feedChunked(ByteView raw, WipingBytes& out);
  void feedSizeLine(char c);
  void endOfSizeLine();
  void feedTrailer(char c);

  Framing framing_ = Framing::untilClose;
  State state_ = State::open;
  std::uint64_t left_ = 0;  // of the body, or of the chunk
  Part part_ = Part::size;
  int sizeDigits_ = 0;
  std::size_t lineLength_ = 0;
};

}  // namespace kvs::net
