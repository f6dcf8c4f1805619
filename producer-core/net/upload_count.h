// SPDX-License-Identifier: Apache-2.0
// How much of a chunked request body the kernel has. libcurl counts bytes on the wire, chunk sizes
// included, and asks for the next part only when the one before has left; from both follows the exact
// number of the body's own bytes.
#pragma once

#include <algorithm>
#include <cstdint>

namespace kvs::net {

class UploadCount {
 public:
  /// The body gave `bytes` more, which become one chunk.
  void onRead(std::uint64_t bytes) {
    bodyBefore_ += last_;
    wireBefore_ += wireSize(last_);
    last_ = bytes;
  }

  /// `wireBytes` is libcurl's count (CURLINFO_SIZE_UPLOAD_T).
  std::uint64_t sent(std::uint64_t wireBytes) const {
    const std::uint64_t begun = wireBefore_ + headSize(last_);
    return bodyBefore_ + (wireBytes > begun ? std::min(wireBytes - begun, last_) : 0);
  }

 private:
  /// The chunk's size in hex and the line's end (RFC 9112, 7.1).
  static std::uint64_t headSize(std::uint64_t bytes) {
    std::uint64_t digits = 1;
    while (bytes >>= 4)
      ++digits;
    return digits + 2;
  }
  static std::uint64_t wireSize(std::uint64_t bytes) { return bytes == 0 ? 0 : headSize(bytes) + bytes + 2; }

  std::uint64_t bodyBefore_ = 0;
  std::uint64_t wireBefore_ = 0;
  std::uint64_t last_ = 0;
};

}  // namespace kvs::net
