// SPDX-License-Identifier: Apache-2.0
// An HTTP/1.1 answer as its bytes come from a connection, in any split (RFC 9112): interim answers, the head,
// and the body without its framing. Strict about the head, since whoever sends a wrong one may mean another
// end than we see. Pure: no socket, no clock.
#pragma once

#include <string_view>

#include "base/bytes.h"
#include "base/error.h"
#include "base/wiping.h"
#include "net/place.h"
#include "net/response_body.h"
#include "net/response_head.h"

namespace kvs::net {

class AnswerReader {
 public:
  enum class State {
    head,      ///< the final head is not complete
    body,      ///< it is, and more of the body is to come
    complete,  ///< the answer's last byte was seen
    broken,    ///< not HTTP/1.1: see error()
  };

  /// Takes bytes as they came and appends the body's to `body`. Bytes behind the end are ignored.
  State feed(ByteView came, WipingBytes& body);

  State state() const { return state_; }
  /// All of the final head was seen; it stays so where the body turns out to be broken.
  bool hasHead() const { return lines_.isComplete(); }
  const ResponseHead& head() const { return lines_.head(); }
  /// What the answer is when the connection ends here.
  bool isWholeAtClose() const { return state_ == State::complete || (state_ == State::body && untilClose()); }
  /// What is wrong with a broken one.
  Error error(const Place& place) const;

 private:
  void takeHead(ByteView& rest);
  void takeLine(std::string_view line);
  void takeStatusLine(std::string_view line);
  void endOfHead();
  void breakOff(std::string_view why);
  bool untilClose() const { return framing_.atClose() == ResponseBody::State::complete; }
  bool mayBeStatusLine() const;

  State state_ = State::head;
  bool atStatusLine_ = true;
  bool speaksHttp_ = true;
  WipingString line_;     // the one that is not complete; what was said instead of HTTP
  std::string_view why_;  // a literal
  ResponseHeadReader lines_;
  ResponseBody framing_;
};

}  // namespace kvs::net
