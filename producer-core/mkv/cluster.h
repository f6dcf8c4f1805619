// SPDX-License-Identifier: Apache-2.0
// A fragment on the wire: the head of its Cluster, and the head of each SimpleBlock in it. Both have
// a fixed size, so a place can be reserved for them before what follows is known.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"

namespace kvs::mkv {

/// Cluster id, unknown size, and a Timecode of always 8 bytes.
inline constexpr std::size_t clusterHeadSize = 4 + 8 + 1 + 1 + 8;

/// `timecode` counts TimecodeScale units.
std::array<std::byte, clusterHeadSize> clusterHead(std::uint64_t timecode);

struct BlockFlags {
  bool key = false;          ///< 0x80
  bool invisible = false;    ///< 0x08
  bool discardable = false;  ///< 0x01
  bool operator==(const BlockFlags&) const = default;
};

/// Id, a size of always 4 bytes, track number, relative time, flags.
inline constexpr std::size_t simpleBlockHeadSize = 1 + 4 + 1 + 2 + 1;

/// What a 4-byte size holds (all ones would mean unknown), less the part of the head that it counts.
inline constexpr std::size_t maxBlockPayload = (std::size_t{1} << 28) - 2 - 4;

/// `trackNumber` 1 to 126; `relativeTime` in TimecodeScale units from the Cluster's Timecode;
/// `payloadSize` up to maxBlockPayload: both are the caller's to keep.
std::array<std::byte, simpleBlockHeadSize> simpleBlockHead(std::uint32_t trackNumber,
                                                           std::int16_t relativeTime, BlockFlags flags,
                                                           std::size_t payloadSize);

}  // namespace kvs::mkv
