// SPDX-License-Identifier: Apache-2.0
// What a pad does with events. None waits, and none is kept.
#include <algorithm>
#include <utility>

#include "pads/negotiation.h"
#include "pads/sink_pad.h"
#include "report/errors.h"

namespace kvs::gst {

namespace {

bool playsForwardAtNormalSpeed(const GstSegment& segment) {
  return segment.format != GST_FORMAT_TIME || segment.rate == 1.0;
}

PlayedTrack playedTrackOf(TrackKind kind, const TrackFormat& format) {
  PlayedTrack played;
  played.kind = kind;
  played.codec = format.codec;
  played.codecId = codecIdOf(format);
  return played;
}

}  // namespace

bool SinkPad::event(EventRef event) {
  switch (GST_EVENT_TYPE(event.get())) {
    case GST_EVENT_STREAM_START:
      takeStreamStart(event.get());
      return true;
    case GST_EVENT_CAPS:
      return takeCaps(event.get());
    case GST_EVENT_SEGMENT:
      return takeSegment(event.get());
    case GST_EVENT_GAP:
      return takeGap(event.get());
    case GST_EVENT_EOS:
      end(gst_event_get_seqnum(event.get()));
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
      return !Metadata::isMetadata(event.get()) || element_.metadata.take(event.get());
    case GST_EVENT_INSTANT_RATE_CHANGE:
      return false;
    default:
      return true;  // a sink hands nothing on
  }
}

// A new stream, or a flush: this pad has not ended any more, and its source may be another one.
void SinkPad::restart() {
  element_.flow.gate().setEnded(place_, false);
  element_.end.padRestarted(pad_);
  frames_.forgetSource();
}

void SinkPad::end(guint32 seqnum) {
  if (const auto track = element_.tracks.writerOf(pad_)) track->end();  // the others go on without it
  element_.end.padEnded(pad_, seqnum);
}

// Another stream id is another source, also under the same caps: what it decodes from, the one before it
// did not send.
void SinkPad::takeStreamStart(GstEvent* event) {
  restart();
  const gchar* id = nullptr;
  gst_event_parse_stream_start(event, &id);
  const std::string former = std::exchange(streamId_, id ? id : "");
  const auto track = element_.tracks.writerOf(pad_);
  if (track && hasFormat_ && former != streamId_) track->changeSource();
  element_.reporter.streamStarted(event);
}

bool SinkPad::takeCaps(GstEvent* event) {
  GstCaps* caps = nullptr;
  gst_event_parse_caps(event, &caps);
  const Settings settings = element_.settings.copy();
  auto format = negotiate(pad_, kind_, caps, settings, element_.tracks.isAlone(pad_));
  if (!format) {
    element_.flow.fail({GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE}, format.error());
    return false;
  }
  if (!element_.flow.stream()) return false;
  frames_.setFormat(*format, settings);
  PlayedTrack played = playedTrackOf(kind_, *format);
  const auto track = element_.tracks.setFormat(pad_, std::move(*format));
  if (!track) {
    if (track.error().kind != ErrorKind::cancelled) element_.flow.fail(track.error());
    return false;
  }
  hasFormat_ = true;
  played.number = track->number;
  PlaybackReport& playback = element_.reporter.playback;
  playback.trackKnown(std::move(played));
  if (element_.tracks.settle(pad_)) playback.allKnown();  // in this order: two pads may come to it at once
  return true;
}

bool SinkPad::takeSegment(GstEvent* event) {
  GstSegment segment;
  gst_event_copy_segment(event, &segment);
  frames_.setSegment(segment);
  if (playsForwardAtNormalSpeed(segment)) return true;
  element_.flow.fail(
      {GST_CORE_ERROR, GST_CORE_ERROR_SEEK},
      elementError(StatusCode::mkvInvalidFrameTimestamp,
                   "Only forward play at normal speed can be streamed, and the source plays at rate " +
                       std::to_string(segment.rate) + ": seek with rate 1."));
  return false;
}

// Progress without a frame: the other tracks need not wait.
bool SinkPad::takeGap(GstEvent* event) {
  GstClockTime time = GST_CLOCK_TIME_NONE;
  GstClockTime duration = GST_CLOCK_TIME_NONE;
  gst_event_parse_gap(event, &time, &duration);
  const std::optional<Nanoseconds> start = frames_.frameTime(time);
  const Tracks::Writer track = element_.tracks.writerOf(pad_);
  if (!track || !hasFormat_ || !start) return true;
  track->gap(*start,
             Nanoseconds(GST_CLOCK_TIME_IS_VALID(duration) ? std::min(duration, guint64{G_MAXINT64}) : 0));
  return true;
}

bool SinkPad::startFlush() {
  if (element_.flow.gate().setFlushing(place_, true)) element_.flow.interrupt();
  return true;
}

bool SinkPad::stopFlush(GstEvent* event) {
  gboolean resetTime = FALSE;
  gst_event_parse_flush_stop(event, &resetTime);
  frames_.clearSegment();
  restart();
  if (const auto stream = element_.flow.stream()) stream->flush();
  if (element_.flow.gate().setFlushing(place_, false)) element_.flow.endInterrupt();
  GstElement* const element = element_.element;
  if (resetTime) gst_element_post_message(element, gst_message_new_reset_time(GST_OBJECT(element), 0));
  return true;
}

bool SinkPad::takeTags(GstEvent* event) {
  GstTagList* tags = nullptr;
  gst_event_parse_tag(event, &tags);
  GstElement* const element = element_.element;
  gst_element_post_message(element, gst_message_new_tag(GST_OBJECT(element), gst_tag_list_copy(tags)));
  return true;
}

bool SinkPad::takeMessage(GstEvent* event) {
  GstMessage* message = nullptr;
  gst_event_parse_sink_message(event, &message);
  if (message) gst_element_post_message(element_.element, message);
  return true;
}

}  // namespace kvs::gst
