// SPDX-License-Identifier: Apache-2.0
// Events and queries, at the pad and at the element.
#include <gmock/gmock.h>

#include "support.h"

namespace kvs::test {
namespace {

TEST_F(ElementTest, StreamStartOfAGroupIsPostedOnce) {
  Upstream upstream;
  start(upstream);
  upstream.begin(Upstream::avcCaps, 42);
  const MessageRef message = waitForMessage(GST_MESSAGE_STREAM_START);
  guint group = 0;
  EXPECT_TRUE(gst_message_parse_group_id(message.get(), &group));
  EXPECT_EQ(group, 42U);
  upstream.begin(Upstream::avcCaps, 42);
  EXPECT_FALSE(takeMessage(GST_MESSAGE_STREAM_START));
  upstream.begin(Upstream::avcCaps, 43);
  EXPECT_TRUE(takeMessage(GST_MESSAGE_STREAM_START));
}

TEST_F(ElementTest, AnotherStreamIdIsAnotherSourceAndTheSameOneIsNot) {
  Upstream upstream;
  start(upstream);
  upstream.begin();
  upstream.begin();
  upstream.push(gst_event_new_stream_start("test"));
  EXPECT_EQ(core.callCount("changeSource video_0"), 0U);
  upstream.push(gst_event_new_stream_start("another camera"));
  EXPECT_EQ(core.callCount("changeSource video_0"), 1U) << "also under the same caps";
  upstream.begin();
  EXPECT_EQ(core.callCount("changeSource video_0"), 2U) << "and back";
}

TEST_F(ElementTest, TagsArePosted) {
  Upstream upstream;
  start(upstream);
  upstream.begin();
  upstream.push(gst_event_new_tag(gst_tag_list_new(GST_TAG_TITLE, "Door", nullptr)));
  GstTagList* tags = nullptr;
  gst_message_parse_tag(waitForMessage(GST_MESSAGE_TAG).get(), &tags);
  gchar* title = nullptr;
  EXPECT_TRUE(gst_tag_list_get_string(tags, GST_TAG_TITLE, &title));
  EXPECT_STREQ(title, "Door");
  g_free(title);
  gst_tag_list_unref(tags);
  EXPECT_TRUE(core.metadata.empty()) << "tags are no metadata";
}

GstEvent* metadataEvent(const char* name, const char* value, gboolean persist) {
  return gst_event_new_custom(
      GST_EVENT_CUSTOM_DOWNSTREAM,
      gst_structure_new("kvs-add-metadata", "name", G_TYPE_STRING, name, "value", G_TYPE_STRING, value,
                        "persist", G_TYPE_BOOLEAN, persist, nullptr));
}

TEST_F(ElementTest, MetadataComesByEventAtThePadAndAtTheElement) {
  Upstream upstream;
  start(upstream);
  upstream.begin();
  EXPECT_TRUE(upstream.push(metadataEvent("a", "1", TRUE)));
  EXPECT_TRUE(gst_element_send_event(sink(), metadataEvent("b", "2", FALSE)));
  ASSERT_EQ(core.metadata.size(), 2U);
  EXPECT_EQ(core.metadata[0], std::pair(Tag{"a", "1"}, true));
  EXPECT_EQ(core.metadata[1], std::pair(Tag{"b", "2"}, false));
}

TEST_F(ElementTest, MetadataThatCannotBeTakenIsAWarning) {
  Upstream upstream;
  start(upstream);
  upstream.begin();
  EXPECT_FALSE(upstream.push(metadataEvent("AWSx", "1", FALSE)));
  EXPECT_TRUE(takeMessage(GST_MESSAGE_WARNING));
  upstream.push(
      gst_event_new_custom(GST_EVENT_CUSTOM_DOWNSTREAM, gst_structure_new_empty("kvs-add-metadata")));
  EXPECT_TRUE(takeMessage(GST_MESSAGE_WARNING));
}

class Rates : public ElementTest, public testing::WithParamInterface<double> {};

TEST_P(Rates, OtherThanOneAreOneError) {
  Upstream upstream;
  start(upstream);
  upstream.begin();
  upstream.push(timeSegment(0, GetParam()));
  EXPECT_EQ(toldBy(waitForMessage(GST_MESSAGE_ERROR).get()).code, GST_CORE_ERROR_SEEK);
  EXPECT_EQ(upstream.push(makeBuffer("f")), GST_FLOW_ERROR);
  EXPECT_FALSE(takeMessage(GST_MESSAGE_ERROR));
}
INSTANTIATE_TEST_SUITE_P(Segments, Rates, testing::Values(2.0, 0.5, -1.0));

TEST_F(ElementTest, FlushWakesKeepsWhatWasTakenAndResetsTime) {
  Upstream upstream;
  start(upstream, GST_STATE_PAUSED);
  upstream.begin();
  upstream.push(makeBuffer("first"));
  auto waiting = upstream.pushAside(makeBuffer("second"));
  upstream.push(gst_event_new_flush_start());
  ASSERT_EQ(waiting.wait_for(patience), std::future_status::ready);
  EXPECT_EQ(waiting.get(), GST_FLOW_FLUSHING);
  upstream.push(gst_event_new_flush_stop(TRUE));
  EXPECT_TRUE(waitForMessage(GST_MESSAGE_RESET_TIME));
  EXPECT_EQ(core.callCount("flush"), 1U);
  upstream.push(timeSegment());
  EXPECT_EQ(upstream.push(makeBuffer("third")), GST_FLOW_OK) << "one more in PAUSED after a flush";
  EXPECT_EQ(core.frameCount(), 2U);
}

TEST_F(ElementTest, FlushWakesAThreadThatWaitsForRoom) {
  Upstream upstream;
  core.onPut = [&](const std::string&, const Frame&) { return core.waitForRoom(); };
  start(upstream);
  upstream.begin();
  auto waiting = upstream.pushAside(makeBuffer("f"));
  ASSERT_TRUE(core.waitFor([&] { return core.waiting == 1; }));
  upstream.push(gst_event_new_flush_start());
  ASSERT_EQ(waiting.wait_for(patience), std::future_status::ready);
  EXPECT_EQ(waiting.get(), GST_FLOW_FLUSHING);
  upstream.push(gst_event_new_flush_stop(FALSE));
  EXPECT_FALSE(core.interrupted);
  EXPECT_FALSE(takeMessage(GST_MESSAGE_RESET_TIME));
}

TEST_F(ElementTest, UpstreamEventsGoToThePeer) {
  Upstream upstream;
  start(upstream);
  EXPECT_TRUE(gst_element_send_event(sink(), gst_event_new_latency(GST_SECOND)));
  EXPECT_TRUE(gst_element_seek_simple(sink(), GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, 0));
  const std::vector<GstEventType> seen = upstream.eventsSeen();
  EXPECT_THAT(seen, testing::IsSupersetOf({GST_EVENT_LATENCY, GST_EVENT_SEEK}));
}

TEST_F(ElementTest, UpstreamEventsWithoutAPeer) {
  EXPECT_TRUE(gst_element_send_event(sink(), gst_event_new_latency(GST_SECOND)));
  EXPECT_FALSE(gst_element_seek_simple(sink(), GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, 0));
}

struct LatencyAnswer {
  bool answered = false;
  gboolean live = FALSE;
  GstClockTime min = 1;
  GstClockTime max = 1;
};

LatencyAnswer askLatency(GstElement* element) {
  const gst::QueryRef query(gst_query_new_latency());
  LatencyAnswer answer;
  answer.answered = gst_element_query(element, query.get());
  gst_query_parse_latency(query.get(), &answer.live, &answer.min, &answer.max);
  return answer;
}

TEST_F(ElementTest, LatencyIsThePeersAndNothingIsAdded) {
  Upstream live(true, 30 * GST_MSECOND, 90 * GST_MSECOND);
  live.link(requestPad());
  const LatencyAnswer answer = askLatency(sink());
  EXPECT_TRUE(answer.answered);
  EXPECT_TRUE(answer.live);
  EXPECT_EQ(answer.min, 30 * GST_MSECOND);
  EXPECT_EQ(answer.max, 90 * GST_MSECOND);
}

TEST_F(ElementTest, LatencyIsAnsweredWithoutALinkedPad) {
  const LatencyAnswer answer = askLatency(sink());
  EXPECT_TRUE(answer.answered);
  EXPECT_FALSE(answer.live);
  EXPECT_EQ(answer.min, 0U);
  EXPECT_EQ(answer.max, GST_CLOCK_TIME_NONE);
}

TEST_F(ElementTest, PositionIsTheLastFramesStreamTime) {
  Upstream upstream;
  start(upstream);
  gint64 position = 0;
  EXPECT_FALSE(gst_element_query_position(sink(), GST_FORMAT_TIME, &position));
  upstream.begin();
  upstream.push(timeSegment(10 * GST_SECOND));
  upstream.push(makeBuffer("f", 12 * GST_SECOND));
  EXPECT_TRUE(gst_element_query_position(sink(), GST_FORMAT_TIME, &position));
  EXPECT_EQ(position, gint64{12 * GST_SECOND});
  EXPECT_FALSE(gst_element_query_position(sink(), GST_FORMAT_BYTES, &position));
}

TEST_F(ElementTest, DrainAndFormatsAreAnswered) {
  Upstream upstream;
  start(upstream);
  const gst::QueryRef drain(gst_query_new_drain());
  EXPECT_TRUE(gst_pad_peer_query(upstream.pad(), drain.get()));
  const gst::QueryRef formats(gst_query_new_formats());
  EXPECT_TRUE(gst_element_query(sink(), formats.get()));
  GstFormat first = GST_FORMAT_UNDEFINED;
  gst_query_parse_nth_format(formats.get(), 0, &first);
  EXPECT_EQ(first, GST_FORMAT_TIME);
}

TEST_F(ElementTest, SeekingIsTheSources) {
  const auto seekable = [&] {
    const gst::QueryRef query(gst_query_new_seeking(GST_FORMAT_TIME));
    gboolean can = TRUE;
    EXPECT_TRUE(gst_element_query(sink(), query.get()));
    gst_query_parse_seeking(query.get(), nullptr, &can, nullptr, nullptr);
    return can != FALSE;
  };
  EXPECT_FALSE(seekable()) << "nobody is there";
  Upstream file;
  file.link(requestPad());
  EXPECT_TRUE(seekable());
}

}  // namespace
}  // namespace kvs::test
