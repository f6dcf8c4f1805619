// SPDX-License-Identifier: Apache-2.0
// What a pad does with events. None waits, and none is kept.
#include <algorithm>
#include <utility>

#include "caps/caps.h"
#include "logging/log_sink.h"
#include "pads/data_pad.h"
#include "pads/sink_pad.h"
#include "report/errors.h"

namespace kvs::gst {

namespace {

bool playsForwardAtNormalSpeed(const GstSegment& segment) {
  return segment.format != GST_FORMAT_TIME || segment.rate == 1.0;
}

PlayedTrack playedTrackOf(const media::TrackConfig& track) {
  const std::string codecId =
      track.codecId.empty() ? std::string(media::defaultCodecId(track.codec)) : track.codecId;
  return {track.number, track.kind, track.codec, codecId};
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
      return !Sink::isMetadata(event.get()) || sink_.takeMetadata(event.get());
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

// Another stream id is another source, also under the same caps: what it decodes from, the one before it
// did not send.
void SinkPad::takeStreamStart(GstEvent* event) {
  restart();
  const gchar* id = nullptr;
  gst_event_parse_stream_start(event, &id);
  const std::string former = std::exchange(streamId_, id ? id : "");
  const auto stream = sink_.stream();
  if (stream && track_ && former != streamId_) stream->changeSource(*track_);
  sink_.streamStarted(event);
}

bool SinkPad::takeCaps(GstEvent* event) {
  GstCaps* caps = nullptr;
  gst_event_parse_caps(event, &caps);
  const Settings settings = sink_.settings();
  Result<media::TrackConfig> track = trackOf(caps, settings);
  if (!track) {
    sink_.fail({GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE}, track.error());
    return false;
  }
  const std::shared_ptr<Stream> stream = sink_.stream();
  if (!stream) return false;
  track->number = sink_.settleTrack(pad_);
  nalAligned_ = track->nalAligned;
  ownPts_ = timestampSource(settings) == TimestampSource::pts;
  recorded_ = isRecording(settings);
  clips_ = !settings.disableBufferClipping;
  const PlayedTrack played = playedTrackOf(*track);
  if (const auto set = stream->setTrack(std::move(*track)); !set) {
    sink_.fail(set.error());
    return false;
  }
  track_ = played.number;
  sink_.trackKnown(played);
  return true;
}

// The user's names are for video, or for audio that is alone; a data pad has its own.
Result<media::TrackConfig> SinkPad::trackOf(const GstCaps* caps, const Settings& settings) const {
  TrackNames names;
  if (kind_ == media::TrackKind::data) {
    names.codecId = codecIdOf(pad_);
  } else if (kind_ == media::TrackKind::video || sink_.isAlone(pad_)) {
    names = trackNames(settings);
  }
  Result<media::TrackConfig> track = trackFromCaps(kind_, caps, names);
  if (track && kind_ == media::TrackKind::video && !track->frameDuration) {
    track->frameDuration = frameDuration(settings);
  }
  return track;
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

// Progress without a frame: the other tracks need not wait.
bool SinkPad::takeGap(GstEvent* event) {
  GstClockTime time = GST_CLOCK_TIME_NONE;
  GstClockTime duration = GST_CLOCK_TIME_NONE;
  gst_event_parse_gap(event, &time, &duration);
  const std::optional<Nanoseconds> start = frameTime(time);
  const std::shared_ptr<Stream> stream = sink_.stream();
  if (!stream || !track_ || !start) return true;
  stream->putGap(
      *track_, *start,
      Nanoseconds(GST_CLOCK_TIME_IS_VALID(duration) ? std::min(duration, guint64{G_MAXINT64}) : 0));
  return true;
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

}  // namespace kvs::gst
