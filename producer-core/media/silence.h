// SPDX-License-Identifier: Apache-2.0
// What stands for a track that gives no frames while the others do: the service refuses fragments that
// lack a track, and players stop at them.
#pragma once

#include <optional>

#include "base/bytes.h"
#include "base/time.h"
#include "media/track.h"

namespace kvs::media {

/// One frame in which nothing is heard, as it travels (raw AAC also for ADTS tracks). Each is a key frame,
/// and any number of them may follow one another.
struct SilentUnit {
  Bytes payload;
  Nanoseconds duration{0};  ///< a whole number of samples, rounded down to nanoseconds
};

/// Silence for G.711, AAC-LC (also as the core of HE-AAC), PCM (Matroska's A_PCM/INT/LIT, A_PCM/INT/BIG,
/// A_PCM/FLOAT/IEEE) and Opus in one or two channels. `codecPrivate` is the one of the track's header,
/// FrameAdapter::codecPrivate(). Unset where the track has none: video, data, other codecs and AAC
/// object types, PCM of unknown rate, AAC whose channel configuration is none of 1 to 7, 11 and 12 (FFmpeg
/// could not judge what is silent in the others).
std::optional<SilentUnit> silentUnit(const TrackFormat& track, ByteView codecPrivate);

}  // namespace kvs::media
