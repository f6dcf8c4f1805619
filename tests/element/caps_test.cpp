// SPDX-License-Identifier: Apache-2.0
#include "caps/caps.h"

#include <gtest/gtest.h>

#include "caps/templates.h"

namespace kvs::test {
namespace {

using media::NalFraming;

using media::TrackKind;

Result<media::TrackFormat> trackOf(TrackKind kind, const char* text, const gst::TrackNames& names = {}) {
  GstCaps* caps = gst_caps_from_string(text);
  auto result = gst::trackFromCaps(kind, caps, names);
  gst_caps_unref(caps);
  return result;
}

Result<media::TrackFormat> track(const char* text, const gst::TrackNames& names = {}) {
  return trackOf(TrackKind::video, text, names);
}

Result<media::TrackFormat> audio(const char* text) {
  return trackOf(TrackKind::audio, text);
}

std::vector<unsigned> octets(const Bytes& bytes) {
  std::vector<unsigned> numbers;
  for (std::byte byte : bytes)
    numbers.push_back(std::to_integer<unsigned>(byte));
  return numbers;
}

TEST(Caps, AvcHasLengthsAndCodecData) {
  const auto config = track(
      "video/x-h264, stream-format=avc, alignment=au, codec_data=(buffer)0142c01e, width=640, height=480, "
      "framerate=30/1");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->codec, media::Codec::h264);
  EXPECT_EQ(config->inputFraming.kind, NalFraming::Kind::lengthPrefixed);
  EXPECT_EQ(config->codecPrivate.size(), 4U);
  EXPECT_EQ(config->width, 640U);
  EXPECT_EQ(config->height, 480U);
  EXPECT_EQ(config->frameDuration, Nanoseconds(33333333));
  EXPECT_FALSE(config->nalAligned);
  EXPECT_EQ(config->name, "kinesis_video");
  EXPECT_EQ(config->codecId, "");
}

TEST(Caps, Avc3IsFramedAsAvc) {
  const auto config = track("video/x-h264, stream-format=avc3, alignment=au");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->inputFraming.kind, NalFraming::Kind::lengthPrefixed);
}

TEST(Caps, ByteStreamOfNalUnits) {
  const auto config = track("video/x-h264, stream-format=byte-stream, alignment=nal");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->inputFraming.kind, NalFraming::Kind::annexB);
  EXPECT_TRUE(config->nalAligned);
  EXPECT_EQ(config->width, 0U) << "comes from the bytes";
  EXPECT_FALSE(config->frameDuration);
}

TEST(Caps, WithoutStreamFormatCodecDataTells) {
  EXPECT_EQ(track("video/x-h264")->inputFraming.kind, NalFraming::Kind::annexB);
  EXPECT_EQ(track("video/x-h264, codec_data=(buffer)01")->inputFraming.kind,
            NalFraming::Kind::lengthPrefixed);
}

TEST(Caps, VariableFrameRateIsNone) {
  EXPECT_FALSE(track("video/x-h264, stream-format=avc, framerate=0/1")->frameDuration);
}

TEST(Caps, WhatTheUserSaysCounts) {
  const auto config = track("video/x-h264, stream-format=avc", {"front", "V_X", "video/x"});
  EXPECT_EQ(config->name, "front");
  EXPECT_EQ(config->codecId, "V_X");
  EXPECT_EQ(config->contentType, "video/x");
}

TEST(Caps, RefusalsSayWhatAndWhy) {
  for (const char* bad :
       {"video/x-theora", "video/x-raw, format=I420", "audio/mpeg, mpegversion=4",
        "video/x-h264, stream-format=elsewhere", "video/x-h264, stream-format=avc, alignment=frame",
        "video/x-h265, stream-format=avc", "video/x-av1, stream-format=annexb", "video/x-av1, alignment=obu",
        "video/x-vp9, alignment=frame"}) {
    const auto config = track(bad);
    ASSERT_FALSE(config) << bad;
    const std::string first = std::string(bad).substr(0, std::string(bad).find(','));
    EXPECT_NE(config.error().message.find(first), std::string::npos) << config.error().message;
    EXPECT_EQ(config.error().kind, ErrorKind::fatal);
  }
}

TEST(Caps, H265ComesInItsThreeFormats) {
  const auto hvc1 = track("video/x-h265, stream-format=hvc1, alignment=au, codec_data=(buffer)0101");
  ASSERT_TRUE(hvc1);
  EXPECT_EQ(hvc1->codec, media::Codec::h265);
  EXPECT_EQ(hvc1->codecId, "");
  EXPECT_EQ(hvc1->inputFraming.kind, NalFraming::Kind::lengthPrefixed);
  EXPECT_EQ(hvc1->codecPrivate.size(), 2U);
  EXPECT_EQ(track("video/x-h265, stream-format=hev1")->inputFraming.kind, NalFraming::Kind::lengthPrefixed);
  const auto bytes = track("video/x-h265, stream-format=byte-stream, alignment=nal, codec_data=(buffer)01");
  EXPECT_EQ(bytes->inputFraming.kind, NalFraming::Kind::annexB);
  EXPECT_TRUE(bytes->nalAligned);
  EXPECT_TRUE(bytes->codecPrivate.empty()) << "in band";
}

struct PlainCase {
  TrackKind kind;
  const char* caps;
  const char* codecId;
  const char* contentType;
};

TEST(Caps, OtherMediaHaveMatroskasCodecIds) {
  const PlainCase cases[] = {
      {TrackKind::video, "image/jpeg, width=64, height=48", "V_MJPEG", "image/jpeg"},
      {TrackKind::video, "video/x-vp8", "V_VP8", "video/vp8"},
      {TrackKind::video, "video/x-vp9", "V_VP9", "video/vp9"},
      {TrackKind::video, "video/x-av1, stream-format=obu-stream, alignment=tu", "V_AV1", "video/av1"},
      {TrackKind::audio, "audio/x-opus, channels=2", "A_OPUS", "audio/opus"},
      {TrackKind::data, "text/x-raw, format=utf8", "S_TEXT/UTF8", "text/x-raw"},
      {TrackKind::data, "text/plain", "S_TEXT/UTF8", "text/plain"},
      {TrackKind::data, "application/json", "S_TEXT/UTF8", "application/json"},
      {TrackKind::data, "application/cbor", "D_KVS/DATA", "application/cbor"},
      {TrackKind::data, "application/x-kvs-data", "D_KVS/DATA", "application/x-kvs-data"},
  };
  for (const PlainCase& one : cases) {
    const auto config = trackOf(one.kind, one.caps);
    ASSERT_TRUE(config) << one.caps;
    EXPECT_EQ(config->codec, media::Codec::other) << one.caps;
    EXPECT_EQ(config->codecId, one.codecId);
    EXPECT_EQ(config->contentType, one.contentType);
    EXPECT_FALSE(config->nalAligned);
  }
}

TEST(Caps, Av1KeepsItsConfiguration) {
  EXPECT_EQ(octets(track("video/x-av1, codec_data=(buffer)81000c00")->codecPrivate),
            (std::vector<unsigned>{0x81, 0, 0x0c, 0}));
}

TEST(Caps, RawAacHasItsCodecData) {
  const auto config =
      audio("audio/mpeg, mpegversion=4, stream-format=raw, codec_data=(buffer)1190, rate=48000, channels=2");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->codec, media::Codec::aac);
  EXPECT_FALSE(config->adts);
  EXPECT_EQ(octets(config->codecPrivate), (std::vector<unsigned>{0x11, 0x90}));
  EXPECT_EQ(config->samplingFrequency, 48000);
  EXPECT_EQ(config->channels, 2U);
  EXPECT_EQ(config->name, "audio");
}

TEST(Caps, AdtsSaysTheSameInEveryFrame) {
  EXPECT_TRUE(audio("audio/mpeg, mpegversion=4, stream-format=adts, framed=true")->adts);
  EXPECT_TRUE(audio("audio/mpeg, mpegversion=2, stream-format=adts")->adts);
  EXPECT_TRUE(audio("audio/mpeg, mpegversion=4")->adts) << "without codec data it can be nothing else";
  EXPECT_FALSE(audio("audio/mpeg, mpegversion=4, codec_data=(buffer)1190")->adts);
}

TEST(Caps, G711IsKnownToTheCore) {
  const auto alaw = audio("audio/x-alaw, rate=8000, channels=1");
  EXPECT_EQ(alaw->codec, media::Codec::alaw);
  EXPECT_EQ(alaw->samplingFrequency, 8000);
  EXPECT_EQ(audio("audio/x-mulaw, rate=16000, channels=2")->codec, media::Codec::mulaw);
}

TEST(Caps, G726HasAsManyBitsAsItsBitRateSays) {
  const auto config =
      audio("audio/x-adpcm, layout=g726, rate=8000, channels=1, bitrate=24000, block_align=3");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->codec, media::Codec::g726);
  EXPECT_EQ(config->samplingFrequency, 8000);
  EXPECT_EQ(config->channels, 1U);
  EXPECT_EQ(config->bitsPerSample, 3U);
  EXPECT_EQ(audio("audio/x-adpcm, layout=g726, rate=16000, bitrate=32000")->bitsPerSample, 2U);
  EXPECT_EQ(audio("audio/x-adpcm, layout=g726, rate=8000")->bitsPerSample, 4U)
      << "32 kbit/s is the usual rate";
  EXPECT_EQ(audio("audio/x-adpcm, layout=g726, bitrate=40000")->bitsPerSample, 5U) << "and 8 kHz";
}

TEST(Caps, AdpcmOfAnotherKindIsRefused) {
  EXPECT_FALSE(audio("audio/x-adpcm, layout=dvi, rate=8000"));
  EXPECT_FALSE(audio("audio/x-adpcm, rate=8000"));
  EXPECT_FALSE(audio("audio/x-adpcm, layout=g726, rate=8000, bitrate=48000")) << "six bits";
  EXPECT_FALSE(audio("audio/x-adpcm, layout=g726, rate=8000, bitrate=30000")) << "no whole number of bits";
}

TEST(Caps, PcmIsNamedByItsSamples) {
  const auto little = audio("audio/x-raw, format=S16LE, layout=interleaved, rate=44100, channels=2");
  ASSERT_TRUE(little);
  EXPECT_EQ(little->codecId, "A_PCM/INT/LIT");
  EXPECT_EQ(little->bitsPerSample, 16U);
  const auto big = audio("audio/x-raw, format=S24BE, layout=interleaved");
  EXPECT_EQ(big->codecId, "A_PCM/INT/BIG");
  EXPECT_EQ(big->bitsPerSample, 24U);
  const auto floating = audio("audio/x-raw, format=F32LE, layout=interleaved");
  EXPECT_EQ(floating->codecId, "A_PCM/FLOAT/IEEE");
  EXPECT_EQ(floating->bitsPerSample, 32U);
}

TEST(Caps, OpusHeadIsTheStreamHeadersFirst) {
  const auto config = audio("audio/x-opus, streamheader=(buffer)<4f70,4f71>, rate=16000, channels=1");
  EXPECT_EQ(octets(config->codecPrivate), (std::vector<unsigned>{0x4f, 0x70}));
  EXPECT_EQ(config->samplingFrequency, 48000) << "what it is decoded at";
}

TEST(Caps, OpusHeadIsMadeWhereThereIsNone) {
  const std::vector<unsigned> stereo{'O', 'p', 'u',  's',  'H', 'e', 'a', 'd', 1, 2,
                                     0,   0,   0x80, 0xbb, 0,   0,   0,   0,   0};
  EXPECT_EQ(octets(audio("audio/x-opus, channels=2, rate=48000, channel-mapping-family=0")->codecPrivate),
            stereo);
  const auto surround = octets(audio("audio/x-opus, channels=3, channel-mapping-family=1, stream-count=2, "
                                     "coupled-count=1, channel-mapping=(int)<0,2,1>")
                                   ->codecPrivate);
  EXPECT_EQ(std::vector<unsigned>(surround.begin() + 18, surround.end()),
            (std::vector<unsigned>{1, 2, 1, 0, 2, 1}));
}

TEST(Caps, AudioThatIsRefused) {
  for (const char* bad :
       {"audio/mpeg, mpegversion=1", "audio/mpeg, mpegversion=4, stream-format=raw",
        "audio/mpeg, mpegversion=4, stream-format=loas",
        "audio/mpeg, mpegversion=4, stream-format=adts, framed=false", "audio/x-raw, format=S18LE",
        "audio/x-raw, format=S16LE, layout=non-interleaved", "audio/x-vorbis"}) {
    const auto config = audio(bad);
    ASSERT_FALSE(config) << bad;
    EXPECT_NE(config.error().message.find("before it"), std::string::npos) << config.error().message;
  }
}

TEST(Caps, DataIsWhatHasANameOfItsOwn) {
  EXPECT_FALSE(trackOf(TrackKind::data, "video/x-h264"));
  EXPECT_FALSE(trackOf(TrackKind::data, "application/octet-stream"));
  const auto named = trackOf(TrackKind::data, "application/x-kvs-data", {{}, "D_RADAR", {}});
  EXPECT_EQ(named->codecId, "D_RADAR");
  EXPECT_EQ(named->name, "data");
}

TEST(Caps, NoTemplateTakesEverything) {
  for (const char* text : {gst::videoCaps, gst::audioCaps, gst::dataCaps}) {
    GstCaps* caps = gst_caps_from_string(text);
    ASSERT_TRUE(caps) << text;
    EXPECT_FALSE(gst_caps_is_any(caps)) << text;
    gst_caps_unref(caps);
  }
}

TEST(Caps, RefusalsLeaveCodecDataOut) {
  const auto config = track("video/x-h264, stream-format=elsewhere, codec_data=(buffer)0142c01e");
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().message.find("0142c01e"), std::string::npos);
}

struct Misplaced {
  TrackKind pad;
  const char* caps;
  const char* advice;
};

class MisplacedCaps : public testing::TestWithParam<Misplaced> {};

TEST_P(MisplacedCaps, AreToldWhatTheyAreAndWhereTheyBelong) {
  const auto refused = trackOf(GetParam().pad, GetParam().caps);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find(GetParam().advice), std::string::npos) << refused.error().message;
}

INSTANTIATE_TEST_SUITE_P(
    Caps, MisplacedCaps,
    testing::Values(
        Misplaced{TrackKind::video, "audio/x-alaw, rate=8000, channels=1",
                  "this is audio: link it to audio_0."},
        Misplaced{TrackKind::video, "audio/x-mulaw", "this is audio: link it to audio_0."},
        Misplaced{TrackKind::video, "audio/mpeg, mpegversion=4", "this is audio: link it to audio_0."},
        Misplaced{TrackKind::video, "audio/x-opus", "this is audio: link it to audio_0."},
        Misplaced{TrackKind::video, "audio/x-raw, format=S16LE", "this is audio: link it to audio_0."},
        Misplaced{TrackKind::data, "audio/x-alaw", "this is audio: link it to audio_0."},
        Misplaced{TrackKind::video, "audio/mpeg, mpegversion=1",
                  "put an encoder before it, such as avenc_aac"},
        Misplaced{TrackKind::video, "audio/x-ac3", "put an encoder before it, such as avenc_aac"},
        Misplaced{TrackKind::audio, "audio/x-ac3", "such as avenc_aac"},
        Misplaced{TrackKind::audio, "video/x-h264, stream-format=avc", "this is video: link it to video_0."},
        Misplaced{TrackKind::data, "image/jpeg", "this is video: link it to video_0."},
        Misplaced{TrackKind::video, "video/x-raw, format=I420", "put an encoder before it, such as x264enc"},
        Misplaced{TrackKind::audio, "video/x-raw, format=I420", "such as x264enc, and link it to video_0"},
        Misplaced{TrackKind::video, "video/mpeg, mpegversion=4", "such as x264enc"},
        Misplaced{TrackKind::video, "application/json", "this is data: link it to data_0."},
        Misplaced{TrackKind::audio, "meta/x-klv, parsed=true", "this is data: link it to data_0."},
        Misplaced{TrackKind::video, "video/mpegts, systemstream=true", "put tsdemux before it"},
        Misplaced{TrackKind::video, "video/mpeg, mpegversion=2, systemstream=true",
                  "put mpegpsdemux before it"},
        Misplaced{TrackKind::video, "video/x-matroska", "put matroskademux before it"},
        Misplaced{TrackKind::audio, "audio/x-wav", "put wavparse before it"},
        Misplaced{TrackKind::data, "video/quicktime", "put qtdemux before it"},
        Misplaced{TrackKind::video, "application/x-rtp, encoding-name=H264", "put rtph264depay before it"},
        Misplaced{TrackKind::audio, "application/x-rtp, encoding-name=PCMA", "put rtppcmadepay before it"},
        Misplaced{TrackKind::video, "application/x-rtp", "such as rtph264depay"}));

}  // namespace
}  // namespace kvs::test
