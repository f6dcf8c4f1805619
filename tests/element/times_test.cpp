// SPDX-License-Identifier: Apache-2.0
// Where frames' times come from, and which frames lie outside the segment.
#include "support.h"

namespace kvs::test {
namespace {

using namespace std::chrono_literals;

constexpr GstClockTime unixTime = 1700000000 * GST_SECOND;
constexpr GstClockTime ntpTime = unixTime + 2208988800 * GST_SECOND;

void addReference(GstBuffer* buffer, const char* caps, GstClockTime time) {
  GstCaps* reference = gst_caps_from_string(caps);
  gst_buffer_add_reference_timestamp_meta(buffer, reference, time, GST_CLOCK_TIME_NONE);
  gst_caps_unref(reference);
}

class Times : public ElementTest {
 protected:
  const Frame& taken(GstBuffer* buffer) {
    EXPECT_EQ(upstream.push(buffer), GST_FLOW_OK);
    return core.frames.back().frame;
  }
  void begin() {
    start(upstream);
    upstream.begin();
  }
  TimestampSource chosen() {
    EXPECT_EQ(setState(GST_STATE_PAUSED), GST_STATE_CHANGE_SUCCESS);
    return core.streamConfig.timestampSource;
  }

  Upstream upstream;
};

TEST_F(Times, AReferenceIsNtpOrUnixTime) {
  begin();
  GstBuffer* ntp = makeBuffer("f");
  addReference(ntp, "timestamp/x-ntp", ntpTime);
  EXPECT_EQ(taken(ntp).reference, WallTime(1700000000s));
  GstBuffer* both = makeBuffer("f");
  addReference(both, "timestamp/x-ntp", ntpTime + GST_SECOND);
  addReference(both, "timestamp/x-unix", unixTime);
  EXPECT_EQ(taken(both).reference, WallTime(1700000000s));
}

TEST_F(Times, OtherReferencesAreNone) {
  begin();
  EXPECT_FALSE(taken(makeBuffer("f")).reference);
  GstBuffer* other = makeBuffer("f");
  addReference(other, "timestamp/x-drm", unixTime);
  EXPECT_FALSE(taken(other).reference);
  GstBuffer* ancient = makeBuffer("f");
  addReference(ancient, "timestamp/x-ntp", GST_SECOND);
  EXPECT_FALSE(taken(ancient).reference) << "an NTP clock that was never set";
}

TEST_F(Times, TheSourceIsAutoAtFirst) {
  EXPECT_EQ(chosen(), TimestampSource::automatic);
}

TEST_F(Times, TheOldNamesStandForASource) {
  g_object_set(sink(), "use-original-pts", TRUE, nullptr);
  EXPECT_EQ(chosen(), TimestampSource::pts);
  setState(GST_STATE_READY);
  g_object_set(sink(), "use-original-pts", FALSE, "frame-timecodes", FALSE, nullptr);
  EXPECT_EQ(chosen(), TimestampSource::arrival);
}

TEST_F(Times, TheSourceGoesBeforeItsOldNames) {
  g_object_set(sink(), "use-original-pts", TRUE, "frame-timecodes", FALSE, nullptr);
  gst_util_set_object_arg(G_OBJECT(sink()), "timestamp-source", "reference");
  EXPECT_EQ(chosen(), TimestampSource::reference);
}

TEST_F(Times, OfTheSourcePtsAreTheBuffersOwn) {
  gst_util_set_object_arg(G_OBJECT(sink()), "timestamp-source", "pts");
  begin();
  upstream.push(timeSegment(unixTime - 5 * GST_SECOND));
  const Frame& frame = taken(makeBuffer("f", unixTime, unixTime - GST_SECOND));
  EXPECT_EQ(frame.pts, 1700000000s);
  EXPECT_EQ(frame.dts, 1699999999s);
}

TEST_F(Times, ARecordingBeginsWhenItsFileDid) {
  g_object_set(sink(), "file-start-time", guint64{1700000000}, nullptr);
  setState(GST_STATE_PAUSED);
  EXPECT_EQ(core.streamConfig.startTime, WallTime(1700000000s));
  setState(GST_STATE_READY);
  g_object_set(sink(), "file-start-time-iso", "2023-11-14T22:13:20.250Z", nullptr);
  setState(GST_STATE_PAUSED);
  EXPECT_EQ(core.streamConfig.startTime, WallTime(1700000000250ms)) << "it goes before the other";
  setState(GST_STATE_READY);
  g_object_set(sink(), "file-start-time-iso", "2023-11-14T23:13:20+01:00", nullptr);
  setState(GST_STATE_PAUSED);
  EXPECT_EQ(core.streamConfig.startTime, WallTime(1700000000s));
}

TEST_F(Times, WithoutAFileTimeTheStreamBeginsNow) {
  setState(GST_STATE_PAUSED);
  EXPECT_FALSE(core.streamConfig.startTime);
}

TEST_F(Times, AFileTimeThatIsNoneIsAnError) {
  for (const char* bad : {"yesterday", "1960-01-01T00:00:00Z"}) {
    g_object_set(sink(), "file-start-time-iso", bad, nullptr);
    EXPECT_EQ(setState(GST_STATE_PAUSED), GST_STATE_CHANGE_FAILURE) << bad;
    const Told told = toldBy(waitForMessage(GST_MESSAGE_ERROR).get());
    EXPECT_EQ(told.code, GST_RESOURCE_ERROR_SETTINGS);
    EXPECT_NE(told.text.find(bad), std::string::npos) << told.text;
    setState(GST_STATE_NULL);
  }
}

GstEvent* segmentUntil(GstClockTime stop) {
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  segment.stop = stop;
  return gst_event_new_segment(&segment);
}

guint64 clippedFrames(GstElement* sink) {
  GstStructure* stats = nullptr;
  g_object_get(sink, "stats", &stats, nullptr);
  const gst::StructureRef owned(stats);
  guint64 frames = 99;
  gst_structure_get_uint64(stats, "frames-clipped", &frames);
  return frames;
}

TEST_F(Times, WhatComesAfterTheSegmentIsClippedAndCounted) {
  begin();
  upstream.push(segmentUntil(2 * GST_SECOND));
  upstream.push(makeBuffer("last", 2 * GST_SECOND - 1));
  upstream.push(makeBuffer("needed by those before it", 2 * GST_SECOND, GST_SECOND));
  EXPECT_EQ(core.frameCount(), 2U);
  EXPECT_EQ(upstream.push(makeBuffer("outside", 2 * GST_SECOND)), GST_FLOW_OK);
  EXPECT_EQ(upstream.push(makeBuffer("outside", 3 * GST_SECOND, 2 * GST_SECOND)), GST_FLOW_OK);
  EXPECT_EQ(core.frameCount(), 2U);
  EXPECT_EQ(clippedFrames(sink()), 2U);
  upstream.push(makeBuffer("without a time", GST_CLOCK_TIME_NONE));
  EXPECT_EQ(core.frameCount(), 3U);
}

TEST_F(Times, ClippingCanBeSwitchedOff) {
  g_object_set(sink(), "disable-buffer-clipping", TRUE, nullptr);
  begin();
  upstream.push(segmentUntil(2 * GST_SECOND));
  upstream.push(makeBuffer("outside", 2 * GST_SECOND));
  EXPECT_EQ(core.frameCount(), 1U);
  EXPECT_EQ(clippedFrames(sink()), 0U);
}

TEST_F(Times, FrameRateIsTheCapsThenTheUsers) {
  constexpr const char* variable = "video/x-h264, stream-format=avc, alignment=au, framerate=0/1";
  start(upstream);
  upstream.begin(variable);
  EXPECT_FALSE(core.tracks.back().format.frameDuration) << "measured: nobody said it";
  setState(GST_STATE_READY);
  g_object_set(sink(), "framerate", 10U, nullptr);
  setState(GST_STATE_PLAYING);
  upstream.begin(variable);
  EXPECT_EQ(core.tracks.back().format.frameDuration, 100ms);
  upstream.begin();
  EXPECT_EQ(core.tracks.back().format.frameDuration, 40ms);
}

}  // namespace
}  // namespace kvs::test
