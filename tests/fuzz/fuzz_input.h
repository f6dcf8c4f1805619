// SPDX-License-Identifier: Apache-2.0
// What the targets share: choices taken from the front of an input, and a check that must hold.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "base/bytes.h"

namespace kvs::fuzz {

/// A broken property is a crash, which both drivers report.
inline void require(bool holds, const char* property) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", property);
  std::abort();
}

/// The front of an input steers, the rest is the payload.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : rest_(std::as_bytes(std::span(data, size))) {}

  bool empty() const { return rest_.empty(); }
  ByteView rest() const { return rest_; }

  unsigned byte() {
    if (rest_.empty()) return 0;
    const auto value = std::to_integer<unsigned>(rest_.front());
    rest_ = rest_.subspan(1);
    return value;
  }

  ByteView take(std::size_t size) {
    const ByteView taken = rest_.first(std::min(size, rest_.size()));
    rest_ = rest_.subspan(taken.size());
    return taken;
  }

 private:
  ByteView rest_;
};

/// Pieces of `step` bytes, each in memory of its own, so that a sanitizer sees a step over its edge.
class Pieced {
 public:
  Pieced(ByteView bytes, std::size_t step) {
    step = std::max<std::size_t>(step, 1);
    for (std::size_t at = 0; at < bytes.size(); at += step) {
      const ByteView part = bytes.subspan(at, std::min(step, bytes.size() - at));
      copies_.emplace_back(part.begin(), part.end());
    }
    for (const Bytes& copy : copies_)
      views_.emplace_back(copy);
  }

  operator Pieces() const { return views_; }

 private:
  std::vector<Bytes> copies_;
  std::vector<ByteView> views_;
};

}  // namespace kvs::fuzz
