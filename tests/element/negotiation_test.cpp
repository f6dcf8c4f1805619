// SPDX-License-Identifier: Apache-2.0
// Caps at the pad: what becomes a track, and the one clear error of what cannot.
#include "support.h"

namespace kvs::test {
namespace {

TEST_F(ElementTest, CapsBecomeTheTrack) {
  Upstream upstream;
  g_object_set(sink(), "track-name", "front", nullptr);
  start(upstream);
  upstream.begin();
  ASSERT_EQ(core.tracks.size(), 1U);
  EXPECT_EQ(core.tracks[0].id.number, 1U);
  EXPECT_EQ(core.tracks[0].format.width, 320U);
  EXPECT_EQ(core.tracks[0].format.name, "front");
}

class RefusedCaps : public ElementTest, public testing::WithParamInterface<const char*> {};

TEST_P(RefusedCaps, AreOneErrorThatNamesThem) {
  Upstream upstream;
  start(upstream);
  upstream.begin(GetParam());
  const Told told = toldBy(waitForMessage(GST_MESSAGE_ERROR).get());
  EXPECT_EQ(told.domain, GST_STREAM_ERROR);
  EXPECT_EQ(told.code, GST_STREAM_ERROR_WRONG_TYPE);
  EXPECT_NE(told.text.find("caps"), std::string::npos) << told.text;
  EXPECT_NE(upstream.push(makeBuffer("f")), GST_FLOW_OK);
  EXPECT_FALSE(takeMessage(GST_MESSAGE_ERROR)) << "once";
}

INSTANTIATE_TEST_SUITE_P(Caps, RefusedCaps,
                         testing::Values("video/x-raw", "audio/x-opus", "video/x-h264, stream-format=other"));

TEST_F(ElementTest, ATrackThatTheCoreRefusesIsAnError) {
  Upstream upstream;
  core.onFormat = [](const TrackFormat&) {
    return Result<void>(fail(StatusCode::mkvInvalidCodecPrivate, ErrorKind::fatal, "codec data cut short"));
  };
  start(upstream);
  upstream.begin();
  const Told told = toldBy(waitForMessage(GST_MESSAGE_ERROR).get());
  EXPECT_EQ(told.domain, GST_STREAM_ERROR);
  EXPECT_EQ(told.text, "codec data cut short");
}

TEST_F(ElementTest, DataWithoutCapsIsAnError) {
  Upstream upstream;
  start(upstream);
  upstream.push(gst_event_new_stream_start("test"));
  upstream.push(timeSegment());
  EXPECT_EQ(upstream.push(makeBuffer("f")), GST_FLOW_NOT_NEGOTIATED);
  EXPECT_EQ(toldBy(waitForMessage(GST_MESSAGE_ERROR).get()).code, GST_CORE_ERROR_NEGOTIATION);
}

TEST_F(ElementTest, TheCapsQueryNamesWhatIsTaken) {
  GstCaps* caps = gst_pad_query_caps(requestPad(), nullptr);
  const auto canTake = [&](const char* text) {
    GstCaps* asked = gst_caps_from_string(text);
    const bool can = gst_caps_can_intersect(caps, asked);
    gst_caps_unref(asked);
    return can;
  };
  EXPECT_TRUE(canTake("video/x-h264, stream-format=avc, alignment=au"));
  EXPECT_TRUE(canTake("video/x-h264, stream-format=byte-stream, alignment=nal"));
  EXPECT_TRUE(canTake("video/x-h265, stream-format=hvc1, alignment=au"));
  EXPECT_TRUE(canTake("image/jpeg"));
  EXPECT_FALSE(canTake("video/x-raw"));
  EXPECT_FALSE(canTake("audio/x-alaw"));
  gst_caps_unref(caps);
}

}  // namespace
}  // namespace kvs::test
