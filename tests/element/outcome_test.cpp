// SPDX-License-Identifier: Apache-2.0
// The end of a stream of which nothing was stored is an error, and says why.
#include "pads/outcome.h"

#include "report/errors.h"
#include "support.h"

namespace kvs::test {
namespace {

using gst::failureOf;
using gst::RefusedFrames;

TEST(Outcome, AStreamWithoutFramesIsASuccess) {
  EXPECT_FALSE(failureOf({}, {}));
}

TEST(Outcome, AStreamOfWhichSomethingIsStoredIsASuccess) {
  StreamStats stats;
  stats.framesIn = stats.framesPersisted = 1;
  stats.skippedInvalid = 99;
  EXPECT_FALSE(failureOf(stats, {99, gst::elementError(StatusCode::mkvInvalidAac, "no AAC")}));
}

TEST(Outcome, TheCommonestReasonIsSaid) {
  StreamStats stats;
  stats.skippedBeforeKeyFrame = 70;
  stats.skippedLate = 5;
  const auto failure = failureOf(stats, {});
  ASSERT_TRUE(failure);
  EXPECT_TRUE(failure->message.starts_with("None of the 75 frames that came was stored: no key frame"))
      << failure->message;
  EXPECT_NE(failure->message.find("key-int-max"), std::string::npos);
}

TEST(Outcome, EveryReasonHasAWordAndARemedy) {
  for (std::uint64_t StreamStats::*reason :
       {&StreamStats::skippedBeforeKeyFrame, &StreamStats::skippedAfterGap, &StreamStats::skippedNoRoom,
        &StreamStats::skippedInvalid, &StreamStats::skippedKeyFrameDistance,
        &StreamStats::skippedAfterEndOfFragment, &StreamStats::skippedLate,
        &StreamStats::skippedTrackAbsent}) {
    StreamStats stats;
    stats.*reason = 1;
    const auto failure = failureOf(stats, {});
    ASSERT_TRUE(failure);
    EXPECT_TRUE(failure->message.starts_with("The only frame that came was not stored: "))
        << failure->message;
    EXPECT_NE(failure->message.find("To mend it, "), std::string::npos) << failure->message;
  }
}

TEST(Outcome, WhatWasSaidOfTheLastRefusedFrameIsSaidAgain) {
  StreamStats stats;
  stats.skippedInvalid = 3;
  const auto failure =
      failureOf(stats, {3, gst::elementError(StatusCode::mkvInvalidAac, "No AAC: mend it.")});
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->code, StatusCode::mkvInvalidAac);
  EXPECT_EQ(failure->message, "None of the 3 frames that came was stored: No AAC: mend it.");
}

TEST(Outcome, WhereEveryFragmentWasLostTheLastTroubleIsSaid) {
  StreamStats stats;
  stats.framesIn = stats.framesLost = 20;
  stats.lastError = "The service refuses the fragment.";
  stats.lastErrorCode = StatusCode::ackInvalidMkvData;
  const auto failure = failureOf(stats, {});
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->code, StatusCode::ackInvalidMkvData);
  EXPECT_NE(failure->message.find("refuses the fragment"), std::string::npos);
}

Error refusal() {
  return Error{
      StatusCode::mkvInvalidFrameTimestamp, ErrorKind::fatal, "Before the year 2000.", {}, 0, {}, {}, {}};
}

TEST_F(ElementTest, WhereEveryFrameWasRefusedTheEndIsOneErrorAndNoEos) {
  Upstream upstream;
  core.onPut = [](const std::string&, const Frame&) { return Result<FrameFate>(fail(refusal())); };
  start(upstream);
  upstream.begin();
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(upstream.push(makeBuffer("f")), GST_FLOW_OK);
  upstream.push(gst_event_new_eos());
  const Told told = toldBy(waitForMessage(GST_MESSAGE_ERROR).get());
  EXPECT_EQ(told.domain, GST_STREAM_ERROR);
  EXPECT_EQ(told.text, "None of the 5 frames that came was stored: Before the year 2000.");
  settle();
  EXPECT_FALSE(takeMessage(GST_MESSAGE_EOS));
  EXPECT_FALSE(takeMessage(GST_MESSAGE_ERROR)) << "once";
}

TEST_F(ElementTest, WhereEveryFrameWasSkippedTheEndIsAnErrorAlsoWithoutAWait) {
  g_object_set(sink(), "stop-stream-timeout", 0U, nullptr);
  Upstream upstream;
  core.drainsByItself = false;
  core.onPut = [](const std::string&, const Frame&) { return FrameFate::beforeFirstKeyFrame; };
  core.stats.skippedBeforeKeyFrame = 1;
  start(upstream);
  upstream.begin();
  upstream.push(makeBuffer("f"));
  upstream.push(gst_event_new_eos());
  EXPECT_NE(toldBy(waitForMessage(GST_MESSAGE_ERROR).get()).text.find("no key frame"), std::string::npos);
}

TEST_F(ElementTest, WhereEveryFrameWasRefusedAStopDoesNotSayThatAllIsStored) {
  Upstream upstream;
  core.onPut = [](const std::string&, const Frame&) { return Result<FrameFate>(fail(refusal())); };
  start(upstream);
  upstream.begin();
  upstream.push(makeBuffer("f"));
  setState(GST_STATE_READY);
  GstProgressType type = GST_PROGRESS_TYPE_START;
  std::string text;
  while (const auto message = takeMessage(GST_MESSAGE_PROGRESS)) {
    gchar* said = nullptr;
    gst_message_parse_progress(message.get(), &type, nullptr, &said);
    text = gst::Text(said).get();
  }
  EXPECT_EQ(type, GST_PROGRESS_TYPE_ERROR);
  EXPECT_EQ(text, "nothing was stored");
}

TEST_F(ElementTest, FramesRefusedBeforeAFlushStillCountAtTheEnd) {
  Upstream upstream;
  core.onPut = [](const std::string&, const Frame&) { return Result<FrameFate>(fail(refusal())); };
  start(upstream);
  upstream.begin();
  upstream.push(makeBuffer("f"));
  upstream.push(gst_event_new_flush_start());
  upstream.push(gst_event_new_flush_stop(TRUE));
  upstream.push(timeSegment());
  upstream.push(gst_event_new_eos());
  EXPECT_TRUE(waitForMessage(GST_MESSAGE_ERROR));
}

TEST_F(ElementTest, FramesRefusedInAnEarlierStreamDoNotCount) {
  Upstream upstream;
  core.onPut = [](const std::string&, const Frame&) { return Result<FrameFate>(fail(refusal())); };
  start(upstream);
  upstream.begin();
  upstream.push(makeBuffer("f"));
  upstream.push(gst_event_new_eos());
  EXPECT_TRUE(waitForMessage(GST_MESSAGE_ERROR));
  setState(GST_STATE_READY);
  core.onPut = nullptr;
  setState(GST_STATE_PLAYING);
  upstream.begin();
  EXPECT_EQ(upstream.push(makeBuffer("f")), GST_FLOW_OK);
  upstream.push(gst_event_new_eos());
  EXPECT_TRUE(waitForMessage(GST_MESSAGE_EOS));
  EXPECT_FALSE(takeMessage(GST_MESSAGE_ERROR));
}

/// Starts the element anew as soon as it hears of an error, from inside the call that posts it.
GstBusSyncReply startAnew(GstBus* /*bus*/, GstMessage* message, gpointer sink) {
  if (GST_MESSAGE_TYPE(message) != GST_MESSAGE_ERROR) return GST_BUS_PASS;
  gst_element_set_state(GST_ELEMENT(sink), GST_STATE_READY);
  gst_element_set_state(GST_ELEMENT(sink), GST_STATE_PLAYING);
  return GST_BUS_PASS;
}

TEST_F(ElementTest, AnErrorIsNoneOfTheStreamThatIsStartedWhenItIsHeard) {
  Upstream upstream;
  core.onPut = [](const std::string&, const Frame&) { return Result<FrameFate>(fail(refusal())); };
  start(upstream);
  const std::unique_ptr<GstBus, gst::ObjectUnref> bus(gst_element_get_bus(sink()));
  gst_bus_set_sync_handler(bus.get(), &startAnew, sink(), nullptr);
  upstream.begin();
  upstream.push(makeBuffer("f"));
  upstream.push(gst_event_new_eos());
  EXPECT_TRUE(waitForMessage(GST_MESSAGE_ERROR));
  settle();
  gst_bus_set_sync_handler(bus.get(), nullptr, nullptr, nullptr);
  core.onPut = nullptr;
  upstream.begin();
  EXPECT_EQ(upstream.push(makeBuffer("f")), GST_FLOW_OK);
  upstream.push(gst_event_new_eos());
  EXPECT_TRUE(waitForMessage(GST_MESSAGE_EOS));
}

TEST_F(ElementTest, WhereSomethingOfOneTrackIsStoredTheEndIsAnEnd) {
  Upstream video;
  Upstream audio;
  core.onPut = [](const std::string& track, const Frame&) {
    return track == "video_0" ? Result<FrameFate>(fail(refusal())) : Result<FrameFate>(FrameFate::accepted);
  };
  core.stats.framesIn = core.stats.framesPersisted = 1;
  audio.link(requestPad("audio_0"));
  start(video);
  video.begin();
  audio.begin("audio/x-alaw, rate=8000, channels=1");
  video.push(makeBuffer("v"));
  audio.push(makeBuffer("a"));
  video.push(gst_event_new_eos());
  audio.push(gst_event_new_eos());
  EXPECT_TRUE(waitForMessage(GST_MESSAGE_EOS));
  EXPECT_FALSE(takeMessage(GST_MESSAGE_ERROR));
}

}  // namespace
}  // namespace kvs::test
