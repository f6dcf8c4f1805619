// SPDX-License-Identifier: Apache-2.0
// A histogram of delays with four buckets to each power of two: an entry costs a few instructions, a
// percentile is right to 25 %. One thread adds, any thread asks.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "base/time.h"

namespace kvs::net {

class LagHistogram {
 public:
  /// Negative delays count as none.
  void add(Nanoseconds lag) noexcept;
  /// The upper edge of the bucket that holds the given share (0 < share <= 1) of all entries; zero
  /// when there are none.
  Nanoseconds percentile(double share) const noexcept;
  std::uint64_t count() const noexcept;

 private:
  static constexpr std::size_t kBuckets = 252;  // 62 powers of two x 4, and four for 0 to 3 ns
  static std::size_t bucketOf(std::uint64_t ns) noexcept;
  static std::uint64_t upperEdge(std::size_t bucket) noexcept;

  std::array<std::atomic<std::uint64_t>, kBuckets> counts_{};
};

}  // namespace kvs::net
