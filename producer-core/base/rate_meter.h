// SPDX-License-Identifier: Apache-2.0
// How fast a counter rose over the last seconds, from a few samples of it.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/time.h"

namespace kvs {

/// Not thread-safe. Costs a comparison where nothing is to be noted.
class RateMeter {
 public:
  /// `total` is what the counter says at `now`; both only rise.
  void note(TimePoint now, std::uint64_t total) {
    if (count_ > 0 && now - newest().at < spacing) return;
    newest_ = (newest_ + 1) % samples_.size();
    samples_[newest_] = {now, total};
    count_ = std::min(count_ + 1, samples_.size());
  }

  /// In a second, over the last five, or as many as there were; 0 until there is something to compare.
  double perSecond(TimePoint now, std::uint64_t total) const {
    // What came behind the last sample came soon behind it.
    if (count_ == 0 || now - newest().at > window + spacing) return 0;
    const Sample& before = lastBefore(now - window);
    const Nanoseconds span = std::min<Nanoseconds>(now - before.at, window);
    if (span < spacing) return 0;
    return static_cast<double>(total - before.total) / std::chrono::duration<double>(span).count();
  }

 private:
  struct Sample {
    TimePoint at{};
    std::uint64_t total = 0;
  };
  static constexpr Nanoseconds spacing = Milliseconds(500);
  static constexpr Nanoseconds window = Seconds(5);

  const Sample& newest() const { return samples_[newest_]; }
  /// The newest sample that is as old; else the oldest of all.
  const Sample& lastBefore(TimePoint moment) const {
    std::size_t at = newest_;
    for (std::size_t i = 1; i < count_ && samples_[at].at > moment; ++i)
      at = (at + samples_.size() - 1) % samples_.size();
    return samples_[at];
  }

  std::array<Sample, 12> samples_{};  // somewhat more than the window holds
  std::size_t newest_ = 0;
  std::size_t count_ = 0;
};

}  // namespace kvs
