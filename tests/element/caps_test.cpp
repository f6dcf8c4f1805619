// SPDX-License-Identifier: Apache-2.0
#include "caps.h"

#include <gtest/gtest.h>

namespace kvs::test {
namespace {

using gst::videoTrackFromCaps;
using media::NalFraming;

Result<media::TrackConfig> track(const char* text, const gst::TrackNames& names = {}) {
  GstCaps* caps = gst_caps_from_string(text);
  auto result = videoTrackFromCaps(caps, names);
  gst_caps_unref(caps);
  return result;
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
       {"video/x-vp8", "video/x-raw, format=I420", "audio/mpeg, mpegversion=4",
        "video/x-h264, stream-format=elsewhere", "video/x-h264, stream-format=avc, alignment=frame"}) {
    const auto config = track(bad);
    ASSERT_FALSE(config) << bad;
    const std::string first = std::string(bad).substr(0, std::string(bad).find(','));
    EXPECT_NE(config.error().message.find(first), std::string::npos) << config.error().message;
    EXPECT_EQ(config.error().kind, ErrorKind::fatal);
  }
}

TEST(Caps, RefusalsLeaveCodecDataOut) {
  const auto config = track("video/x-h264, stream-format=elsewhere, codec_data=(buffer)0142c01e");
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().message.find("0142c01e"), std::string::npos);
}

}  // namespace
}  // namespace kvs::test
