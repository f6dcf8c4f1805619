// SPDX-License-Identifier: Apache-2.0
// A connection that libcurl has made, secured and left to us (CURLOPT_CONNECT_ONLY). Plain bytes go straight
// to the socket; those of TLS through libcurl, which has the session. Nothing blocks.
#pragma once

#include <curl/curl.h>

#include <cstddef>
#include <span>

#include "base/bytes.h"

namespace kvs::net {

/// Used on the loop's thread. Owns nothing: the connection lasts as long as the handle is in its multi.
class ConnectedSocket {
 public:
  ConnectedSocket() = default;
  ConnectedSocket(CURL* easy, bool secure);

  /// -1 where there is none.
  int fd() const { return fd_; }

  struct Moved {
    std::size_t bytes = 0;
    CURLcode code = CURLE_OK;  ///< CURLE_AGAIN: no more at this moment
    int osError = 0;           ///< errno of an error, where it is known
  };
  /// As much of `parts` as the socket takes, CURLE_AGAIN where that is not all. What is left must come
  /// again, in the same order: TLS may have encrypted it already.
  Moved send(std::span<const ByteView> parts);
  /// No byte and CURLE_OK is the end; of TLS also where the connection was cut. To be called once at the very
  /// beginning: until then libcurl may take the connection for an idle one, and close it.
  Moved receive(std::span<std::byte> room);

  /// Whether the kernel should be given more: what it has can't be called back. It is asked only when
  /// so much was sent since that the answer may have changed.
  bool hasRoom();

 private:
  Moved sendPlain(std::span<const ByteView> parts);
  Moved sendSecure(std::span<const ByteView> parts);

  CURL* easy_ = nullptr;
  bool secure_ = false;
  bool used_ = false;
  int fd_ = -1;
  std::size_t allowance_ = 0;  // bytes until hasRoom() asks again
};

/// TCP_NOTSENT_LOWAT of an upload's socket: the kernel calls it writable below half of it.
inline constexpr int kMostUnsent = 128 * 1024;

}  // namespace kvs::net
