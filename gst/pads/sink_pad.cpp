// SPDX-License-Identifier: Apache-2.0
#include "pads/sink_pad.h"

#include <algorithm>

#include "caps/caps.h"
#include "glib/guard.h"
#include "logging/log_sink.h"
#include "pads/mapped_buffer.h"
#include "pads/reference_time.h"
#include "report/errors.h"

namespace kvs::gst {

namespace {

GQuark stateQuark() {
  return g_quark_from_static_string("kvssink-pad");
}

void freeState(gpointer state) {
  std::unique_ptr<SinkPad>(static_cast<SinkPad*>(state)).reset();
}

GstFlowReturn chainPad(GstPad* pad, GstObject* /*parent*/, GstBuffer* buffer) {
  return guarded(GST_FLOW_ERROR, [&] { return SinkPad::of(pad).chain(BufferRef(buffer)); });
}

gboolean eventPad(GstPad* pad, GstObject* /*parent*/, GstEvent* event) {
  return guarded(false, [&] { return SinkPad::of(pad).event(EventRef(event)); });
}

gboolean queryPad(GstPad* pad, GstObject* parent, GstQuery* query) {
  const auto answer = guarded(std::optional<bool>(false), [&] { return SinkPad::of(pad).query(query); });
  return answer ? *answer : gst_pad_query_default(pad, parent, query);
}

class StreamLock {
 public:
  explicit StreamLock(GstPad* pad) : pad_(pad) { GST_PAD_STREAM_LOCK(pad_); }
  ~StreamLock() { GST_PAD_STREAM_UNLOCK(pad_); }
  StreamLock(const StreamLock&) = delete;
  StreamLock& operator=(const StreamLock&) = delete;

 private:
  GstPad* const pad_;
};

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

GstPad* SinkPad::make(Sink& sink, GstPadTemplate* padTemplate, const gchar* name, media::TrackKind kind) {
  GstPad* pad = gst_pad_new_from_template(padTemplate, name);
  auto state = std::make_unique<SinkPad>(sink, pad, kind);
  g_object_set_qdata_full(G_OBJECT(pad), stateQuark(), state.release(), &freeState);
  gst_pad_set_chain_function(pad, &chainPad);
  gst_pad_set_event_function(pad, &eventPad);
  gst_pad_set_query_function(pad, &queryPad);
  return pad;
}

SinkPad& SinkPad::of(GstPad* pad) {
  return *static_cast<SinkPad*>(g_object_get_qdata(G_OBJECT(pad), stateQuark()));
}

// A pad that is requested while the element goes to PAUSED is active, and may be pushed into, already.
void SinkPad::reset() {
  const StreamLock lock(pad_);
  gst_segment_init(&segment_, GST_FORMAT_UNDEFINED);
  streamId_.clear();
  track_.reset();
  nalAligned_ = false;
  ownPts_ = false;
  recorded_ = false;
  clips_ = true;
  live_.reset();
}

GstFlowReturn SinkPad::chain(BufferRef buffer) {
  if (!live_) live_ = askWhetherLive();
  const Gate::Verdict verdict = sink_.gate().enter(place_, *live_);
  if (verdict != Gate::Verdict::go) return flowOf(verdict);
  const std::shared_ptr<Stream> stream = sink_.stream();
  if (!stream) return GST_FLOW_FLUSHING;
  if (!track_) {
    sink_.fail(
        {GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION},
        elementError(StatusCode::trackInfoMissing,
                     "Data came without caps: put a parser before kvssink, such as h264parse or aacparse, or "
                     "set the source's caps."));
    return GST_FLOW_NOT_NEGOTIATED;
  }
  if (gst_buffer_get_size(buffer.get()) == 0) return GST_FLOW_OK;
  if (isClipped(buffer.get())) {
    sink_.frameClipped();
    return GST_FLOW_OK;
  }
  const GstFlowReturn flow = put(*stream, buffer.get());
  passKeyFrameRequest(*stream);
  return flow;
}

// Only what lies wholly after the end: a frame that is decoded before it may be needed by those shown
// before it. What comes before the segment's start is kept, since decoders need it.
bool SinkPad::isClipped(GstBuffer* buffer) const {
  if (!clips_ || segment_.format != GST_FORMAT_TIME || !GST_CLOCK_TIME_IS_VALID(segment_.stop)) return false;
  const GstClockTime pts = GST_BUFFER_PTS(buffer);
  const GstClockTime earliest = GST_BUFFER_DTS_IS_VALID(buffer) ? std::min(GST_BUFFER_DTS(buffer), pts) : pts;
  return GST_CLOCK_TIME_IS_VALID(earliest) && earliest >= segment_.stop;
}

void SinkPad::passKeyFrameRequest(Stream& stream) {
  if (stream.takeKeyFrameRequest(*track_)) askForKeyFrame();
}

// The event that gst_video_event_new_upstream_force_key_unit() makes (GStreamer's design document
// "Forcing keyframes"). Pushed without a lock of ours, by the streaming thread or, where none runs since the
// source has paused, by the executor's.
void SinkPad::askForKeyFrame() {
  GST_CAT_DEBUG_OBJECT(elementCategory(), pad_, "asking upstream for a key frame");
  GstStructure* request =
      gst_structure_new("GstForceKeyUnit", "running-time", G_TYPE_UINT64, GST_CLOCK_TIME_NONE, "all-headers",
                        G_TYPE_BOOLEAN, TRUE, "count", G_TYPE_UINT, ++keyFramesAsked_, nullptr);
  gst_pad_push_event(pad_, gst_event_new_custom(GST_EVENT_CUSTOM_UPSTREAM, request));
}

GstFlowReturn SinkPad::flowOf(Gate::Verdict verdict) {
  if (verdict == Gate::Verdict::flushing) return GST_FLOW_FLUSHING;
  if (verdict == Gate::Verdict::ended) return GST_FLOW_EOS;
  sink_.gate().awaitFailed();  // the bus hears it first, before upstream's own "internal data stream error"
  return GST_FLOW_ERROR;
}

GstFlowReturn SinkPad::put(Stream& stream, GstBuffer* buffer) {
  const MappedBuffer mapped(buffer);
  if (!mapped.complete()) {
    sink_.fail({GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_READ},
               elementError(StatusCode::mkvInvalidFrameData, "A buffer's memory cannot be read by the CPU."));
    return GST_FLOW_ERROR;
  }
  media::Frame frame = frameOf(buffer);
  frame.payload = mapped.pieces();
  for (;;) {
    const Result<FrameFate> fate = stream.put(frame);
    if (!fate) return refused(fate.error());
    if (*fate == FrameFate::accepted) accepted(buffer);
    if (*fate != FrameFate::interrupted) return GST_FLOW_OK;  // what was skipped is counted
    const Gate::Verdict verdict = sink_.gate().again(place_);
    if (verdict != Gate::Verdict::go) return flowOf(verdict);
  }
}

GstFlowReturn SinkPad::refused(const Error& error) {
  if (error.kind == ErrorKind::cancelled) return GST_FLOW_FLUSHING;
  if (!concernsFrameOnly(error)) {
    sink_.fail(error);
    return GST_FLOW_ERROR;
  }
  GST_CAT_WARNING_OBJECT(elementCategory(), pad_, "frame not taken: %s", error.message.c_str());
  sink_.announcer().warn(error);
  sink_.frameRefused(error);
  return GST_FLOW_OK;
}

media::Frame SinkPad::frameOf(GstBuffer* buffer) {
  media::Frame frame;
  frame.track = *track_;
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

std::optional<Nanoseconds> SinkPad::frameTime(GstClockTime time) const {
  if (!ownPts_) return runningTime(time);
  return GST_CLOCK_TIME_IS_VALID(time) ? std::optional(signedTime(time)) : std::nullopt;
}

// Signed: decoding times, and frames that a decoder needs ahead of the segment, may be negative.
std::optional<Nanoseconds> SinkPad::runningTime(GstClockTime time) const {
  if (!GST_CLOCK_TIME_IS_VALID(time)) return std::nullopt;
  // A source in bytes or default format (appsrc left as it is) has times, and no segment to place them in.
  if (segment_.format != GST_FORMAT_TIME) return signedTime(time);
  guint64 running = 0;
  const gint sign = gst_segment_to_running_time_full(&segment_, GST_FORMAT_TIME, time, &running);
  if (sign == 0) return std::nullopt;
  return sign > 0 ? signedTime(running) : -signedTime(running);
}

std::optional<TimePoint> SinkPad::capturedAt(GstBuffer* buffer) const {
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
std::optional<Nanoseconds> SinkPad::arrivalOf(GstBuffer* buffer) const {
  const bool saysTime = GST_BUFFER_PTS_IS_VALID(buffer) || GST_BUFFER_DTS_IS_VALID(buffer);
  if (saysTime || ownPts_ || !live_.value_or(false)) return std::nullopt;
  const auto now = runningTimeNow();
  return now ? std::optional(now->time) : std::nullopt;
}

std::optional<Reading<Nanoseconds>> SinkPad::runningTimeNow() const {
  const GstClockTime base = gst_element_get_base_time(sink_.element());
  const ClockRef clock(gst_element_get_clock(sink_.element()));
  if (!clock || !GST_CLOCK_TIME_IS_VALID(base)) return std::nullopt;
  const auto [now, at] = readAt(systemClock(), [&] { return gst_clock_get_time(clock.get()); });
  return Reading<Nanoseconds>{Nanoseconds(GST_CLOCK_DIFF(base, now)), at};
}

void SinkPad::accepted(GstBuffer* buffer) {
  if (!has(buffer, GST_BUFFER_FLAG_DELTA_UNIT)) sink_.tellMetrics();
  if (segment_.format != GST_FORMAT_TIME || !GST_BUFFER_PTS_IS_VALID(buffer)) return;
  const guint64 streamTime = gst_segment_to_stream_time(&segment_, GST_FORMAT_TIME, GST_BUFFER_PTS(buffer));
  if (GST_CLOCK_TIME_IS_VALID(streamTime)) sink_.frameAccepted(streamTime);
}

bool SinkPad::askWhetherLive() {
  const QueryRef query(gst_query_new_latency());
  gboolean live = FALSE;
  if (gst_pad_peer_query(pad_, query.get())) gst_query_parse_latency(query.get(), &live, nullptr, nullptr);
  return live != FALSE;
}

std::optional<bool> SinkPad::query(GstQuery* query) {
  switch (GST_QUERY_TYPE(query)) {
    case GST_QUERY_DRAIN:
      return true;  // every frame was copied when it came
    case GST_QUERY_ACCEPT_CAPS:
      // Also what we shall refuse: then the CAPS event comes here, and is refused with a sentence on the
      // bus, instead of ending as somebody else's "not negotiated". The CAPS query says what we take.
      gst_query_set_accept_caps_result(query, TRUE);
      return true;
    default:
      return std::nullopt;
  }
}

}  // namespace kvs::gst
