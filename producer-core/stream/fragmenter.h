// SPDX-License-Identifier: Apache-2.0
// Where one fragment ends and the next begins (RULES 3): a pure decision on rounded times.
#pragma once

#include <cstdint>
#include <limits>

#include "store/fragment.h"
#include "stream/timeline.h"

namespace kvs::stream {

struct FragmenterConfig {
  /// The service's minimum: a key frame starts a fragment only when so much has passed since the last
  /// start, less a frame. Shorter groups of pictures are merged (RULES 16).
  Nanoseconds minimum = Seconds(1);
  /// Offline, fragments grow to this or to `offlineBytes` at key frames, so that the link and not the
  /// service's quota of fragments is the limit (RULES 14). Zero: each key frame may start one.
  Nanoseconds offlineDuration{0};
  std::uint64_t offlineBytes = 40'000'000;
};

enum class Placement : std::uint8_t {
  append,    ///< into the open fragment
  open,      ///< seal the open one, if any, and begin another with this frame
  skip,      ///< a delta unit that nothing holds together with a key frame
  endGroup,  ///< its time cannot be said in the open fragment: seal it, and skip to a key frame
};

/// Relative times are signed 16-bit; none may be negative (RULES 3).
inline constexpr Ticks maxRelativeTicks = std::numeric_limits<std::int16_t>::max();

/// `open` is the growing fragment or null. `frame` is its presentation time and usual duration.
inline Placement placeFrame(const FragmenterConfig& config, const store::Fragment* open, const Placed& frame,
                            bool key, Milliseconds scale) {
  if (!open) return key ? Placement::open : Placement::skip;
  const Ticks relative = frame.ticks - open->firstTicks;
  if (key) {
    const Nanoseconds length = relative * Nanoseconds(scale);
    const bool longEnough = length + frame.duration >= config.minimum;
    const bool grown = length >= config.offlineDuration || open->bytes >= config.offlineBytes;
    if ((longEnough && grown) || relative < 0) return Placement::open;
  }
  return relative >= 0 && relative <= maxRelativeTicks ? Placement::append : Placement::endGroup;
}

}  // namespace kvs::stream
