// SPDX-License-Identifier: Apache-2.0
// State changes: what they check, what they never wait for, what wakes on the way down.
#include <cstdlib>

#include "report/errors.h"
#include "support.h"

namespace kvs::test {
namespace {

using namespace std::chrono_literals;

TEST_F(ElementTest, GoesUpWithoutAWordFromTheService) {
  EXPECT_EQ(setState(GST_STATE_READY), GST_STATE_CHANGE_SUCCESS);
  EXPECT_EQ(setState(GST_STATE_PAUSED), GST_STATE_CHANGE_SUCCESS) << "never ASYNC";
  EXPECT_EQ(setState(GST_STATE_PLAYING), GST_STATE_CHANGE_SUCCESS);
  EXPECT_EQ(core.streams, 1U);
}

TEST_F(ElementTest, ASettingThatCannotBeIsOneErrorAndAFailure) {
  core.createFails = gst::elementError(StatusCode::invalidStorageSize, "storage-size must be 10 at least");
  EXPECT_EQ(setState(GST_STATE_PAUSED), GST_STATE_CHANGE_FAILURE);
  const Told told = toldBy(takeMessage(GST_MESSAGE_ERROR).get());
  EXPECT_EQ(told.domain, GST_RESOURCE_ERROR);
  EXPECT_EQ(told.code, GST_RESOURCE_ERROR_SETTINGS);
  EXPECT_EQ(told.text, "storage-size must be 10 at least");
  EXPECT_NE(told.debug.find("0x5200000a"), std::string::npos);
  EXPECT_FALSE(takeMessage(GST_MESSAGE_ERROR));
}

TEST_F(ElementTest, AStreamThatCannotBeIsOneErrorAndAFailureAndCanBeMended) {
  core.streamFails = gst::elementError(StatusCode::invalidStreamNameLength, "the name is empty");
  EXPECT_EQ(setState(GST_STATE_PLAYING), GST_STATE_CHANGE_FAILURE);
  EXPECT_EQ(toldBy(takeMessage(GST_MESSAGE_ERROR).get()).code, GST_RESOURCE_ERROR_SETTINGS);
  core.streamFails.reset();
  EXPECT_EQ(setState(GST_STATE_PLAYING), GST_STATE_CHANGE_SUCCESS);
}

TEST_F(ElementTest, InPausedAPadTakesOneBufferAndThenWaits) {
  Upstream upstream;
  start(upstream, GST_STATE_PAUSED);
  upstream.begin();
  EXPECT_EQ(upstream.push(makeBuffer("first")), GST_FLOW_OK);
  auto waiting = upstream.pushAside(makeBuffer("second"));
  EXPECT_EQ(core.frameCount(), 1U);
  setState(GST_STATE_PLAYING);
  ASSERT_EQ(waiting.wait_for(patience), std::future_status::ready);
  EXPECT_EQ(waiting.get(), GST_FLOW_OK);
  EXPECT_EQ(core.frameCount(), 2U);

  setState(GST_STATE_PAUSED);
  EXPECT_EQ(upstream.push(makeBuffer("third")), GST_FLOW_OK) << "one for each time in PAUSED";
}

TEST_F(ElementTest, InPausedALiveSourceIsNotHeldUp) {
  Upstream live(true);
  start(live, GST_STATE_PAUSED);
  live.begin();
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(live.push(makeBuffer("f")), GST_FLOW_OK);
}

TEST_F(ElementTest, GoingToReadyWakesAThreadThatWaits) {
  Upstream upstream;
  start(upstream, GST_STATE_PAUSED);
  upstream.begin();
  upstream.push(makeBuffer("first"));
  auto waiting = upstream.pushAside(makeBuffer("second"));
  setState(GST_STATE_READY);
  ASSERT_EQ(waiting.wait_for(patience), std::future_status::ready);
  EXPECT_EQ(waiting.get(), GST_FLOW_FLUSHING);
}

TEST_F(ElementTest, GoingToReadyWakesAThreadThatWaitsForRoom) {
  Upstream upstream;
  core.onPut = [&](const std::string&, const Frame&) { return core.waitForRoom(); };
  start(upstream);
  upstream.begin();
  auto waiting = upstream.pushAside(makeBuffer("f"));
  ASSERT_TRUE(core.waitFor([&] { return core.waiting == 1; }));
  setState(GST_STATE_READY);
  ASSERT_EQ(waiting.wait_for(patience), std::future_status::ready);
  EXPECT_EQ(waiting.get(), GST_FLOW_FLUSHING);
}

TEST_F(ElementTest, GoingToReadyDrainsForAsLongAsIsSet) {
  Milliseconds given{0};
  core.onDrain = [&](Milliseconds timeout) {
    given = timeout;
    return true;
  };
  g_object_set(sink(), "stop-stream-timeout", 7U, nullptr);
  setState(GST_STATE_PLAYING);
  setState(GST_STATE_READY);
  EXPECT_EQ(given, 7s);
  EXPECT_EQ(core.calls.back(), "stop");
  EXPECT_FALSE(takeMessage(GST_MESSAGE_WARNING));
}

TEST_F(ElementTest, WhatWasLeftIsTold) {
  core.onDrain = [](Milliseconds) { return false; };
  core.stats.bytesBuffered = 4711;
  core.stats.durationBuffered = 1500ms;
  setState(GST_STATE_PLAYING);
  setState(GST_STATE_READY);
  const Told told = toldBy(takeMessage(GST_MESSAGE_WARNING).get());
  EXPECT_NE(told.text.find("4711 bytes"), std::string::npos) << told.text;
  EXPECT_NE(told.text.find("1500 ms"), std::string::npos) << told.text;
}

TEST_F(ElementTest, WithoutATimeoutItDoesNotDrain) {
  g_object_set(sink(), "stop-stream-timeout", 0U, nullptr);
  setState(GST_STATE_PLAYING);
  setState(GST_STATE_READY);
  EXPECT_EQ(core.callCount("drain"), 0U);
  EXPECT_EQ(core.callCount("stop"), 1U);
}

TEST_F(ElementTest, AStreamLivesFromPausedToReadyAgainAndAgain) {
  Upstream upstream;
  start(upstream);
  for (int round = 1; round <= 3; ++round) {
    upstream.begin();
    EXPECT_EQ(upstream.push(makeBuffer("f")), GST_FLOW_OK);
    setState(GST_STATE_NULL);
    EXPECT_TRUE(core.waitFor([&] { return core.streams == 0; })) << "gone with READY->NULL";
    setState(GST_STATE_PLAYING);
  }
  EXPECT_EQ(core.frameCount(), 3U);
}

// 1,000 rounds by KVSSINK_TEST_CYCLES=1000.
TEST_F(ElementTest, CyclesLeaveNothingBehind) {
  const char* asked = g_getenv("KVSSINK_TEST_CYCLES");
  const int rounds = asked ? std::atoi(asked) : 100;
  for (int round = 0; round < rounds; ++round) {
    gst::ElementRef other(GST_ELEMENT(gst_object_ref_sink(gst_element_factory_make("kvssink", nullptr))));
    const gst::PadRef pad(gst_element_request_pad_simple(other.get(), "video_%u"));
    Upstream upstream;
    upstream.link(pad.get());
    ASSERT_EQ(gst_element_set_state(other.get(), GST_STATE_PLAYING), GST_STATE_CHANGE_SUCCESS);
    upstream.begin();
    ASSERT_EQ(upstream.push(makeBuffer("f")), GST_FLOW_OK);
    upstream.push(gst_event_new_eos());
    ASSERT_EQ(gst_element_set_state(other.get(), GST_STATE_NULL), GST_STATE_CHANGE_SUCCESS);
  }
  EXPECT_TRUE(core.waitFor([&] { return core.streams == 0; }));
  EXPECT_EQ(core.frameCount(), static_cast<std::size_t>(rounds));
}

TEST_F(ElementTest, AnElementHasNoThreadOfItsOwn) {
  const unsigned before = threadCount();
  std::vector<gst::ElementRef> many;
  for (int i = 0; i < 16; ++i) {
    many.emplace_back(GST_ELEMENT(gst_object_ref_sink(gst_element_factory_make("kvssink", nullptr))));
    gst_element_set_state(many.back().get(), GST_STATE_PLAYING);
  }
  EXPECT_EQ(threadCount(), before);
  for (const auto& element : many)
    gst_element_set_state(element.get(), GST_STATE_NULL);
}

}  // namespace
}  // namespace kvs::test
