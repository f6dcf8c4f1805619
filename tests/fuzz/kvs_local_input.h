// SPDX-License-Identifier: Apache-2.0
// What the targets of kvs-local share: an input whose front says where the rest is cut.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/result.h"

namespace kvslocal::fuzz {

/// A broken property is a crash, which both drivers report.
inline void require(bool holds, const char* property) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", property);
  std::abort();
}

/// The first four bytes of an input give the lengths of pieces, in turn, over and over; the rest is what is
/// cut.
class CutInput {
 public:
  CutInput(const std::uint8_t* data, std::size_t size) : rest_(data, size) {
    for (std::size_t& length : lengths_) {
      if (rest_.empty()) break;
      length = rest_[0] % 32U + 1U;
      rest_ = rest_.subspan(1);
    }
  }

  [[nodiscard]] ByteView whole() const { return rest_; }
  [[nodiscard]] std::string text() const { return {rest_.begin(), rest_.end()}; }

  /// Each in memory of its own, so that a sanitizer sees a step over its edge.
  [[nodiscard]] std::vector<Bytes> pieces() const {
    std::vector<Bytes> all;
    ByteView rest = rest_;
    for (std::size_t i = 0; !rest.empty(); ++i) {
      const auto piece = rest.first(std::min(lengths_[i % lengths_.size()], rest.size()));
      all.emplace_back(piece.begin(), piece.end());
      rest = rest.subspan(piece.size());
    }
    return all;
  }

 private:
  ByteView rest_;
  std::array<std::size_t, 4> lengths_{1, 1, 1, 1};
};

}  // namespace kvslocal::fuzz
