// SPDX-License-Identifier: Apache-2.0
// How often frames come, and when a pause has become an idle source: after max(15 s, 3 x the usual
// frame distance), but before the service, which ends a session on which nothing arrives
// for 30 s and discards the fragment that is not closed.
#pragma once

#include <algorithm>
#include <atomic>

#include "base/time.h"

namespace kvs::stream {

/// Thread-safe; frames of several tracks may come at once.
class SourceWatch {
 public:
  void put(TimePoint now) {
    const std::int64_t last = last_.exchange(now.time_since_epoch().count(), std::memory_order_relaxed);
    const Nanoseconds distance = now.time_since_epoch() - Nanoseconds(last);
    if (last == 0 || distance >= longest) return;  // a pause says nothing of the usual distance
    const Nanoseconds usual(usual_.load(std::memory_order_relaxed));
    const Nanoseconds next = usual == Nanoseconds{0} ? distance : usual + (distance - usual) / 4;
    usual_.store(next.count(), std::memory_order_relaxed);
  }
  TimePoint lastPut() const { return TimePoint(Nanoseconds(last_.load(std::memory_order_relaxed))); }
  Nanoseconds idleAfter() const {
    return std::clamp<Nanoseconds>(3 * Nanoseconds(usual_.load(std::memory_order_relaxed)), shortest,
                                   longest);
  }

 private:
  static constexpr Nanoseconds shortest = Seconds(15);
  static constexpr Nanoseconds longest = Seconds(27);  // leaves the service time to persist
  std::atomic<std::int64_t> last_{0};                  // ns
  std::atomic<std::int64_t> usual_{0};
};

}  // namespace kvs::stream
