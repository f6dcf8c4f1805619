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

}  // namespace kvs::media
