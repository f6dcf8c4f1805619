// SPDX-License-Identifier: Apache-2.0
// Requesting, releasing, and releasing while the streaming thread waits inside.
#include "support.h"

namespace kvs::test {
namespace {

TEST_F(ElementTest, OneVideoPadAtMost) {
  GstPad* pad = requestPad();
  ASSERT_NE(pad, nullptr);
  EXPECT_STREQ(GST_PAD_NAME(pad), "video_0");
  EXPECT_EQ(requestPad(), nullptr);
  gst_element_release_request_pad(sink(), pad);
  EXPECT_NE(requestPad("video_7"), nullptr);
}

TEST_F(ElementTest, AnEncodersPadLinksWithoutNamingOurs) {
  const gst::ElementRef source(GST_ELEMENT(gst_object_ref_sink(gst_bin_new("encoder"))));
  gst_element_add_pad(source.get(), gst_ghost_pad_new_no_target("src", GST_PAD_SRC));
  EXPECT_TRUE(gst_element_link(source.get(), sink()));
  gst_element_unlink(source.get(), sink());
}

TEST_F(ElementTest, APadCanComeAndGoWhilePlaying) {
  ASSERT_EQ(setState(GST_STATE_PLAYING), GST_STATE_CHANGE_SUCCESS);
  for (int round = 0; round < 3; ++round) {
    Upstream upstream;
    GstPad* pad = requestPad();
    upstream.link(pad);
    upstream.begin();
    EXPECT_EQ(upstream.push(makeBuffer("f")), GST_FLOW_OK);
    gst_element_release_request_pad(sink(), pad);
  }
  EXPECT_EQ(core.frameCount(), 3U);
  EXPECT_EQ(core.callCount("flush"), 3U) << "what a pad brought is committed when it goes";
}

TEST_F(ElementTest, ReleaseWakesAThreadThatWaitsInPaused) {
  Upstream upstream;
  GstPad* pad = requestPad();
  upstream.link(pad);
  setState(GST_STATE_PAUSED);
  upstream.begin();
  EXPECT_EQ(upstream.push(makeBuffer("first")), GST_FLOW_OK);
  auto waiting = upstream.pushAside(makeBuffer("second"));
  gst_element_release_request_pad(sink(), pad);
  ASSERT_EQ(waiting.wait_for(patience), std::future_status::ready);
  EXPECT_EQ(waiting.get(), GST_FLOW_FLUSHING);
  EXPECT_EQ(core.frameCount(), 1U);
}

TEST_F(ElementTest, ReleaseWakesAThreadThatWaitsForRoom) {
  Upstream upstream;
  core.onPut = [&](const std::string&, const Frame&) { return core.waitForRoom(); };
  GstPad* pad = requestPad();
  upstream.link(pad);
  setState(GST_STATE_PLAYING);
  upstream.begin();
  auto waiting = upstream.pushAside(makeBuffer("f"));
  ASSERT_TRUE(core.waitFor([&] { return core.waiting == 1; }));
  gst_element_release_request_pad(sink(), pad);
  ASSERT_EQ(waiting.wait_for(patience), std::future_status::ready);
  EXPECT_EQ(waiting.get(), GST_FLOW_FLUSHING);
  EXPECT_FALSE(core.interrupted) << "others may wait for room again";
}

TEST_F(ElementTest, AFatalErrorOfOnePadWakesAnotherThatWaits) {
  Upstream video;
  Upstream audio;
  core.onPut = [&](const std::string&, const Frame&) { return core.waitForRoom(); };
  start(video);
  audio.link(requestPad("audio_%u"));
  video.begin();
  auto waiting = video.pushAside(makeBuffer("f"));
  ASSERT_TRUE(core.waitFor([&] { return core.waiting == 1; }));
  audio.begin("audio/x-ac3");
  ASSERT_EQ(waiting.wait_for(patience), std::future_status::ready);
  EXPECT_EQ(waiting.get(), GST_FLOW_ERROR);
}

}  // namespace
}  // namespace kvs::test
