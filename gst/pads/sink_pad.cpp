// SPDX-License-Identifier: Apache-2.0
#include "pads/sink_pad.h"

#include <memory>

#include "glib/guard.h"
#include "logging/log_sink.h"
#include "pads/mapped_buffer.h"
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

}  // namespace

GstPad* SinkPad::make(const PadSurroundings& element, GstPadTemplate* padTemplate, const gchar* name,
                      media::TrackKind kind) {
  GstPad* pad = gst_pad_new_from_template(padTemplate, name);
  auto state = std::make_unique<SinkPad>(element, pad, kind);
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
  frames_.reset();
  hasFormat_ = false;
  streamId_.clear();
}

GstFlowReturn SinkPad::chain(BufferRef buffer) {
  const bool live = frames_.isLive();
  const Gate::Verdict verdict = element_.flow.gate().enter(place_, live);
  if (verdict != Gate::Verdict::go) return flowOf(verdict);
  const Tracks::Writer track = element_.tracks.writerOf(pad_);
  if (!track) return GST_FLOW_FLUSHING;
  if (!hasFormat_) return failWithoutCaps();
  if (gst_buffer_get_size(buffer.get()) == 0) return GST_FLOW_OK;
  if (frames_.isClipped(buffer.get())) {
    element_.tally.clipped();
    return GST_FLOW_OK;
  }
  const GstFlowReturn flow = put(*track, buffer.get());
  if (track->keyFrameWanted()) askForKeyFrame();
  return flow;
}

GstFlowReturn SinkPad::failWithoutCaps() {
  element_.flow.fail(
      {GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION},
      elementError(StatusCode::trackInfoMissing,
                   "Data came without caps: put a parser before kvssink, such as h264parse or aacparse, or "
                   "set the source's caps."));
  return GST_FLOW_NOT_NEGOTIATED;
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
  element_.flow.gate()
      .awaitFailed();  // the bus hears it first, before upstream's own "internal data stream error"
  return GST_FLOW_ERROR;
}

GstFlowReturn SinkPad::put(TrackWriter& track, GstBuffer* buffer) {
  const MappedBuffer mapped(buffer);
  if (!mapped.complete()) {
    element_.flow.fail(
        {GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_READ},
        elementError(StatusCode::mkvInvalidFrameData, "A buffer's memory cannot be read by the CPU."));
    return GST_FLOW_ERROR;
  }
  Frame frame = frames_.frameOf(buffer);
  frame.payload = mapped.pieces();
  for (;;) {
    const Result<FrameFate> fate = track.put(frame);
    if (!fate) return refused(fate.error());
    if (*fate == FrameFate::accepted) accepted(buffer);
    if (*fate != FrameFate::interrupted) return GST_FLOW_OK;  // what was skipped is counted
    const Gate::Verdict verdict = element_.flow.gate().again(place_);
    if (verdict != Gate::Verdict::go) return flowOf(verdict);
  }
}

GstFlowReturn SinkPad::refused(const Error& error) {
  if (error.kind == ErrorKind::cancelled) return GST_FLOW_FLUSHING;
  if (!concernsFrameOnly(error)) {
    element_.flow.fail(error);
    return GST_FLOW_ERROR;
  }
  GST_CAT_WARNING_OBJECT(elementCategory(), pad_, "frame not taken: %s", error.message.c_str());
  element_.reporter.warnings.add(error);
  element_.tally.refused(error);
  return GST_FLOW_OK;
}

void SinkPad::accepted(GstBuffer* buffer) {
  const bool key = !GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  if (key) element_.reporter.metrics.keyFrameTaken();
  const GstClockTime streamTime = frames_.streamTimeOf(buffer);
  if (GST_CLOCK_TIME_IS_VALID(streamTime)) element_.tally.accepted(streamTime);
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
