// SPDX-License-Identifier: Apache-2.0
// Who feeds a track: threads told apart by a number that no other thread of the process ever has, while
// the system gives the id of a thread that has ended to the next one.
#pragma once

#include <atomic>
#include <cstdint>

namespace kvs::intake {

using Feeder = std::uint64_t;

inline constexpr Feeder nobody = 0;

/// Of the calling thread.
inline Feeder thisFeeder() {
  static std::atomic<Feeder> last{nobody};
  thread_local const Feeder mine = ++last;
  return mine;
}

}  // namespace kvs::intake
