// SPDX-License-Identifier: Apache-2.0
// What the core is told of pads whose tracks come, wait, end and go.
#include <gmock/gmock.h>

#include "support.h"

namespace kvs::test {
namespace {

constexpr const char* aac =
    "audio/mpeg, mpegversion=4, stream-format=raw, codec_data=(buffer)1190, rate=48000, channels=2";

TEST_F(ElementTest, EveryPadIsExpectedFromTheStartOn) {
  requestPad("video_0");
  requestPad("audio_0");
  setState(GST_STATE_PAUSED);
  EXPECT_EQ(core.callCount("addTrack video_0"), 1U);
  EXPECT_EQ(core.callCount("addTrack audio_0"), 1U);
  requestPad("data_0");
  EXPECT_EQ(core.callCount("addTrack data_0"), 1U) << "also one that comes later";
}

TEST_F(ElementTest, AudioBesideVideoIsTrackTwo) {
  Upstream camera;
  Upstream microphone;
  camera.link(requestPad("video_0"));
  microphone.link(requestPad("audio_0"));
  g_object_set(sink(), "track-name", "front", "codec-id", "V_X", "content-type", "video/x", nullptr);
  setState(GST_STATE_PLAYING);
  microphone.begin(aac);
  camera.begin();
  ASSERT_EQ(core.tracks.size(), 2U);
  EXPECT_EQ(core.tracks[0].id.number, 2U);
  EXPECT_EQ(core.tracks[0].format.name, "audio") << "the user's names are the video's";
  EXPECT_EQ(core.tracks[0].format.codecId, "");
  EXPECT_EQ(core.tracks[0].format.contentType, "");
  EXPECT_EQ(core.tracks[1].id.number, 1U);
  EXPECT_EQ(core.tracks[1].format.name, "front");
  EXPECT_EQ(core.tracks[1].format.codecId, "V_X");
  EXPECT_EQ(core.tracks[1].format.contentType, "video/x");
  EXPECT_EQ(microphone.push(makeBuffer("a")), GST_FLOW_OK);
  EXPECT_EQ(camera.push(makeBuffer("v")), GST_FLOW_OK);
  ASSERT_EQ(core.frameCount(), 2U);
  EXPECT_EQ(core.frames[0].track, "audio_0");
  EXPECT_EQ(core.frames[1].track, "video_0");
}

TEST_F(ElementTest, AudioAloneIsTrackOneWithTheUsersNames) {
  Upstream microphone;
  microphone.link(requestPad("audio_0"));
  g_object_set(sink(), "track-name", "hall", nullptr);
  setState(GST_STATE_PLAYING);
  microphone.begin(aac);
  ASSERT_EQ(core.tracks.size(), 1U);
  EXPECT_EQ(core.tracks[0].id.number, 1U);
  EXPECT_EQ(core.tracks[0].format.name, "hall");
}

TEST_F(ElementTest, TheEndOfOnePadIsNotTheStreams) {
  Upstream camera;
  Upstream microphone;
  camera.link(requestPad("video_0"));
  microphone.link(requestPad("audio_0"));
  setState(GST_STATE_PLAYING);
  camera.begin();
  microphone.begin(aac);
  microphone.push(gst_event_new_eos());
  EXPECT_EQ(core.callCount("end audio_0"), 1U);
  EXPECT_EQ(core.callCount("endOfStream"), 0U);
  EXPECT_EQ(camera.push(makeBuffer("v")), GST_FLOW_OK);
  camera.push(gst_event_new_eos());
  EXPECT_EQ(core.callCount("end video_0"), 1U);
  EXPECT_TRUE(waitForMessage(GST_MESSAGE_EOS));
}

TEST_F(ElementTest, AReleasedPadsTrackLeaves) {
  Upstream camera;
  Upstream microphone;
  camera.link(requestPad("video_0"));
  GstPad* audioPad = requestPad("audio_0");
  microphone.link(audioPad);
  setState(GST_STATE_PLAYING);
  camera.begin();
  microphone.begin(aac);
  gst_element_release_request_pad(sink(), audioPad);
  EXPECT_EQ(core.callCount("remove audio_0"), 1U);
  EXPECT_EQ(core.callCount("flush"), 0U) << "the other track goes on";
  EXPECT_EQ(camera.push(makeBuffer("v")), GST_FLOW_OK);
}

TEST_F(ElementTest, AGapIsProgress) {
  Upstream camera;
  start(camera);
  camera.begin();
  camera.push(timeSegment(10 * GST_SECOND));
  EXPECT_TRUE(camera.push(gst_event_new_gap(12 * GST_SECOND, GST_SECOND)));
  EXPECT_TRUE(camera.push(gst_event_new_gap(13 * GST_SECOND, GST_CLOCK_TIME_NONE)));
  ASSERT_EQ(core.gaps.size(), 2U);
  EXPECT_EQ(core.gaps[0].track, "video_0");
  EXPECT_EQ(core.gaps[0].pts, Seconds(2)) << "running time, as of frames";
  EXPECT_EQ(core.gaps[0].duration, Seconds(1));
  EXPECT_EQ(core.gaps[1].duration, Seconds(0));
}

TEST_F(ElementTest, AKeyFrameIsAskedForUpstream) {
  Upstream camera;
  start(camera);
  camera.begin();
  camera.push(makeBuffer("a"));
  EXPECT_EQ(camera.lastCustomEvent(), "");
  core.keyFrameRequests.insert("video_0");
  camera.push(makeBuffer("b"));
  EXPECT_THAT(camera.lastCustomEvent(), testing::StartsWith("GstForceKeyUnit"));
  EXPECT_THAT(camera.lastCustomEvent(), testing::HasSubstr("all-headers=(boolean)true"));
  const std::vector<GstEventType> seen = camera.eventsSeen();
  camera.push(makeBuffer("c"));
  EXPECT_EQ(camera.eventsSeen().size(), seen.size()) << "once a request";
}

TEST_F(ElementTest, AKeyFrameIsAskedForWhileTheSourceIsIdle) {
  Upstream camera;
  start(camera);
  camera.begin();
  camera.push(makeBuffer("a"));
  core.tell([](StreamListener& listener) { listener.onKeyFrameWanted({"video_0", 1}); });
  settle();
  EXPECT_THAT(camera.lastCustomEvent(), testing::StartsWith("GstForceKeyUnit"))
      << "no frame is needed for it";
}

TEST_F(ElementTest, AKeyFrameIsAskedForOnThePadOfItsTrackOnly) {
  Upstream camera;
  Upstream microphone;
  camera.link(requestPad("video_0"));
  microphone.link(requestPad("audio_0"));
  setState(GST_STATE_PLAYING);
  camera.begin();
  microphone.begin(aac);
  core.tell([](StreamListener& listener) {
    listener.onKeyFrameWanted({"video_0", 1});
    listener.onKeyFrameWanted({"gone", 7});
  });
  settle();
  EXPECT_THAT(camera.lastCustomEvent(), testing::StartsWith("GstForceKeyUnit"));
  EXPECT_EQ(microphone.lastCustomEvent(), "");
}

TEST_F(ElementTest, NoKeyFrameIsAskedForByAStreamThatHasEnded) {
  Upstream camera;
  start(camera);
  camera.begin();
  const auto former = core.listener;
  setState(GST_STATE_READY);
  setState(GST_STATE_PLAYING);
  camera.begin();
  former->onKeyFrameWanted({"video_0", 1});
  settle();
  EXPECT_EQ(camera.lastCustomEvent(), "");
}

}  // namespace
}  // namespace kvs::test
