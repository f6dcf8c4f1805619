// SPDX-License-Identifier: Apache-2.0
#include "caps/advice.h"

#include <algorithm>
#include <string_view>

#include "caps/fields.h"
#include "caps/templates.h"

namespace kvs::gst {

namespace {

using media::TrackKind;
using std::string_literals::operator""s;

struct Remedy {
  std::string_view what;
  const char* element;
};

constexpr Remedy unpackers[] = {
    {"video/mpegts", "tsdemux"},
    {"video/x-matroska", "matroskademux"},
    {"video/x-matroska-3d", "matroskademux"},
    {"audio/x-matroska", "matroskademux"},
    {"video/webm", "matroskademux"},
    {"audio/webm", "matroskademux"},
    {"video/quicktime", "qtdemux"},
    {"audio/x-m4a", "qtdemux"},
    {"application/x-3gp", "qtdemux"},
    {"video/x-flv", "flvdemux"},
    {"video/x-msvideo", "avidemux"},
    {"video/x-ms-asf", "asfdemux"},
    {"application/ogg", "oggdemux"},
    {"video/ogg", "oggdemux"},
    {"audio/ogg", "oggdemux"},
    {"audio/x-wav", "wavparse"},
    {"application/mxf", "mxfdemux"},
    {"multipart/x-mixed-replace", "multipartdemux"},
    {"application/x-hls", "hlsdemux"},
    {"application/dash+xml", "dashdemux"},
    {"application/x-rtp-stream", "rtpstreamdepay"},
    {"application/x-srtp", "srtpdec"},
    {"application/x-gdp", "gdpdepay"},
};

// By RTP's encoding names (IANA, "RTP Payload Format Media Types").
constexpr Remedy depayloaders[] = {
    {"H264", "rtph264depay"},
    {"H265", "rtph265depay"},
    {"JPEG", "rtpjpegdepay"},
    {"VP8", "rtpvp8depay"},
    {"VP9", "rtpvp9depay"},
    {"AV1", "rtpav1depay"},
    {"MPEG4-GENERIC", "rtpmp4gdepay"},
    {"MP4A-LATM", "rtpmp4adepay"},
    {"PCMU", "rtppcmudepay"},
    {"PCMA", "rtppcmadepay"},
    {"OPUS", "rtpopusdepay"},
    {"L16", "rtpL16depay"},
    {"L24", "rtpL24depay"},
    {"MP2T", "rtpmp2tdepay"},
    {"SMPTE336M", "rtpklvdepay"},
    {"VND.ONVIF.METADATA", "rtponvifmetadatadepay"},
};

template <std::size_t count>
const char* elementFor(const Remedy (&remedies)[count], std::string_view what) {
  const auto* found = std::ranges::find(remedies, what, &Remedy::what);
  return found == std::end(remedies) ? nullptr : found->element;
}

std::string nameOf(const GstCaps* caps) {
  return gst_structure_get_name(gst_caps_get_structure(caps, 0));
}

/// What a pad's template names; of audio/mpeg only AAC.
bool isTaken(const char* templateCaps, const GstCaps* caps) {
  GstCaps* taken = gst_caps_from_string(templateCaps);
  const std::string name = nameOf(caps);
  bool is = false;
  for (guint i = 0; i < gst_caps_get_size(taken); ++i)
    is |= gst_structure_has_name(gst_caps_get_structure(taken, i), name.c_str()) != FALSE;
  gst_caps_unref(taken);
  if (!is || name != "audio/mpeg") return is;
  const std::uint32_t version = countOf(gst_caps_get_structure(caps, 0), "mpegversion");
  return version == 2 || version == 4;
}

std::string rtpAdvice(const GstCaps* caps) {
  const std::string encoding = textOf(gst_caps_get_structure(caps, 0), "encoding-name");
  const char* const known = elementFor(depayloaders, encoding);
  const std::string element = known ? known : "the depayloader of its encoding, such as rtph264depay,";
  return "these are RTP packets; put " + element + " before it.";
}

std::optional<std::string> packingAdvice(const GstCaps* caps) {
  const std::string name = nameOf(caps);
  if (name == "application/x-rtp") return rtpAdvice(caps);
  gboolean isSystemStream = FALSE;
  gst_structure_get_boolean(gst_caps_get_structure(caps, 0), "systemstream", &isSystemStream);
  const char* const element =
      name == "video/mpeg" && isSystemStream ? "mpegpsdemux" : elementFor(unpackers, name);
  if (!element) return std::nullopt;
  return "this is a container of media; put "s + element + " before it, and link the tracks that it finds.";
}

std::optional<TrackKind> kindOf(const GstCaps* caps) {
  const std::string name = nameOf(caps);
  if (isTaken(dataCaps, caps)) return TrackKind::data;
  if (name.starts_with("video/") || name.starts_with("image/")) return TrackKind::video;
  if (name.starts_with("audio/")) return TrackKind::audio;
  return std::nullopt;
}

std::string videoElsewhere(const GstCaps* caps) {
  if (isTaken(videoCaps, caps)) return "this is video: link it to video_0.";
  return "this is video that has to be encoded: put an encoder before it, such as x264enc, and link it to "
         "video_0.";
}

std::string audioElsewhere(const GstCaps* caps) {
  if (isTaken(audioCaps, caps)) return "this is audio: link it to audio_0.";
  return "this is audio of a kind that no pad takes: put an encoder before it, such as avenc_aac, and link "
         "it "
         "to audio_0.";
}

}  // namespace

std::optional<std::string> adviceOnMedium(TrackKind pad, const GstCaps* caps) {
  if (auto advice = packingAdvice(caps)) return advice;
  const std::optional<TrackKind> kind = kindOf(caps);
  if (!kind || *kind == pad) return std::nullopt;
  switch (*kind) {
    case TrackKind::video:
      return videoElsewhere(caps);
    case TrackKind::audio:
      return audioElsewhere(caps);
    case TrackKind::data:
      return "this is data: link it to data_0.";
  }
  return std::nullopt;
}

}  // namespace kvs::gst
