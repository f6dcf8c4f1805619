// SPDX-License-Identifier: Apache-2.0
// Codec data of samples that all have one size: Matroska's A_MS/ACM carries Windows' WAVEFORMATEX.
#pragma once

#include "base/bytes.h"
#include "media/track.h"

namespace kvs::media {

/// Telephony's, where neither the track nor its codec data says anything else.
struct WaveFormat {
  std::uint32_t frequency = 8000;  ///< Hz
  std::uint32_t channels = 1;
  std::uint32_t bitsPerSample = 8;
};

/// What the track says, else what a WAVEFORMATEX of its own says, else the defaults.
WaveFormat waveFormat(const TrackFormat& track, ByteView waveFormatEx);

/// WAVEFORMATEX, 18 bytes, little endian, of a track whose codec is a wave codec.
Bytes makeWaveFormatEx(const TrackFormat& track);

}  // namespace kvs::media
