// SPDX-License-Identifier: Apache-2.0
#include "pads/frame_maker.h"

#include <algorithm>

#include "glib/handles.h"
#include "pads/reference_time.h"

namespace kvs::gst {

namespace {

// A running time further than this from zero is a mistake, which the core refuses: nothing has such an age.
constexpr Nanoseconds greatestTime = Nanoseconds::max() / 2;

// One that is too great for a signed time is as great as can be: the core refuses it.
Nanoseconds signedTime(guint64 time) {
  return Nanoseconds(static_cast<std::int64_t>(std::min(time, guint64{G_MAXINT64})));
}

bool has(GstBuffer* buffer, GstBufferFlags flag) {
  return GST_BUFFER_FLAG_IS_SET(buffer, flag);
}

}  // namespace

void FrameMaker::reset() {
  clearSegment();
  forgetSource();
  nalAligned_ = false;
  ownPts_ = false;
  recorded_ = false;
  clips_ = true;
}

void FrameMaker::setFormat(const media::TrackFormat& format, const Settings& settings) {
  nalAligned_ = format.nalAligned;
  ownPts_ = timestampSource(settings) == TimestampSource::pts;
  recorded_ = isRecording(settings);
  clips_ = !settings.disableBufferClipping;
}

bool FrameMaker::isLive() {
  if (!live_) live_ = askWhetherLive();
  return *live_;
}

GstClockTime FrameMaker::streamTimeOf(GstBuffer* buffer) const {
  if (segment_.format != GST_FORMAT_TIME || !GST_BUFFER_PTS_IS_VALID(buffer)) return GST_CLOCK_TIME_NONE;
  return gst_segment_to_stream_time(&segment_, GST_FORMAT_TIME, GST_BUFFER_PTS(buffer));
}

// Only what lies wholly after the end: a frame that is decoded before it may be needed by those shown
// before it. What comes before the segment's start is kept, since decoders need it.
bool FrameMaker::isClipped(GstBuffer* buffer) const {
  if (!clips_ || segment_.format != GST_FORMAT_TIME || !GST_CLOCK_TIME_IS_VALID(segment_.stop)) return false;
  const GstClockTime pts = GST_BUFFER_PTS(buffer);
  const GstClockTime earliest = GST_BUFFER_DTS_IS_VALID(buffer) ? std::min(GST_BUFFER_DTS(buffer), pts) : pts;
  return GST_CLOCK_TIME_IS_VALID(earliest) && earliest >= segment_.stop;
}

media::Frame FrameMaker::frameOf(GstBuffer* buffer) const {
  media::Frame frame;
  frame.pts = frameTime(GST_BUFFER_PTS(buffer));
  frame.dts = frameTime(GST_BUFFER_DTS(buffer));
  frame.reference = referenceTimeOf(buffer);
  if (GST_BUFFER_DURATION_IS_VALID(buffer)) frame.duration = signedTime(GST_BUFFER_DURATION(buffer));
  frame.key = !has(buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  frame.discardable = has(buffer, GST_BUFFER_FLAG_DROPPABLE);
  frame.invisible = has(buffer, GST_BUFFER_FLAG_DECODE_ONLY);
  frame.corrupted = has(buffer, GST_BUFFER_FLAG_CORRUPTED);
  frame.endOfUnit = !nalAligned_ || has(buffer, GST_BUFFER_FLAG_MARKER);
  // HEADER says nothing here: matroskademux sets it on key frames. The core looks at the bytes.
  frame.captured = capturedAt(buffer);
  frame.arrival = arrivalOf(buffer);
  return frame;
}

std::optional<Nanoseconds> FrameMaker::frameTime(GstClockTime time) const {
  if (!ownPts_) return runningTime(time);
  return GST_CLOCK_TIME_IS_VALID(time) ? std::optional(signedTime(time)) : std::nullopt;
}

// Signed: decoding times, and frames that a decoder needs ahead of the segment, may be negative.
std::optional<Nanoseconds> FrameMaker::runningTime(GstClockTime time) const {
  if (!GST_CLOCK_TIME_IS_VALID(time)) return std::nullopt;
  // A source in bytes or default format (appsrc left as it is) has times, and no segment to place them in.
  if (segment_.format != GST_FORMAT_TIME) return signedTime(time);
  guint64 running = 0;
  const gint sign = gst_segment_to_running_time_full(&segment_, GST_FORMAT_TIME, time, &running);
  if (sign == 0) return std::nullopt;
  return sign > 0 ? signedTime(running) : -signedTime(running);
}

std::optional<TimePoint> FrameMaker::capturedAt(GstBuffer* buffer) const {
  const std::optional<Nanoseconds> captured =
      runningTime(GST_BUFFER_PTS_IS_VALID(buffer) ? GST_BUFFER_PTS(buffer) : GST_BUFFER_DTS(buffer));
  if (!captured || std::chrono::abs(*captured) > greatestTime || recorded_ || !live_.value_or(false))
    return std::nullopt;
  const auto now = runningTimeNow();
  if (!now) return std::nullopt;
  const Nanoseconds age = now->time - *captured;
  return now->at - age;
}

// Of what is live and says no time. One of several pieces of an access unit may be the one that does.
std::optional<Nanoseconds> FrameMaker::arrivalOf(GstBuffer* buffer) const {
  const bool saysTime = GST_BUFFER_PTS_IS_VALID(buffer) || GST_BUFFER_DTS_IS_VALID(buffer);
  if (saysTime || ownPts_ || !live_.value_or(false)) return std::nullopt;
  const auto now = runningTimeNow();
  return now ? std::optional(now->time) : std::nullopt;
}

std::optional<Reading<Nanoseconds>> FrameMaker::runningTimeNow() const {
  const GstClockTime base = gst_element_get_base_time(element_);
  const ClockRef clock(gst_element_get_clock(element_));
  if (!clock || !GST_CLOCK_TIME_IS_VALID(base)) return std::nullopt;
  const auto [now, at] = readAt(systemClock(), [&] { return gst_clock_get_time(clock.get()); });
  return Reading<Nanoseconds>{Nanoseconds(GST_CLOCK_DIFF(base, now)), at};
}

bool FrameMaker::askWhetherLive() const {
  const QueryRef query(gst_query_new_latency());
  gboolean live = FALSE;
  if (gst_pad_peer_query(pad_, query.get())) gst_query_parse_latency(query.get(), &live, nullptr, nullptr);
  return live != FALSE;
}

}  // namespace kvs::gst
