// SPDX-License-Identifier: Apache-2.0
// A pad's caps as the core's TrackFormat: the only folder that knows both. What the pads take is in
// templates.h; video, audio and data have a file each.
#pragma once

#include <gst/gst.h>

#include <optional>
#include <string>

#include "base/error.h"
#include "media/track.h"

namespace kvs::gst {

/// What the user said about a track; unset: as the codec has it.
struct TrackNames {
  std::optional<std::string> name;
  std::optional<std::string> codecId;
  std::optional<std::string> contentType;
};

/// Matroska's track name where the user gave none: of video the guide's (property track-name).
inline constexpr const char* defaultVideoTrackName = "kinesis_video";
inline constexpr const char* defaultAudioTrackName = "audio";
inline constexpr const char* defaultDataTrackName = "data";

/// Fixed caps of a pad of this kind as its track's format. The error's sentence names what cannot be taken,
/// and what to do.
Result<media::TrackFormat> trackFromCaps(media::TrackKind kind, const GstCaps* caps, const TrackNames& names);

}  // namespace kvs::gst
