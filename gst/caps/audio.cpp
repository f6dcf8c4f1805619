// SPDX-License-Identifier: Apache-2.0
// What an audio pad takes: AAC, G.711 and G.726, which the core knows, Opus, and PCM as it comes.
#include <algorithm>

#include "caps/fields.h"
#include "caps/kinds.h"
#include "caps/templates.h"

namespace kvs::gst {

const char* const audioCaps =
    "audio/mpeg, mpegversion = (int) { 2, 4 }, stream-format = (string) { raw, adts }; "
    "audio/x-alaw; audio/x-mulaw; audio/x-opus; "
    "audio/x-adpcm, layout = (string) g726; "
    "audio/x-raw, layout = (string) interleaved, "
    "format = (string) { U8, S16LE, S16BE, S24LE, S24BE, S32LE, S32BE, F32LE, F64LE }";

namespace {

using media::Codec;
using media::TrackFormat;

struct PcmFormat {
  const char* name;  // GStreamer's
  const char* codecId;
  std::uint32_t bits;
};

// Matroska's codec ids; its floats are little-endian, and its samples of 8 bits unsigned.
constexpr PcmFormat pcmFormats[] = {
    {"U8", "A_PCM/INT/LIT", 8},     {"S16LE", "A_PCM/INT/LIT", 16},    {"S16BE", "A_PCM/INT/BIG", 16},
    {"S24LE", "A_PCM/INT/LIT", 24}, {"S24BE", "A_PCM/INT/BIG", 24},    {"S32LE", "A_PCM/INT/LIT", 32},
    {"S32BE", "A_PCM/INT/BIG", 32}, {"F32LE", "A_PCM/FLOAT/IEEE", 32}, {"F64LE", "A_PCM/FLOAT/IEEE", 64},
};

constexpr std::uint32_t opusRate = 48000;  // what Opus is decoded at, whatever went in

Result<void> fillAac(TrackFormat& track, const GstCaps* caps) {
  const GstStructure* structure = gst_caps_get_structure(caps, 0);
  const std::uint32_t version = countOf(structure, "mpegversion");
  if (version != 2 && version != 4) {
    return fail(refusal(caps, "audio/mpeg must be AAC (mpegversion 2 or 4); put an AAC encoder before it."));
  }
  track.codec = Codec::aac;
  // Without a stream-format the codec data tells: ADTS says the same in every frame.
  std::string format = textOf(structure, "stream-format");
  if (format.empty()) format = track.codecPrivate.empty() ? "adts" : "raw";
  if (format != "raw" && format != "adts") {
    return fail(refusal(caps, "stream-format must be raw or adts; put aacparse before it."));
  }
  track.adts = format == "adts";
  if (track.adts) track.codecPrivate.clear();
  if (!track.adts && track.codecPrivate.empty()) {
    return fail(refusal(caps, "raw AAC needs its codec_data; put aacparse before it."));
  }
  gboolean framed = TRUE;
  if (track.adts && gst_structure_get_boolean(structure, "framed", &framed) && !framed) {
    return fail(refusal(caps, "its buffers do not hold whole frames; put aacparse before it."));
  }
  return {};
}

void append(Bytes& to, std::uint64_t value, unsigned octets) {
  for (unsigned i = 0; i < octets; ++i)
    to.push_back(static_cast<std::byte>(value >> (8 * i)));
}

// The channel-mapping array of the caps, or 0, 1, 2, ... where there is none.
void appendMapping(Bytes& header, const GstStructure* structure, std::uint32_t channels) {
  const GValue* mapping = gst_structure_get_value(structure, "channel-mapping");
  const bool known =
      mapping && GST_VALUE_HOLDS_ARRAY(mapping) && gst_value_array_get_size(mapping) == channels;
  for (guint i = 0; i < channels; ++i) {
    append(header, known ? static_cast<guint>(g_value_get_int(gst_value_array_get_value(mapping, i))) : i, 1);
  }
}

// OpusHead (RFC 7845, 5.1), little-endian: what Matroska has as codec private data of A_OPUS.
Bytes opusHeadOf(const GstStructure* structure) {
  Bytes header = streamHeaderOf(structure);
  if (!header.empty()) return header;
  const std::uint32_t channels = std::max(countOf(structure, "channels"), 1U);
  const std::uint32_t rate = countOf(structure, "rate");  // the encoder's input, for information
  const std::uint32_t family = countOf(structure, "channel-mapping-family");
  append(header, 0x646165487375704f, 8);  // "OpusHead"
  append(header, 1, 1);                   // version
  append(header, channels, 1);
  append(header, 0, 2);  // pre-skip: not known here
  append(header, rate > 0 ? rate : opusRate, 4);
  append(header, 0, 2);  // gain
  append(header, family, 1);
  if (family == 0) return header;
  append(header, countOf(structure, "stream-count"), 1);
  append(header, countOf(structure, "coupled-count"), 1);
  appendMapping(header, structure, channels);
  return header;
}

void fillOpus(TrackFormat& track, const GstStructure* structure) {
  track.codec = Codec::other;
  track.codecId = "A_OPUS";
  track.contentType = "audio/opus";
  track.codecPrivate = opusHeadOf(structure);
  track.samplingFrequency = opusRate;
}

// G.726 as rtpg726depay and avenc_g726 have it: two to five bits for each sample, the first in the highest
// bits.
Result<void> fillAdpcm(TrackFormat& track, const GstCaps* caps) {
  const GstStructure* structure = gst_caps_get_structure(caps, 0);
  if (textOf(structure, "layout") != "g726") {
    return fail(
        refusal(caps, "of ADPCM only layout g726 is known; put a decoder and an AAC encoder before it."));
  }
  constexpr std::uint32_t telephony = 8000, usualBits = 4;  // where the caps say nothing: 32 kbit/s
  const std::uint32_t said = countOf(structure, "rate");
  const std::uint32_t rate = said > 0 ? said : telephony;
  const std::uint32_t bitrate = countOf(structure, "bitrate");
  track.bitsPerSample = bitrate > 0 ? bitrate / rate : usualBits;
  if (track.bitsPerSample < 2 || track.bitsPerSample > 5 || bitrate % rate != 0) {
    return fail(refusal(caps, "G.726 has 2, 3, 4 or 5 bits for each sample, which bitrate / rate must say."));
  }
  track.codec = Codec::g726;
  return {};
}

Result<void> fillPcm(TrackFormat& track, const GstCaps* caps) {
  const GstStructure* structure = gst_caps_get_structure(caps, 0);
  const std::string name = textOf(structure, "format");
  const auto* format = std::find_if(std::begin(pcmFormats), std::end(pcmFormats),
                                    [&](const PcmFormat& one) { return name == one.name; });
  const std::string layout = textOf(structure, "layout");
  if (format == std::end(pcmFormats) || (!layout.empty() && layout != "interleaved")) {
    return fail(refusal(caps, "Matroska has no such sample format; put audioconvert before it."));
  }
  track.codec = Codec::other;
  track.codecId = format->codecId;
  track.contentType = "audio/pcm";
  track.bitsPerSample = format->bits;
  return {};
}

}  // namespace

Result<void> fillAudio(TrackFormat& track, const GstCaps* caps) {
  const GstStructure* structure = gst_caps_get_structure(caps, 0);
  track.samplingFrequency = countOf(structure, "rate");
  track.channels = countOf(structure, "channels");
  if (gst_structure_has_name(structure, "audio/mpeg")) return fillAac(track, caps);
  if (gst_structure_has_name(structure, "audio/x-raw")) return fillPcm(track, caps);
  if (gst_structure_has_name(structure, "audio/x-adpcm")) return fillAdpcm(track, caps);
  if (gst_structure_has_name(structure, "audio/x-opus")) {
    fillOpus(track, structure);
  } else if (gst_structure_has_name(structure, "audio/x-alaw")) {
    track.codec = Codec::alaw;
  } else if (gst_structure_has_name(structure, "audio/x-mulaw")) {
    track.codec = Codec::mulaw;
  } else {
    return fail(
        refusal(caps,
                "an audio pad takes AAC, G.711 A-law and mu-law, G.726, Opus and PCM; put an encoder before "
                "it, such as avenc_aac."));
  }
  return {};
}

}  // namespace kvs::gst
