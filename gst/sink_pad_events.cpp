// SPDX-License-Identifier: Apache-2.0
// What a pad does with events. None waits, and none is kept.
#include "caps.h"
#include "errors.h"
#include "log_sink.h"
#include "sink_pad.h"

namespace kvs::gst {

namespace {

bool playsForwardAtNormalSpeed(const GstSegment& segment) {
  return segment.format != GST_FORMAT_TIME || segment.rate == 1.0;
}

}  // namespace

bool SinkPad::event(EventRef event) {
  switch (GST_EVENT_TYPE(event.get())) {
    case GST_EVENT_STREAM_START:
      restart();
      sink_.streamStarted(event.get());
      return true;
    case GST_EVENT_CAPS:
      return takeCaps(event.get());
    case GST_EVENT_SEGMENT:
      return takeSegment(event.get());
    case GST_EVENT_EOS:
      sink_.padEnded(pad_, gst_event_get_seqnum(event.get()));
      return true;
    case GST_EVENT_FLUSH_START:
      return startFlush();
    case GST_EVENT_FLUSH_STOP:
      return stopFlush(event.get());
    case GST_EVENT_TAG:
      return takeTags(event.get());
    case GST_EVENT_SINK_MESSAGE:
      return takeMessage(event.get());
    case GST_EVENT_CUSTOM_DOWNSTREAM:
    case GST_EVENT_CUSTOM_DOWNSTREAM_OOB:
    case GST_EVENT_CUSTOM_DOWNSTREAM_STICKY:
    case GST_EVENT_CUSTOM_BOTH:
    case GST_EVENT_CUSTOM_BOTH_OOB:
      return takeCustom(event.get());
    case GST_EVENT_INSTANT_RATE_CHANGE:
      return false;
    default:
      return true;  // a sink hands nothing on
  }
}

// A new stream, or a flush: this pad has not ended any more, and its source may be another one.
void SinkPad::restart() {
  sink_.gate().setEnded(place_, false);
  sink_.padRestarted(pad_);
  live_.reset();
}

bool SinkPad::takeCaps(GstEvent* event) {
  GstCaps* caps = nullptr;
  gst_event_parse_caps(event, &caps);
  Result<media::TrackConfig> track = videoTrackFromCaps(caps, trackNames(sink_.settings()));
  if (!track) {
    sink_.fail({GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE}, track.error());
    return false;
  }
  track->number = trackNumber_;
  nalAligned_ = track->nalAligned;
  const std::shared_ptr<Stream> stream = sink_.stream();
  if (!stream) return false;
  if (const auto set = stream->setTrack(std::move(*track)); !set) {
    sink_.fail(set.error());
    return false;
  }
  hasTrack_ = true;
  return true;
}

bool SinkPad::takeSegment(GstEvent* event) {
  gst_event_copy_segment(event, &segment_);
  if (playsForwardAtNormalSpeed(segment_)) return true;
  sink_.fail({GST_CORE_ERROR, GST_CORE_ERROR_SEEK},
             elementError(StatusCode::mkvInvalidFrameTimestamp,
                          "Only forward play at normal speed can be streamed, and the source plays at rate " +
                              std::to_string(segment_.rate) + ": seek with rate 1."));
  return false;
}

bool SinkPad::startFlush() {
  if (sink_.gate().setFlushing(place_, true)) sink_.interrupt();
  return true;
}

bool SinkPad::stopFlush(GstEvent* event) {
  gboolean resetTime = FALSE;
  gst_event_parse_flush_stop(event, &resetTime);
  gst_segment_init(&segment_, GST_FORMAT_UNDEFINED);
  restart();
  if (const auto stream = sink_.stream()) stream->flush();
  if (sink_.gate().setFlushing(place_, false)) sink_.endInterrupt();
  GstElement* const element = sink_.element();
  if (resetTime) gst_element_post_message(element, gst_message_new_reset_time(GST_OBJECT(element), 0));
  return true;
}

bool SinkPad::takeTags(GstEvent* event) {
  GstTagList* tags = nullptr;
  gst_event_parse_tag(event, &tags);
  GstElement* const element = sink_.element();
  gst_element_post_message(element, gst_message_new_tag(GST_OBJECT(element), gst_tag_list_copy(tags)));
  return true;
}

bool SinkPad::takeMessage(GstEvent* event) {
  GstMessage* message = nullptr;
  gst_event_parse_sink_message(event, &message);
  if (message) gst_element_post_message(sink_.element(), message);
  return true;
}

bool SinkPad::takeCustom(GstEvent* event) {
  if (!gst_event_has_name(event, "kvs-add-metadata")) return true;
  return sink_.addMetadata(gst_event_get_structure(event));
}

}  // namespace kvs::gst
