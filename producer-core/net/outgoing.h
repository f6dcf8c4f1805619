// SPDX-License-Identifier: Apache-2.0
// What an upload has on its way to the socket: the request's head, then one chunk of the body at a time,
// framed as RFC 9112, 7.1 wants it. It owns the framing; the body's bytes stay where they are, unless keep()
// is asked. Pure: no socket.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/wiping.h"

namespace kvs::net {

class Outgoing {
 public:
  /// The head of a request, which may hold a session token: it is wiped when it was sent.
  void setHead(WipingString head);
  /// One chunk made of `parts`, which hold something. Only where empty().
  void setChunk(std::span<const ByteView> parts);
  /// The mark of the body's end. Only where empty().
  void setLastChunk();

  bool empty() const { return first_ == parts_.size(); }
  /// In order; valid until the next call of another method.
  std::span<const ByteView> left() const { return std::span(parts_).subspan(first_); }
  /// The socket has taken the first `bytes` of what was left.
  void sent(std::size_t bytes);
  /// Copies what is left of a body that does not stay where it is.
  void keep();
  /// Lets go of everything.
  void drop();

  /// Of the body, without its framing, so far.
  std::uint64_t bodyBytesSent() const;

 private:
  std::vector<ByteView> parts_;
  std::size_t first_ = 0;  // the first that is not wholly sent
  std::array<char, 20> sizeLine_{};
  WipingString own_;  // the head, or what was kept

  std::uint64_t bodyBefore_ = 0;  // in the chunks before this one
  std::uint64_t framing_ = 0;     // bytes in front of this chunk's body
  std::uint64_t body_ = 0;        // in this chunk
  std::uint64_t taken_ = 0;       // of this chunk, framing included
};

}  // namespace kvs::net
