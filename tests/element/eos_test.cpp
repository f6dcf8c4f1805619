// SPDX-License-Identifier: Apache-2.0
// The end of the stream: when it is said, how often, and what takes it back.
#include "pads/eos.h"

#include "support.h"

namespace kvs::test {
namespace {

using gst::Eos;

const int padA = 0;
const int padB = 0;

TEST(EosState, WaitsForEveryPad) {
  Eos eos;
  eos.addPad(&padA);
  eos.addPad(&padB);
  eos.setPlaying(true);
  eos.end(&padA, 5);
  EXPECT_FALSE(eos.begin());
  eos.end(&padB, 6);
  const auto generation = eos.begin();
  ASSERT_TRUE(generation);
  EXPECT_FALSE(eos.begin()) << "once";
  EXPECT_FALSE(eos.takeMessage()) << "not before the drain is over";
  EXPECT_TRUE(eos.finish(*generation));
  EXPECT_EQ(eos.takeMessage(), 6U) << "the last one's seqnum";
  EXPECT_FALSE(eos.takeMessage());
}

TEST(EosState, AReleasedPadNoLongerCounts) {
  Eos eos;
  eos.addPad(&padA);
  eos.addPad(&padB);
  eos.end(&padA, 5);
  eos.removePad(&padB);
  EXPECT_TRUE(eos.begin());
}

TEST(EosState, WithoutAPadThereIsNoEnd) {
  Eos eos;
  EXPECT_FALSE(eos.begin());
  eos.addPad(&padA);
  eos.end(&padA, 5);
  ASSERT_TRUE(eos.begin());
  eos.removePad(&padA);
  EXPECT_FALSE(eos.draining());
}

TEST(EosState, ARestartCancelsTheDrainUnderWay) {
  Eos eos;
  eos.addPad(&padA);
  eos.setPlaying(true);
  eos.end(&padA, 5);
  const auto first = eos.begin();
  eos.restart(&padA);
  EXPECT_FALSE(eos.finish(*first));
  eos.end(&padA, 6);
  const auto second = eos.begin();
  EXPECT_FALSE(eos.finish(*first)) << "that one is another's";
  EXPECT_TRUE(eos.finish(*second));
}

TEST(EosState, IsRememberedWhileNotPlayingAndSaidEachTimeItPlays) {
  Eos eos;
  eos.addPad(&padA);
  eos.end(&padA, 5);
  EXPECT_TRUE(eos.finish(*eos.begin()));
  EXPECT_FALSE(eos.takeMessage());
  eos.setPlaying(true);
  EXPECT_TRUE(eos.takeMessage());
  eos.setPlaying(false);
  eos.setPlaying(true);
  EXPECT_TRUE(eos.takeMessage());
}

TEST_F(ElementTest, EosIsPostedWithItsSeqnumWhenAllIsDurable) {
  Upstream upstream;
  core.drainsByItself = false;
  start(upstream);
  upstream.begin();
  upstream.push(makeBuffer("f"));
  GstEvent* eos = gst_event_new_eos();
  const guint32 seqnum = gst_event_get_seqnum(eos);
  EXPECT_TRUE(upstream.push(eos));
  EXPECT_EQ(core.callCount("endOfStream"), 1U);
  EXPECT_FALSE(takeMessage(GST_MESSAGE_EOS));
  core.tell([](StreamListener& listener) { listener.onDrained(); });
  EXPECT_EQ(gst_message_get_seqnum(waitForMessage(GST_MESSAGE_EOS).get()), seqnum);
}

TEST_F(ElementTest, EosInPausedIsPostedWhenPlayingAndAgainEachTime) {
  Upstream upstream;
  start(upstream, GST_STATE_PAUSED);
  upstream.begin();
  upstream.push(gst_event_new_eos());
  settle();
  EXPECT_FALSE(takeMessage(GST_MESSAGE_EOS));
  for (int round = 0; round < 3; ++round) {
    setState(GST_STATE_PLAYING);
    EXPECT_TRUE(waitForMessage(GST_MESSAGE_EOS));
    setState(GST_STATE_PAUSED);
    EXPECT_FALSE(takeMessage(GST_MESSAGE_EOS));
  }
}

TEST_F(ElementTest, FlushTakesEosBackAndFramesGoOn) {
  Upstream upstream;
  core.drainsByItself = false;
  start(upstream);
  upstream.begin();
  upstream.push(gst_event_new_eos());
  upstream.push(gst_event_new_flush_start());
  upstream.push(gst_event_new_flush_stop(TRUE));
  core.tell([](StreamListener& listener) { listener.onDrained(); });
  settle();
  EXPECT_FALSE(takeMessage(GST_MESSAGE_EOS));
  upstream.push(timeSegment());
  EXPECT_EQ(upstream.push(makeBuffer("f")), GST_FLOW_OK);
  EXPECT_EQ(core.streams, 1U) << "the same stream";
  upstream.push(gst_event_new_eos());
  core.tell([](StreamListener& listener) { listener.onDrained(); });
  EXPECT_TRUE(waitForMessage(GST_MESSAGE_EOS));
}

TEST_F(ElementTest, ADrainThatNewFramesOvertookIsNotTheEnd) {
  Upstream upstream;
  core.drainsByItself = false;
  start(upstream);
  upstream.begin();
  upstream.push(gst_event_new_eos());
  core.stats.bytesBuffered = 10;
  core.tell([](StreamListener& listener) { listener.onDrained(); });
  settle();
  EXPECT_FALSE(takeMessage(GST_MESSAGE_EOS));
}

TEST_F(ElementTest, EosComesWhenTheTimeoutIsOver) {
  Upstream upstream;
  core.drainsByItself = false;
  g_object_set(sink(), "stop-stream-timeout", 1U, nullptr);
  start(upstream);
  upstream.begin();
  core.stats.bytesBuffered = 10;
  upstream.push(gst_event_new_eos());
  EXPECT_TRUE(waitForMessage(GST_MESSAGE_WARNING)) << "what was left is told";
  EXPECT_TRUE(waitForMessage(GST_MESSAGE_EOS));
}

TEST_F(ElementTest, AfterEosGoingToReadyDoesNotDrainAgain) {
  Upstream upstream;
  start(upstream);
  upstream.begin();
  upstream.push(gst_event_new_eos());
  waitForMessage(GST_MESSAGE_EOS);
  setState(GST_STATE_READY);
  EXPECT_EQ(core.callCount("drain"), 0U);
}

TEST_F(ElementTest, EosSentToTheElementEndsAPadThatWaits) {
  Upstream upstream;
  start(upstream, GST_STATE_PAUSED);
  upstream.begin();
  upstream.push(makeBuffer("first"));
  auto waiting = upstream.pushAside(makeBuffer("second"));
  EXPECT_TRUE(gst_element_send_event(sink(), gst_event_new_eos()));
  ASSERT_EQ(waiting.wait_for(patience), std::future_status::ready);
  EXPECT_EQ(waiting.get(), GST_FLOW_EOS);
  setState(GST_STATE_PLAYING);
  EXPECT_TRUE(waitForMessage(GST_MESSAGE_EOS));
}

TEST_F(ElementTest, ReleasingTheOnlyPadIsNoEnd) {
  Upstream upstream;
  GstPad* pad = requestPad();
  upstream.link(pad);
  setState(GST_STATE_PLAYING);
  upstream.begin();
  gst_element_release_request_pad(sink(), pad);
  EXPECT_EQ(core.callCount("endOfStream"), 0U);
}

}  // namespace
}  // namespace kvs::test
