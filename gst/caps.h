// SPDX-License-Identifier: Apache-2.0
// Caps as the pads declare them, and as the core's TrackConfig: the only place that knows both.
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

/// Matroska's track name where the user gave none (guide, property track-name).
inline constexpr const char* defaultVideoTrackName = "kinesis_video";

/// What a video pad takes, for its template.
inline constexpr const char* videoCaps =
    "video/x-h264, stream-format = (string) { avc, avc3, byte-stream }, alignment = (string) { au, nal }";

/// Fixed caps of a video pad as a track. The error's sentence names what cannot be taken, and why.
Result<media::TrackConfig> videoTrackFromCaps(const GstCaps* caps, const TrackNames& names);

}  // namespace kvs::gst
