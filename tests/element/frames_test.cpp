// SPDX-License-Identifier: Apache-2.0
// Buffers as they reach the core: bytes, times, flags, and what is left of the buffer afterwards.
#include "base/lock_count.h"
#include "support.h"

namespace kvs::test {
namespace {

using namespace std::chrono_literals;

TEST_F(ElementTest, AFrameIsTakenWithItsBytesTimesAndFlags) {
  Upstream upstream;
  start(upstream);
  upstream.begin();
  GstBuffer* buffer = makeBuffer("frame", 2 * GST_SECOND, GST_SECOND);
  GST_BUFFER_DURATION(buffer) = 40 * GST_MSECOND;
  EXPECT_EQ(upstream.push(buffer), GST_FLOW_OK);
  ASSERT_EQ(core.frameCount(), 1U);
  const TakenFrame& taken = core.frames[0];
  EXPECT_EQ(taken.bytes, "frame");
  EXPECT_EQ(taken.track, "video_0");
  EXPECT_EQ(taken.frame.pts, 2s);
  EXPECT_EQ(taken.frame.dts, 1s);
  EXPECT_EQ(taken.frame.duration, 40ms);
  EXPECT_TRUE(taken.frame.key);
  EXPECT_TRUE(taken.frame.endOfUnit);
  EXPECT_FALSE(taken.frame.header);
  EXPECT_FALSE(taken.frame.captured) << "the source is not live";
}

TEST_F(ElementTest, AFrameTakesTheLocksOfGateAndTracksAndNoOther) {
  Upstream upstream;
  start(upstream);
  upstream.begin();
  EXPECT_EQ(upstream.push(makeBuffer("first")), GST_FLOW_OK);
  const LockCount before = LockCount::ofThisThread();
  EXPECT_EQ(upstream.push(makeBuffer("second", GST_SECOND)), GST_FLOW_OK);
  const LockCount taken = LockCount::ofThisThread().since(before);
  EXPECT_EQ(taken.of("gate"), 1U);
  EXPECT_EQ(taken.of("tracks"), 1U);
  EXPECT_EQ(taken.all(), 2U) << taken.text();
}

TEST_F(ElementTest, FlagsBecomeTheFrames) {
  Upstream upstream;
  start(upstream);
  upstream.begin();
  const auto push = [&](guint flags) {
    GstBuffer* buffer = makeBuffer("f");
    GST_BUFFER_FLAG_SET(buffer, flags);
    EXPECT_EQ(upstream.push(buffer), GST_FLOW_OK);
    return core.frames.back().frame;
  };
  EXPECT_FALSE(push(GST_BUFFER_FLAG_DELTA_UNIT).key);
  EXPECT_TRUE(push(GST_BUFFER_FLAG_DROPPABLE).discardable);
  EXPECT_TRUE(push(GST_BUFFER_FLAG_DECODE_ONLY).invisible);
  EXPECT_TRUE(push(GST_BUFFER_FLAG_CORRUPTED).corrupted);
  EXPECT_TRUE(push(GST_BUFFER_FLAG_DISCONT | GST_BUFFER_FLAG_HEADER).key) << "no reason to drop it";
  EXPECT_EQ(core.frameCount(), 5U);
}

TEST_F(ElementTest, APieceOfAnAccessUnitEndsItByItsMarker) {
  Upstream upstream;
  start(upstream);
  upstream.begin("video/x-h264, stream-format=byte-stream, alignment=nal");
  upstream.push(makeBuffer("a"));
  GstBuffer* last = makeBuffer("b");
  GST_BUFFER_FLAG_SET(last, GST_BUFFER_FLAG_MARKER);
  upstream.push(last);
  ASSERT_EQ(core.frameCount(), 2U);
  EXPECT_FALSE(core.frames[0].frame.endOfUnit);
  EXPECT_TRUE(core.frames[1].frame.endOfUnit);
}

TEST_F(ElementTest, TimesAreSignedRunningTimes) {
  Upstream upstream;
  start(upstream);
  upstream.begin();
  upstream.push(timeSegment(1000 * GST_SECOND));
  upstream.push(makeBuffer("f", 1000 * GST_SECOND, 999 * GST_SECOND));
  ASSERT_EQ(core.frameCount(), 1U) << "x264enc's decoding times begin before the segment";
  EXPECT_EQ(core.frames[0].frame.pts, 0s);
  EXPECT_EQ(core.frames[0].frame.dts, -1s);
  upstream.push(makeBuffer("g", 998 * GST_SECOND));
  ASSERT_EQ(core.frameCount(), 2U) << "a decoder needs frames ahead of the segment";
  EXPECT_EQ(core.frames[1].frame.pts, -2s);
}

TEST_F(ElementTest, MissingTimesAreNone) {
  Upstream upstream;
  start(upstream);
  upstream.begin();
  upstream.push(makeBuffer("f", GST_CLOCK_TIME_NONE));
  ASSERT_EQ(core.frameCount(), 1U);
  EXPECT_FALSE(core.frames[0].frame.pts);
  EXPECT_FALSE(core.frames[0].frame.dts);
}

TEST_F(ElementTest, TimesCountAsTheyAreWhereTheSegmentHasNone) {
  Upstream upstream;
  start(upstream);
  upstream.begin();
  GstSegment bytes;
  gst_segment_init(&bytes, GST_FORMAT_BYTES);
  upstream.push(gst_event_new_segment(&bytes));
  upstream.push(makeBuffer("f", 3 * GST_SECOND));
  ASSERT_EQ(core.frameCount(), 1U);
  EXPECT_EQ(core.frames[0].frame.pts, 3s);
}

// A clock that stands still.
struct StillClock {
  GstClock parent;
};
struct StillClockClass {
  GstClockClass parent;
};
GType still_clock_get_type();
G_DEFINE_TYPE(StillClock, still_clock, GST_TYPE_CLOCK)
constexpr GstClockTime standsAt = 100 * GST_SECOND;
void still_clock_class_init(StillClockClass* klass) {
  GST_CLOCK_CLASS(klass)->get_internal_time = [](GstClock*) { return GstClockTime{standsAt}; };
}
void still_clock_init(StillClock*) {}

TEST_F(ElementTest, ALiveFrameKnowsWhenItWasCaptured) {
  Upstream live(true);
  const gst::ClockRef clock(GST_CLOCK(gst_object_ref_sink(g_object_new(still_clock_get_type(), nullptr))));
  gst_element_set_clock(sink(), clock.get());
  gst_element_set_base_time(sink(), standsAt - 5 * GST_SECOND);
  start(live);
  live.begin();
  const TimePoint before = systemClock().now();
  live.push(makeBuffer("f", 4 * GST_SECOND));
  ASSERT_EQ(core.frameCount(), 1U);
  EXPECT_GE(core.frames[0].frame.captured, before - 1s);
  EXPECT_LE(core.frames[0].frame.captured, systemClock().now() - 1s);

  setState(GST_STATE_READY);
  g_object_set(sink(), "file-start-time", guint64{1700000000}, nullptr);
  setState(GST_STATE_PLAYING);
  live.begin();
  live.push(makeBuffer("f", 4 * GST_SECOND));
  ASSERT_EQ(core.frameCount(), 2U);
  EXPECT_FALSE(core.frames[1].frame.captured) << "a recording was captured when its file says";
}

TEST_F(ElementTest, ALiveFrameWithoutTimesHasTheTimeOfItsArrival) {
  Upstream live(true);
  const gst::ClockRef clock(GST_CLOCK(gst_object_ref_sink(g_object_new(still_clock_get_type(), nullptr))));
  gst_element_set_clock(sink(), clock.get());
  gst_element_set_base_time(sink(), standsAt - 5 * GST_SECOND);
  start(live);
  live.begin();
  live.push(makeBuffer("f", GST_CLOCK_TIME_NONE));
  live.push(makeBuffer("f", 4 * GST_SECOND));
  ASSERT_EQ(core.frameCount(), 2U);
  EXPECT_EQ(core.frames[0].frame.arrival, 5s);
  EXPECT_FALSE(core.frames[0].frame.pts);
  EXPECT_FALSE(core.frames[1].frame.arrival) << "it says its time";
}

TEST_F(ElementTest, AFrameWithoutTimesThatIsNotLiveHasNoArrival) {
  Upstream upstream;
  start(upstream);
  upstream.begin();
  upstream.push(makeBuffer("f", GST_CLOCK_TIME_NONE));
  ASSERT_EQ(core.frameCount(), 1U);
  EXPECT_FALSE(core.frames[0].frame.arrival);
}

TEST_F(ElementTest, TimesTooGreatForASignedOneDoNotTurnNegative) {
  Upstream live(true);
  start(live);
  live.begin();
  for (const GstClockTime time : {GST_CLOCK_TIME_NONE - GST_SECOND, GstClockTime{1} << 63}) {
    GstBuffer* buffer = makeBuffer("f", time, time);
    GST_BUFFER_DURATION(buffer) = time;
    live.push(buffer);
    const Frame& frame = core.frames.back().frame;
    EXPECT_EQ(frame.pts, Nanoseconds::max());
    EXPECT_EQ(frame.dts, Nanoseconds::max());
    EXPECT_EQ(frame.duration, Nanoseconds::max());
    EXPECT_FALSE(frame.captured);
  }
  ASSERT_EQ(core.frameCount(), 2U);
}

TEST_F(ElementTest, ABufferIsFreeWhenChainReturns) {
  Upstream upstream;
  start(upstream);
  upstream.begin();
  GstBuffer* buffer = makeBuffer("held");
  GstMemory* memory = gst_buffer_get_memory(buffer, 0);
  upstream.push(gst_buffer_ref(buffer));
  EXPECT_EQ(GST_MINI_OBJECT_REFCOUNT_VALUE(buffer), 1);
  gst_buffer_unref(buffer);
  EXPECT_EQ(GST_MINI_OBJECT_REFCOUNT_VALUE(memory), 1);
  EXPECT_TRUE(gst_mini_object_is_writable(GST_MINI_OBJECT_CAST(memory)));
  gst_memory_unref(memory);
}

TEST_F(ElementTest, SeveralMemoriesAreReadOneByOneAndLeftAlone) {
  Upstream upstream;
  start(upstream);
  upstream.begin();
  GstBuffer* buffer = makeBuffer("one");
  for (const char* more : {"two", "three"}) {
    GstBuffer* piece = makeBuffer(more);
    gst_buffer_append_memory(buffer, gst_buffer_get_memory(piece, 0));
    gst_buffer_unref(piece);
  }
  upstream.push(gst_buffer_ref(buffer));
  ASSERT_EQ(core.frameCount(), 1U);
  EXPECT_EQ(core.frames[0].bytes, "onetwothree");
  EXPECT_EQ(core.frames[0].pieces, 3U);
  EXPECT_EQ(gst_buffer_n_memory(buffer), 3U) << "another branch of a tee may hold it";
  EXPECT_EQ(gst_buffer_memcmp(buffer, 0, "onetwothree", 11), 0);
  gst_buffer_unref(buffer);
}

TEST_F(ElementTest, AnEmptyBufferIsNoFrame) {
  Upstream upstream;
  start(upstream);
  upstream.begin();
  EXPECT_EQ(upstream.push(gst_buffer_new()), GST_FLOW_OK);
  EXPECT_EQ(core.frameCount(), 0U);
}

TEST_F(ElementTest, AFrameThatCannotBeTakenIsAWarningOnce) {
  Upstream upstream;
  core.onPut = [](const std::string&, const Frame&) {
    return Result<FrameFate>(fail(StatusCode::mkvInvalidFrameData, ErrorKind::fatal, "not a frame"));
  };
  start(upstream);
  upstream.begin();
  EXPECT_EQ(upstream.push(makeBuffer("x")), GST_FLOW_OK);
  EXPECT_EQ(upstream.push(makeBuffer("y")), GST_FLOW_OK);
  EXPECT_TRUE(takeMessage(GST_MESSAGE_WARNING));
  EXPECT_FALSE(takeMessage(GST_MESSAGE_WARNING | GST_MESSAGE_ERROR));
}

}  // namespace
}  // namespace kvs::test
