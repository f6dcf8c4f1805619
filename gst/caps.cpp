// SPDX-License-Identifier: Apache-2.0
#include "caps.h"

#include <string_view>

#include "raii.h"

namespace kvs::gst {

namespace {

using media::NalFraming;
using media::TrackConfig;

std::string textOf(const GstStructure* structure, const char* field) {
  const char* text = gst_structure_get_string(structure, field);
  return text ? text : "";
}

std::string printed(const GstCaps* caps) {
  // Codec data would fill the sentence with hexadecimal.
  GstCaps* brief = gst_caps_copy(caps);
  for (guint i = 0; i < gst_caps_get_size(brief); ++i) {
    gst_structure_remove_fields(gst_caps_get_structure(brief, i), "codec_data", "streamheader", nullptr);
  }
  const Text text(gst_caps_to_string(brief));
  gst_caps_unref(brief);
  return text.get();
}

Error refusal(const GstCaps* caps, const std::string& why) {
  return Error{StatusCode::invalidArg,
               ErrorKind::fatal,
               "kvssink cannot take the caps \"" + printed(caps) + "\": " + why,
               {},
               0,
               {},
               {},
               {}};
}

Bytes bytesOf(GstBuffer* buffer) {
  Bytes bytes(gst_buffer_get_size(buffer));
  gst_buffer_extract(buffer, 0, bytes.data(), bytes.size());
  return bytes;
}

Bytes codecDataOf(const GstStructure* structure) {
  const GValue* value = gst_structure_get_value(structure, "codec_data");
  GstBuffer* buffer = value && G_VALUE_HOLDS(value, GST_TYPE_BUFFER) ? gst_value_get_buffer(value) : nullptr;
  return buffer ? bytesOf(buffer) : Bytes{};
}

std::uint32_t pixelsOf(const GstStructure* structure, const char* field) {
  gint pixels = 0;
  return gst_structure_get_int(structure, field, &pixels) && pixels > 0 ? static_cast<std::uint32_t>(pixels)
                                                                        : 0;
}

std::optional<Nanoseconds> frameDurationOf(const GstStructure* structure) {
  gint numerator = 0;
  gint denominator = 0;
  if (!gst_structure_get_fraction(structure, "framerate", &numerator, &denominator)) return std::nullopt;
  if (numerator <= 0 || denominator <= 0) return std::nullopt;  // 0/1 is "variable"
  return Nanoseconds(
      static_cast<std::int64_t>(gst_util_uint64_scale_int(GST_SECOND, denominator, numerator)));
}

// Without a stream-format (an application's own caps) the codec data tells: only avc has it.
std::string streamFormatOf(const GstStructure* structure, bool hasCodecData) {
  const std::string format = textOf(structure, "stream-format");
  return !format.empty() ? format : hasCodecData ? "avc" : "byte-stream";
}

void takeNames(TrackConfig& track, const TrackNames& names) {
  track.name = names.name.value_or(defaultVideoTrackName);
  if (names.codecId) track.codecId = *names.codecId;
  if (names.contentType) track.contentType = *names.contentType;
}

Result<void> takeFraming(TrackConfig& track, const GstCaps* caps, const GstStructure* structure) {
  const std::string format = streamFormatOf(structure, !track.codecPrivate.empty());
  if (format == "byte-stream") {
    track.inputFraming = {NalFraming::Kind::annexB, 4};
    track.codecPrivate.clear();  // there the parameter sets are in band
  } else if (format == "avc" || format == "avc3") {
    track.inputFraming = {NalFraming::Kind::lengthPrefixed, 4};
  } else {
    return fail(refusal(caps, "stream-format must be avc, avc3 or byte-stream; put h264parse before it."));
  }
  const std::string alignment = textOf(structure, "alignment");
  if (!alignment.empty() && alignment != "au" && alignment != "nal") {
    return fail(refusal(caps, "alignment must be au or nal; put h264parse before it."));
  }
  // Byte streams of unknown alignment may hold less than an access unit a buffer.
  track.nalAligned = alignment == "nal" || (alignment.empty() && format == "byte-stream");
  return {};
}

}  // namespace

Result<TrackConfig> videoTrackFromCaps(const GstCaps* caps, const TrackNames& names) {
  if (gst_caps_get_size(caps) != 1) return fail(refusal(caps, "they are not of one medium."));
  const GstStructure* structure = gst_caps_get_structure(caps, 0);
  if (!gst_structure_has_name(structure, "video/x-h264")) {
    return fail(refusal(caps, "a video pad takes H.264 (video/x-h264); put an encoder before it."));
  }
  TrackConfig track;
  track.kind = media::TrackKind::video;
  track.codec = media::Codec::h264;
  track.codecPrivate = codecDataOf(structure);
  track.width = pixelsOf(structure, "width");
  track.height = pixelsOf(structure, "height");
  track.frameDuration = frameDurationOf(structure);
  takeNames(track, names);
  if (auto framing = takeFraming(track, caps, structure); !framing) return fail(std::move(framing.error()));
  return track;
}

}  // namespace kvs::gst
