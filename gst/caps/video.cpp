// SPDX-License-Identifier: Apache-2.0
// What a video pad takes: H.264 and H.265, which the core adapts, and media that travel as they come.
#include <algorithm>

#include "caps/fields.h"
#include "caps/kinds.h"
#include "caps/templates.h"

namespace kvs::gst {

// AV1 and VP9 as Matroska has them: a temporal unit, a superframe in each buffer.
const char* const videoCaps =
    "video/x-h264, stream-format = (string) { avc, avc3, byte-stream }, alignment = (string) { au, nal }; "
    "video/x-h265, stream-format = (string) { hvc1, hev1, byte-stream }, alignment = (string) { au, nal }; "
    "image/jpeg; video/x-vp8; video/x-vp9; "
    "video/x-av1, stream-format = (string) obu-stream, alignment = (string) tu";

namespace {

using media::Codec;
using media::NalFraming;
using media::TrackFormat;

struct NalMedium {
  const char* caps;
  Codec codec;
  const char* outOfBand;  // stream-format with the parameter sets in codec_data
  const char* mixed;      // with some in band, too
  const char* parser;
};

constexpr NalMedium nalMedia[] = {
    {"video/x-h264", Codec::h264, "avc", "avc3", "h264parse"},
    {"video/x-h265", Codec::h265, "hvc1", "hev1", "h265parse"},
};

constexpr PlainMedium plainMedia[] = {
    {"image/jpeg", "V_MJPEG", "image/jpeg"},
    {"video/x-vp8", "V_VP8", "video/vp8"},
    {"video/x-vp9", "V_VP9", "video/vp9"},
    {"video/x-av1", "V_AV1", "video/av1"},
};

// Without a stream-format (an application's own caps) the codec data tells: byte streams have none.
std::string streamFormatOf(const GstStructure* structure, const NalMedium& medium, bool hasCodecData) {
  const std::string format = textOf(structure, "stream-format");
  return !format.empty() ? format : hasCodecData ? medium.outOfBand : "byte-stream";
}

Result<void> takeFraming(TrackFormat& track, const GstCaps* caps, const NalMedium& medium) {
  const GstStructure* structure = gst_caps_get_structure(caps, 0);
  const std::string put = std::string("; put ") + medium.parser + " before it.";
  const std::string format = streamFormatOf(structure, medium, !track.codecPrivate.empty());
  if (format == "byte-stream") {
    track.inputFraming = {NalFraming::Kind::annexB, 4};
    track.codecPrivate.clear();  // there the parameter sets are in band
  } else if (format == medium.outOfBand || format == medium.mixed) {
    track.inputFraming = {NalFraming::Kind::lengthPrefixed, 4};
  } else {
    return fail(refusal(caps, std::string("stream-format must be ") + medium.outOfBand + ", " + medium.mixed +
                                  " or byte-stream" + put));
  }
  const std::string alignment = textOf(structure, "alignment");
  if (!alignment.empty() && alignment != "au" && alignment != "nal") {
    return fail(refusal(caps, "alignment must be au or nal" + put));
  }
  // Byte streams of unknown alignment may hold less than an access unit a buffer.
  track.nalAligned = alignment == "nal" || (alignment.empty() && format == "byte-stream");
  return {};
}

// Matroska has whole temporal units and superframes in a block; OBUs without Annex B's lengths.
Result<void> checkPlain(const GstCaps* caps) {
  const GstStructure* structure = gst_caps_get_structure(caps, 0);
  const std::string format = textOf(structure, "stream-format");
  const std::string alignment = textOf(structure, "alignment");
  if (gst_structure_has_name(structure, "video/x-av1") &&
      ((!format.empty() && format != "obu-stream") || (!alignment.empty() && alignment != "tu"))) {
    return fail(refusal(caps, "AV1 must be an obu-stream in temporal units; put av1parse before it."));
  }
  if (gst_structure_has_name(structure, "video/x-vp9") && alignment == "frame") {
    return fail(refusal(caps, "VP9 must come in superframes; put vp9parse before it."));
  }
  return {};
}

}  // namespace

Result<void> fillVideo(TrackFormat& track, const GstCaps* caps) {
  const GstStructure* structure = gst_caps_get_structure(caps, 0);
  const auto isIt = [&](const auto& medium) { return gst_structure_has_name(structure, medium.caps); };
  track.width = countOf(structure, "width");
  track.height = countOf(structure, "height");
  track.frameDuration = frameDurationOf(structure);
  const auto* nal = std::find_if(std::begin(nalMedia), std::end(nalMedia), isIt);
  if (nal != std::end(nalMedia)) {
    track.codec = nal->codec;
    return takeFraming(track, caps, *nal);
  }
  const auto* plain = std::find_if(std::begin(plainMedia), std::end(plainMedia), isIt);
  if (plain == std::end(plainMedia)) {
    return fail(refusal(caps,
                        "a video pad takes H.264, H.265, JPEG, VP8, VP9 and AV1; put an encoder before it, "
                        "such as x264enc."));
  }
  track.codec = Codec::other;
  track.codecId = plain->codecId;
  track.contentType = plain->contentType;
  return checkPlain(caps);
}

}  // namespace kvs::gst
