// SPDX-License-Identifier: Apache-2.0
// What the core tells, as the application hears it: errors, losses, connection, signals.
#include "report/errors.h"
#include "report/structures.h"
#include "support.h"

namespace kvs::test {
namespace {

using namespace std::chrono_literals;

Error wrongKey() {
  Error error{
      StatusCode::notAuthorized, ErrorKind::auth, "The access key was refused.", "req-1", 403, {}, {}, {}};
  error.exception = "UnrecognizedClientException";
  return error;
}

TEST_F(ElementTest, AFatalErrorIsPostedOnceWithAllThatTheOperatorNeeds) {
  Upstream upstream;
  start(upstream);
  upstream.begin();
  core.tell([](StreamListener& listener) { listener.onError(wrongKey()); });
  core.tell([](StreamListener& listener) { listener.onError(wrongKey()); });
  const MessageRef message = waitForMessage(GST_MESSAGE_ERROR);
  const Told told = toldBy(message.get());
  EXPECT_EQ(told.domain, GST_RESOURCE_ERROR);
  EXPECT_EQ(told.code, GST_RESOURCE_ERROR_NOT_AUTHORIZED);
  EXPECT_EQ(told.text, "The access key was refused.");
  for (const char* part : {"0x52000010", "403", "req-1", "UnrecognizedClientException"}) {
    EXPECT_NE(told.debug.find(part), std::string::npos) << part << " in " << told.debug;
  }
  const GstStructure* details = nullptr;
  gst_message_parse_error_details(message.get(), &details);
  ASSERT_NE(details, nullptr);
  EXPECT_STREQ(gst_structure_get_string(details, "request-id"), "req-1");
  settle();
  EXPECT_FALSE(takeMessage(GST_MESSAGE_ERROR));
  EXPECT_EQ(upstream.push(makeBuffer("f")), GST_FLOW_ERROR);
}

TEST_F(ElementTest, AnErrorThatChainMeetsIsPostedBeforeChainReturns) {
  Upstream upstream;
  core.onPut = [](const std::string&, const Frame&) { return Result<FrameFate>(fail(wrongKey())); };
  start(upstream);
  upstream.begin();
  EXPECT_EQ(upstream.push(makeBuffer("f")), GST_FLOW_ERROR);
  EXPECT_TRUE(takeMessage(GST_MESSAGE_ERROR));
  EXPECT_EQ(upstream.push(makeBuffer("g")), GST_FLOW_ERROR);
  EXPECT_FALSE(takeMessage(GST_MESSAGE_ERROR)) << "once";
}

TEST_F(ElementTest, AFatalErrorWakesAThreadThatWaits) {
  Upstream upstream;
  start(upstream, GST_STATE_PAUSED);
  upstream.begin();
  upstream.push(makeBuffer("first"));
  auto waiting = upstream.pushAside(makeBuffer("second"));
  core.tell([](StreamListener& listener) { listener.onError(wrongKey()); });
  ASSERT_EQ(waiting.wait_for(patience), std::future_status::ready);
  EXPECT_EQ(waiting.get(), GST_FLOW_ERROR);
  EXPECT_TRUE(takeMessage(GST_MESSAGE_ERROR)) << "posted before chain returned";
}

TEST_F(ElementTest, AStreamThatFailedInPausedDoesNotPlayAndSaysWhy) {
  setState(GST_STATE_PAUSED);
  core.tell([](StreamListener& listener) { listener.onError(wrongKey()); });
  settle();
  EXPECT_TRUE(takeMessage(GST_MESSAGE_ERROR));
  EXPECT_EQ(setState(GST_STATE_PLAYING), GST_STATE_CHANGE_FAILURE);
  EXPECT_EQ(toldBy(waitForMessage(GST_MESSAGE_ERROR).get()).text, "The access key was refused.");
  setState(GST_STATE_READY);
  EXPECT_EQ(setState(GST_STATE_PLAYING), GST_STATE_CHANGE_SUCCESS) << "a new stream, a new chance";
}

TEST_F(ElementTest, AfterAFatalErrorThereIsNoDrainAndNoEos) {
  Upstream upstream;
  start(upstream);
  upstream.begin();
  core.tell([](StreamListener& listener) { listener.onError(wrongKey()); });
  settle();
  upstream.push(gst_event_new_eos());
  settle();
  EXPECT_FALSE(takeMessage(GST_MESSAGE_EOS));
  setState(GST_STATE_READY);
  EXPECT_EQ(core.callCount("drain"), 0U);
}

TEST_F(ElementTest, AnErrorOfAStreamThatHasEndedIsNotTheNextOnes) {
  setState(GST_STATE_PLAYING);
  const auto former = core.listener;
  setState(GST_STATE_READY);
  setState(GST_STATE_PLAYING);
  core.tell([former](StreamListener&) { former->onError(wrongKey()); });
  settle();
  EXPECT_FALSE(takeMessage(GST_MESSAGE_ERROR));
}

TEST(ErrorCodes, LetAnApplicationSwitch) {
  const auto codeOf = [](StatusCode code) { return gst::errorCodeOf(gst::elementError(code, "")); };
  EXPECT_EQ(codeOf(StatusCode::resourceNotFound).code, GST_RESOURCE_ERROR_NOT_FOUND);
  EXPECT_EQ(codeOf(StatusCode::clientAuthFailed).code, GST_RESOURCE_ERROR_NOT_AUTHORIZED);
  EXPECT_EQ(codeOf(StatusCode::streamLimit).code, GST_RESOURCE_ERROR_NO_SPACE_LEFT);
  EXPECT_EQ(codeOf(StatusCode::createStreamFailed).code, GST_RESOURCE_ERROR_OPEN_WRITE);
  EXPECT_EQ(codeOf(StatusCode::putMediaFailed).code, GST_RESOURCE_ERROR_WRITE);
  EXPECT_EQ(codeOf(StatusCode::invalidStreamNameLength).code, GST_RESOURCE_ERROR_SETTINGS);
  for (const StatusCode setting :
       {StatusCode::invalidContentViewDuration, StatusCode::mkvInvalidClusterDuration,
        StatusCode::mkvInvalidContentTypeLength, StatusCode::offlineModeWithZeroRetention,
        StatusCode::invalidRetentionPeriod, StatusCode::duplicateStreamEventType}) {
    EXPECT_EQ(codeOf(setting).domain, GST_RESOURCE_ERROR) << toHex(setting);
    EXPECT_EQ(codeOf(setting).code, GST_RESOURCE_ERROR_SETTINGS) << toHex(setting);
  }
  EXPECT_EQ(codeOf(StatusCode::invalidAuthLength).code, GST_RESOURCE_ERROR_NOT_AUTHORIZED);
  EXPECT_EQ(codeOf(StatusCode::mkvInvalidSps).domain, GST_STREAM_ERROR);
  EXPECT_EQ(codeOf(StatusCode::internalError).domain, GST_CORE_ERROR);
}

FragmentLost lostFragment(FragmentLost::Reason reason) {
  FragmentLost lost;
  lost.reason = reason;
  lost.start = WallTime(1700000000s);
  lost.duration = 2s;
  lost.bytes = 100;
  lost.frames = 50;
  return lost;
}

// A clock that was set back is one way to it.
TEST(LossSum, SpansLossesInAnyOrder) {
  gst::LossSum sum;
  const auto lose = [&](Seconds at) {
    FragmentLost lost = lostFragment(FragmentLost::Reason::storageFull);
    lost.start = WallTime(at);
    lost.duration = 2s;
    sum.add(lost);
  };
  for (const Seconds at : {100s, 90s, 95s})
    lose(at);
  EXPECT_EQ(sum.start, WallTime(90s));
  EXPECT_EQ(sum.end, WallTime(102s));
}

TEST_F(ElementTest, LossesAreWarnedOfOnceAndAllCounted) {
  setState(GST_STATE_PLAYING);
  for (int i = 0; i < 100; ++i) {
    core.tell([](StreamListener& listener) {
      listener.onFragmentLost(lostFragment(FragmentLost::Reason::storageFull));
    });
  }
  settle();
  setState(GST_STATE_READY);  // what the rate limit held back is told at the end
  guint fragments = 0;
  unsigned messages = 0;
  while (const MessageRef message = takeMessage(GST_MESSAGE_ELEMENT)) {
    const GstStructure* structure = gst_message_get_structure(message.get());
    if (!gst_structure_has_name(structure, "kvssink-fragment-lost")) continue;
    EXPECT_STREQ(gst_structure_get_string(structure, "reason"), "storage-full");
    guint count = 0;
    guint64 start = 0;
    guint64 frames = 0;
    EXPECT_TRUE(gst_structure_get(structure, "count", G_TYPE_UINT, &count, "start", G_TYPE_UINT64, &start,
                                  "frames", G_TYPE_UINT64, &frames, nullptr));
    EXPECT_EQ(start, guint64{1700000000} * GST_SECOND);
    EXPECT_EQ(frames, guint64{count} * 50);
    fragments += count;
    ++messages;
  }
  EXPECT_EQ(fragments, 100U);
  EXPECT_LT(messages, 100U);
}

TEST_F(ElementTest, TheFirstLossIsAWarning) {
  setState(GST_STATE_PLAYING);
  for (int i = 0; i < 3; ++i) {
    core.tell([](StreamListener& listener) {
      listener.onFragmentLost(lostFragment(FragmentLost::Reason::bufferDuration));
    });
  }
  const Told told = toldBy(waitForMessage(GST_MESSAGE_WARNING).get());
  EXPECT_EQ(told.code, GST_RESOURCE_ERROR_NO_SPACE_LEFT);
  settle();
  EXPECT_FALSE(takeMessage(GST_MESSAGE_WARNING));
}

TEST_F(ElementTest, LossesThatWereHeldBackAreToldWithoutAnotherEvent) {
  setState(GST_STATE_PLAYING);
  for (int i = 0; i < 3; ++i) {
    core.tell([](StreamListener& listener) {
      listener.onFragmentLost(lostFragment(FragmentLost::Reason::bufferDuration));
    });
  }
  guint told = 0;
  while (told < 3) {
    const MessageRef message = waitForStructure("kvssink-fragment-lost");
    ASSERT_TRUE(message);
    guint count = 0;
    gst_structure_get_uint(gst_message_get_structure(message.get()), "count", &count);
    told += count;
  }
  EXPECT_EQ(told, 3U);
}

TEST_F(ElementTest, WarningsOfOneKindSayHowManyTheyStandFor) {
  setState(GST_STATE_PLAYING);
  for (int i = 0; i < 5; ++i) {
    core.tell([i](StreamListener& listener) {
      listener.onWarning(gst::elementError(StatusCode::clientLimit, "call " + std::to_string(i)));
    });
  }
  settle();
  EXPECT_EQ(toldBy(takeMessage(GST_MESSAGE_WARNING).get()).text, "call 0");
  EXPECT_FALSE(takeMessage(GST_MESSAGE_WARNING));
  setState(GST_STATE_READY);
  const MessageRef message = takeMessage(GST_MESSAGE_WARNING);
  ASSERT_TRUE(message);
  EXPECT_EQ(toldBy(message.get()).text, "call 4 (This stands for 4 warnings.)");
  const GstStructure* details = nullptr;
  gst_message_parse_warning_details(message.get(), &details);
  guint count = 0;
  EXPECT_TRUE(gst_structure_get_uint(details, "count", &count));
  EXPECT_EQ(count, 4U);
}

TEST_F(ElementTest, TheConnectionIsOnTheBus) {
  setState(GST_STATE_PLAYING);
  core.tell([](StreamListener& listener) {
    ConnectionChange change;
    change.state = ConnectionState::retrying;
    change.reason = gst::elementError(StatusCode::putMediaFailed, "connection refused");
    change.attempt = 3;
    change.delay = 800ms;
    listener.onConnection(change);
  });
  const MessageRef message = waitForMessage(GST_MESSAGE_ELEMENT);
  const GstStructure* structure = gst_message_get_structure(message.get());
  EXPECT_TRUE(gst_structure_has_name(structure, "kvssink-connection"));
  EXPECT_STREQ(gst_structure_get_string(structure, "state"), "retrying");
  EXPECT_STREQ(gst_structure_get_string(structure, "reason"), "connection refused");
  guint attempt = 0;
  guint64 delay = 0;
  EXPECT_TRUE(gst_structure_get(structure, "attempt", G_TYPE_UINT, &attempt, "delay", G_TYPE_UINT64, &delay,
                                nullptr));
  EXPECT_EQ(attempt, 3U);
  EXPECT_EQ(delay, 800 * GST_MSECOND);
}

TEST_F(ElementTest, AcknowledgementsAreSignalsInOrder) {
  std::vector<std::string> heard;
  const auto onAck = +[](GstElement*, const GstStructure* ack, gpointer to) {
    static_cast<std::vector<std::string>*>(to)->push_back(gst_structure_get_string(ack, "fragment-number"));
  };
  g_signal_connect(sink(), "fragment-ack", G_CALLBACK(onAck), &heard);
  setState(GST_STATE_PLAYING);
  for (int i = 0; i < 50; ++i) {
    core.tell([i](StreamListener& listener) {
      FragmentAck ack;
      ack.type = FragmentAck::Type::persisted;
      ack.timecodeMs = 1000 + i;
      ack.fragmentNumber = std::to_string(i);
      listener.onFragmentAck(ack);
    });
  }
  settle();
  ASSERT_EQ(heard.size(), 50U);
  for (int i = 0; i < 50; ++i)
    EXPECT_EQ(heard[static_cast<std::size_t>(i)], std::to_string(i));
}

TEST_F(ElementTest, StreamErrorCarriesTheStatusCode) {
  std::vector<guint64> heard;
  const auto onStreamError = +[](GstElement*, guint64 code, gpointer to) {
    static_cast<std::vector<guint64>*>(to)->push_back(code);
  };
  g_signal_connect(sink(), "stream-error", G_CALLBACK(onStreamError), &heard);
  setState(GST_STATE_PLAYING);
  const auto ack = [&](StatusCode code) {
    core.tell([code](StreamListener& listener) {
      FragmentAck refused;
      refused.type = FragmentAck::Type::error;
      refused.code = code;
      listener.onFragmentAck(refused);
    });
  };
  ack(StatusCode::ackInvalidMkvData);
  ack(StatusCode::ackConnectionDurationReached);  // the normal end of a session
  core.tell([](StreamListener& listener) { listener.onError(wrongKey()); });
  settle();
  EXPECT_EQ(heard, (std::vector<guint64>{0x52000062, 0x52000010}));
}

TEST_F(ElementTest, AHandlerMayStopTheElement) {
  std::promise<GstStateChangeReturn> stopped;
  const auto onAck = +[](GstElement* element, const GstStructure*, gpointer to) {
    static_cast<std::promise<GstStateChangeReturn>*>(to)->set_value(
        gst_element_set_state(element, GST_STATE_NULL));
  };
  g_signal_connect(sink(), "fragment-ack", G_CALLBACK(onAck), &stopped);
  setState(GST_STATE_PLAYING);
  core.tell([](StreamListener& listener) { listener.onFragmentAck({}); });
  auto result = stopped.get_future();
  ASSERT_EQ(result.wait_for(patience), std::future_status::ready);
  EXPECT_EQ(result.get(), GST_STATE_CHANGE_SUCCESS);
}

TEST_F(ElementTest, WhatIsUndeliveredAtNullIsDroppedWithoutWaiting) {
  std::promise<void> inHandler;
  std::promise<void> letGo;
  std::shared_future<void> released = letGo.get_future().share();
  unsigned heard = 0;
  setState(GST_STATE_PLAYING);
  core.tell([&, released](StreamListener&) {
    inHandler.set_value();
    released.wait();
  });
  inHandler.get_future().wait();
  core.tell([&](StreamListener&) { ++heard; });
  EXPECT_EQ(setState(GST_STATE_NULL), GST_STATE_CHANGE_SUCCESS) << "while a handler takes its time";
  setState(GST_STATE_PLAYING);
  letGo.set_value();
  settle();
  EXPECT_EQ(heard, 0U);
}

TEST(Lifetime, ALateEventDoesNotKeepOrTouchTheElement) {
  FakeCore core;
  GstElement* sink = GST_ELEMENT(gst_object_ref_sink(gst_element_factory_make("kvssink", nullptr)));
  gst_element_set_state(sink, GST_STATE_PLAYING);
  const auto executor = core.producerConfig.executor;
  const auto listener = core.listener;
  gst_element_set_state(sink, GST_STATE_NULL);
  bool gone = false;
  g_object_weak_ref(
      G_OBJECT(sink), [](gpointer flag, GObject*) { *static_cast<bool*>(flag) = true; }, &gone);
  gst_object_unref(sink);
  EXPECT_TRUE(gone);
  executor->post([] { ADD_FAILURE() << "ran after the element was gone"; });
  listener->onError(wrongKey());
}

}  // namespace
}  // namespace kvs::test
