// SPDX-License-Identifier: Apache-2.0
// What is known of a fragment: its number, its times, how much it holds. Reader and writer of the store share
// it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "matroska/matroska_model.h"

namespace kvslocal {

/// The decimal string of a fragment's number: 47 digits like the service's, so that nobody can take it for a
/// 64-bit integer, and growing with `counter`, as text too.
std::string fragmentNumberText(std::uint64_t counter);

/// How many frames a fragment holds of one track.
struct TrackFrames {
  std::uint64_t track = 0;
  std::uint64_t frames = 0;
};

/// What is known of a fragment when it is whole. Times are absolute, since 1970.
struct FragmentSummary {
  std::uint64_t counter = 0;             ///< its number, see fragmentNumberText
  std::int64_t ackTimecodeMs = 0;        ///< as acknowledgements name it
  std::chrono::nanoseconds timecode{};   ///< the Cluster's
  std::chrono::nanoseconds firstTime{};  ///< smallest time of a frame
  std::chrono::nanoseconds lastTime{};   ///< greatest time of a frame
  std::uint64_t bytes = 0;               ///< of its blocks
  std::vector<TrackFrames> frames;       ///< in the header's order
  std::vector<SimpleTag> tags;           ///< head first, then tail, without the end-of-fragment mark
  std::size_t headTags = 0;              ///< how many of them stand in the head
};

}  // namespace kvslocal
