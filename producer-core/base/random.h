// SPDX-License-Identifier: Apache-2.0
// A small seeded generator (SplitMix64): jitter and session lengths come from it, so a test that
// knows the seed knows every draw.
#pragma once

#include <chrono>
#include <cstdint>

namespace kvs {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }

  /// Uniform in [zero, max]; zero when max is not positive.
  template <class Duration>
  Duration upTo(Duration max) {
    if (max <= Duration::zero()) return Duration::zero();
    const auto range = static_cast<std::uint64_t>(max.count()) + 1;
    return Duration(static_cast<typename Duration::rep>(next() % range));
  }

 private:
  std::uint64_t state_;
};

}  // namespace kvs
