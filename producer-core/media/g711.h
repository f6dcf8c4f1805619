// SPDX-License-Identifier: Apache-2.0
// G.711's codec data: Matroska's A_MS/ACM carries Windows' WAVEFORMATEX.
#pragma once

#include "base/bytes.h"
#include "media/track.h"

namespace kvs::media {

inline constexpr std::uint32_t g711DefaultFrequency = 8000;  // Hz
inline constexpr std::uint32_t g711DefaultChannels = 1;

/// WAVEFORMATEX, 18 bytes, little endian: format 6 for Codec::alaw, 7 for Codec::mulaw; rate and channels
/// are the track's, or the defaults where it has none.
Bytes makeG711Format(const TrackConfig& track);

struct G711Format {
  std::uint32_t frequency = g711DefaultFrequency;  ///< Hz
  std::uint32_t channels = g711DefaultChannels;
};

/// What the track says, else what a WAVEFORMATEX of its own says, else the defaults.
G711Format g711Format(const TrackConfig& track, ByteView waveFormat);

}  // namespace kvs::media
