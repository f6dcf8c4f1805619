// SPDX-License-Identifier: Apache-2.0
// Caps as the pads declare them, and as the core's TrackConfig: the only place that knows both. Video,
// audio and data have a file each.
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

// What the pads take, for their templates. None is ANY: gst_element_link() would choose it for everything.

/// AV1 and VP9 as Matroska has them: a temporal unit, a superframe in each buffer.
inline constexpr const char* videoCaps =
    "video/x-h264, stream-format = (string) { avc, avc3, byte-stream }, alignment = (string) { au, nal }; "
    "video/x-h265, stream-format = (string) { hvc1, hev1, byte-stream }, alignment = (string) { au, nal }; "
    "image/jpeg; video/x-vp8; video/x-vp9; "
    "video/x-av1, stream-format = (string) obu-stream, alignment = (string) tu";

inline constexpr const char* audioCaps =
    "audio/mpeg, mpegversion = (int) { 2, 4 }, stream-format = (string) { raw, adts }; "
    "audio/x-alaw; audio/x-mulaw; audio/x-opus; "
    "audio/x-raw, layout = (string) interleaved, "
    "format = (string) { U8, S16LE, S16BE, S24LE, S24BE, S32LE, S32BE, F32LE, F64LE }";

inline constexpr const char* dataCaps =
    "text/x-raw; text/plain; text/csv; text/xml; application/json; application/cbor; "
    "meta/x-klv; meta/x-id3; application/x-onvif-metadata; application/x-kvs-data";

/// Fixed caps of a pad of this kind as a track, whose number is still to be set. The error's sentence
/// names what cannot be taken, and what to do.
Result<media::TrackConfig> trackFromCaps(media::TrackKind kind, const GstCaps* caps, const TrackNames& names);

// One kind each; `track` has its kind and its codec data already.
Result<void> fillVideo(media::TrackConfig& track, const GstCaps* caps);
Result<void> fillAudio(media::TrackConfig& track, const GstCaps* caps);
Result<void> fillData(media::TrackConfig& track, const GstCaps* caps);

}  // namespace kvs::gst
