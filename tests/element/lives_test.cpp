// SPDX-License-Identifier: Apache-2.0
// Every event, query and property in every state, and what an application may do meanwhile.
#include <set>

#include "settings/properties.h"
#include "support.h"

namespace kvs::test {
namespace {

constexpr GstState states[] = {GST_STATE_NULL, GST_STATE_READY, GST_STATE_PAUSED, GST_STATE_PLAYING};

GstEvent* capsEvent() {
  GstCaps* caps = gst_caps_from_string(Upstream::avcCaps);
  GstEvent* event = gst_event_new_caps(caps);
  gst_caps_unref(caps);
  return event;
}

GstStructure* somebodyElses() {
  return gst_structure_new_empty("somebody-elses");
}

GstEvent* sinkMessageEvent() {
  const MessageRef message(gst_message_new_application(nullptr, somebodyElses()));
  return gst_event_new_sink_message("test", message.get());
}

/// All that can come from upstream; the flush ends as it begins.
std::vector<GstEvent*> downstreamEvents() {
  return {gst_event_new_stream_start("test"),
          capsEvent(),
          timeSegment(),
          gst_event_new_tag(gst_tag_list_new(GST_TAG_TITLE, "title", nullptr)),
          gst_event_new_gap(0, GST_SECOND),
          gst_event_new_segment_done(GST_FORMAT_TIME, 0),
          gst_event_new_stream_group_done(1),
          sinkMessageEvent(),
          gst_event_new_custom(GST_EVENT_CUSTOM_DOWNSTREAM, somebodyElses()),
          gst_event_new_custom(GST_EVENT_CUSTOM_DOWNSTREAM_OOB, somebodyElses()),
          gst_event_new_custom(GST_EVENT_CUSTOM_BOTH, somebodyElses()),
          gst_event_new_flush_start(),
          gst_event_new_flush_stop(TRUE),
          gst_event_new_stream_start("test"),
          gst_event_new_eos()};
}

class InEveryState : public ElementTest, public testing::WithParamInterface<GstState> {};
INSTANTIATE_TEST_SUITE_P(Lives, InEveryState, testing::ValuesIn(states),
                         [](const auto& life) { return gst_element_state_get_name(life.param); });

TEST_P(InEveryState, EventsDoNoHarm) {
  GstPad* pad = requestPad();
  ASSERT_EQ(setState(GetParam()), GST_STATE_CHANGE_SUCCESS);
  for (GstEvent* event : downstreamEvents())
    gst_pad_send_event(pad, event);
  for (GstEvent* event : downstreamEvents())
    gst_element_send_event(sink(), event);
  gst_element_send_event(sink(), gst_event_new_latency(0));
  gst_element_send_event(sink(), gst_event_new_reconfigure());
  setState(GST_STATE_READY);
  while (takeMessage(GST_MESSAGE_ANY)) {
  }
  Upstream upstream;
  upstream.link(pad);
  ASSERT_EQ(setState(GST_STATE_PLAYING), GST_STATE_CHANGE_SUCCESS);
  upstream.begin();
  EXPECT_EQ(upstream.push(makeBuffer("f")), GST_FLOW_OK) << "as if nothing had been";
  EXPECT_FALSE(takeMessage(GST_MESSAGE_ERROR));
}

TEST_P(InEveryState, QueriesAreAnsweredAsALiveSinkShould) {
  Upstream upstream(true, 10 * GST_MSECOND, 20 * GST_MSECOND);
  upstream.link(requestPad());
  ASSERT_EQ(setState(GetParam()), GST_STATE_CHANGE_SUCCESS);
  const auto answered = [&](GstQuery* query) {
    const gst::QueryRef owned(query);
    return gst_element_query(sink(), query) != FALSE;
  };
  EXPECT_TRUE(answered(gst_query_new_latency()));
  EXPECT_TRUE(answered(gst_query_new_formats()));
  EXPECT_TRUE(answered(gst_query_new_drain()));
  EXPECT_TRUE(answered(gst_query_new_seeking(GST_FORMAT_TIME)));
  EXPECT_FALSE(answered(gst_query_new_position(GST_FORMAT_TIME))) << "no frame has come";
  EXPECT_FALSE(answered(gst_query_new_position(GST_FORMAT_BYTES)));
  EXPECT_FALSE(answered(gst_query_new_convert(GST_FORMAT_TIME, 1, GST_FORMAT_BYTES)));
  answered(gst_query_new_duration(GST_FORMAT_TIME));
  answered(gst_query_new_uri());
  answered(gst_query_new_custom(GST_QUERY_CUSTOM, somebodyElses()));
}

TEST_P(InEveryState, PropertiesCanBeReadAndSet) {
  ASSERT_EQ(setState(GetParam()), GST_STATE_CHANGE_SUCCESS);
  for (const gst::Property& property : gst::properties()) {
    GParamSpec* spec = g_object_class_find_property(G_OBJECT_GET_CLASS(sink()), property.name);
    ASSERT_NE(spec, nullptr) << property.name;
    GValue value = G_VALUE_INIT;
    g_value_init(&value, spec->value_type);
    if (spec->flags & G_PARAM_READABLE) g_object_get_property(G_OBJECT(sink()), property.name, &value);
    if (spec->flags & G_PARAM_WRITABLE) g_object_set_property(G_OBJECT(sink()), property.name, &value);
    g_value_unset(&value);
  }
  setState(GST_STATE_READY);
  EXPECT_EQ(setState(GST_STATE_PLAYING), GST_STATE_CHANGE_SUCCESS) << "what was read can be set";
}

// --- properties while playing ---

TEST_F(ElementTest, WhatMayChangeWhilePlayingSaysSo) {
  std::set<std::string> playing;
  for (const gst::Property& property : gst::properties()) {
    const GParamSpec* spec = g_object_class_find_property(G_OBJECT_GET_CLASS(sink()), property.name);
    if (spec->flags & GST_PARAM_MUTABLE_PLAYING) playing.insert(property.name);
  }
  // Each has a test that it takes effect: KeysReachTheCore..., MetricsCome..., and the next one.
  const std::set<std::string> told{"access-key", "secret-key", "session-token", "get-kvs-metrics",
                                   "stop-stream-timeout"};
  EXPECT_EQ(playing, told);
}

TEST_F(ElementTest, ATimeoutThatIsSetWhilePlayingIsTheOneThatCounts) {
  Milliseconds given{0};
  core.onDrain = [&](Milliseconds timeout) {
    given = timeout;
    return true;
  };
  setState(GST_STATE_PLAYING);
  g_object_set(sink(), "stop-stream-timeout", 9U, nullptr);
  setState(GST_STATE_READY);
  EXPECT_EQ(given, Seconds(9));
}

TEST_F(ElementTest, WhatIsMutableInReadyIsTheNextStreams) {
  g_object_set(sink(), "stream-name", "first", nullptr);
  setState(GST_STATE_PLAYING);
  g_object_set(sink(), "stream-name", "second", "storage-size", 64U, nullptr);
  EXPECT_EQ(core.streamConfig.name, "first");
  setState(GST_STATE_READY);
  setState(GST_STATE_PLAYING);
  EXPECT_EQ(core.streamConfig.name, "second");
  EXPECT_EQ(core.producerConfig.storageSize, std::size_t{64} << 20);
}

// --- buffers and upstream ---

TEST_F(ElementTest, ABufferThatIsHeldPastNullIsTheApplications) {
  static const char bytes[] = "frame";
  bool freed = false;
  GstBuffer* held = gst_buffer_new_wrapped_full(GST_MEMORY_FLAG_READONLY, const_cast<char*>(bytes),
                                                sizeof bytes, 0, sizeof bytes, &freed,
                                                [](gpointer flag) { *static_cast<bool*>(flag) = true; });
  GST_BUFFER_PTS(held) = 0;
  Upstream upstream;
  start(upstream);
  upstream.begin();
  EXPECT_EQ(upstream.push(gst_buffer_ref(held)), GST_FLOW_OK);
  setState(GST_STATE_NULL);
  EXPECT_EQ(GST_MINI_OBJECT_REFCOUNT_VALUE(held), 1) << "nothing of it is kept";
  EXPECT_EQ(upstream.push(gst_buffer_ref(held)), GST_FLOW_FLUSHING);
  setState(GST_STATE_PLAYING);
  upstream.begin();
  EXPECT_EQ(upstream.push(gst_buffer_ref(held)), GST_FLOW_OK) << "it is whole";
  EXPECT_EQ(core.frames.back().bytes, std::string(bytes, sizeof bytes));
  EXPECT_FALSE(freed);
  gst_buffer_unref(held);
  EXPECT_TRUE(freed);
}

TEST_F(ElementTest, LateFramesAreTakenAndNobodyIsAskedToHurry) {
  Upstream upstream(true);
  start(upstream);
  upstream.begin();
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(upstream.push(makeBuffer("late", 0)), GST_FLOW_OK);
  EXPECT_EQ(core.frameCount(), 10U);
  const auto seen = upstream.eventsSeen();
  EXPECT_EQ(std::count(seen.begin(), seen.end(), GST_EVENT_QOS), 0);
}

/// Holds up whoever posts a message of ours on the pipeline's bus.
struct Checkpoint {
  std::promise<void> reached;
  std::promise<void> open;
  std::atomic<bool> used{false};

  static GstBusSyncReply onMessage(GstBus* /*bus*/, GstMessage* message, gpointer self) {
    auto& checkpoint = *static_cast<Checkpoint*>(self);
    const bool ours = GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR && !checkpoint.used.exchange(true);
    if (ours) checkpoint.reached.set_value();
    if (ours) checkpoint.open.get_future().wait_for(patience);
    return GST_BUS_PASS;
  }
};

TEST_F(ElementTest, APipelineLivesForAsLongAsAMessageOfOursPassesThroughIt) {
  Checkpoint checkpoint;
  std::promise<void> gone;
  GstElement* pipeline = gst_pipeline_new("pipeline");
  g_object_weak_ref(
      G_OBJECT(pipeline),
      [](gpointer told, GObject*) { static_cast<std::promise<void>*>(told)->set_value(); }, &gone);
  GstElement* const inside = gst_element_factory_make("kvssink", nullptr);
  g_object_set(inside, "stream-name", "yard", nullptr);
  gst_bin_add(GST_BIN(pipeline), inside);
  GstBus* const bus = gst_element_get_bus(pipeline);
  gst_bus_set_sync_handler(bus, &Checkpoint::onMessage, &checkpoint, nullptr);
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  core.tell([](StreamListener& listener) {
    listener.onError({StatusCode::invalidArg, ErrorKind::fatal, "It is over.", {}, 0, {}, {}, {}});
  });
  ASSERT_EQ(checkpoint.reached.get_future().wait_for(patience), std::future_status::ready);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pipeline);
  std::future<void> finalized = gone.get_future();
  EXPECT_EQ(finalized.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  checkpoint.open.set_value();
  EXPECT_EQ(finalized.wait_for(patience), std::future_status::ready);
  gst_bus_set_sync_handler(bus, nullptr, nullptr, nullptr);
  gst_object_unref(bus);
}

}  // namespace
}  // namespace kvs::test
