// SPDX-License-Identifier: Apache-2.0
#include "net/lag_histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace kvs::net {

std::size_t LagHistogram::bucketOf(std::uint64_t ns) noexcept {
  if (ns < 4) return ns;
  const auto power = static_cast<std::size_t>(std::bit_width(ns)) - 1;  // at least 2
  return (power - 1) * 4 + ((ns >> (power - 2)) & 3);
}

std::uint64_t LagHistogram::upperEdge(std::size_t bucket) noexcept {
  if (bucket < 4) return bucket;
  const std::size_t power = bucket / 4 + 1;
  const std::uint64_t step = std::uint64_t{1} << (power - 2);
  return (std::uint64_t{1} << power) + (bucket % 4 + 1) * step - 1;
}

void LagHistogram::add(Nanoseconds lag) noexcept {
  const auto ns = static_cast<std::uint64_t>(std::max<Nanoseconds::rep>(lag.count(), 0));
  auto& count = counts_[bucketOf(ns)];
  // One writer, so no locked instruction is needed.
  count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

std::uint64_t LagHistogram::count() const noexcept {
  std::uint64_t sum = 0;
  for (const auto& count : counts_)
    sum += count.load(std::memory_order_relaxed);
  return sum;
}

Nanoseconds LagHistogram::percentile(double share) const noexcept {
  const auto wanted = static_cast<std::uint64_t>(std::ceil(static_cast<double>(count()) * share));
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < kBuckets && wanted > 0; ++bucket) {
    seen += counts_[bucket].load(std::memory_order_relaxed);
    if (seen >= wanted) return Nanoseconds(static_cast<Nanoseconds::rep>(upperEdge(bucket)));
  }
  return Nanoseconds::zero();
}

}  // namespace kvs::net
