// SPDX-License-Identifier: Apache-2.0
// Requesting and releasing pads, and what the element as a whole is sent and asked.
#include <algorithm>
#include <string_view>

#include "logging/log_sink.h"
#include "pads/data_pad.h"
#include "pads/sink_pad.h"
#include "sink.h"

namespace kvs::gst {

namespace {

using media::TrackKind;

struct PadKind {
  const char* padTemplate;
  const char* name;  // where the application gives none
  TrackKind kind;
};

constexpr PadKind padKinds[] = {
    {"video_%u", "video_0", TrackKind::video},
    {"audio_%u", "audio_0", TrackKind::audio},
    {"data_%u", "data_0", TrackKind::data},
};

const PadKind& kindOf(GstPadTemplate* padTemplate) {
  return *std::find_if(std::begin(padKinds), std::end(padKinds), [&](const PadKind& one) {
    return std::string_view(GST_PAD_TEMPLATE_NAME_TEMPLATE(padTemplate)) == one.padTemplate;
  });
}

struct Latency {
  bool live = false;
  GstClockTime min = 0;
  GstClockTime max = GST_CLOCK_TIME_NONE;  // none: any

  void add(GstQuery* answer) {
    gboolean padLive = FALSE;
    GstClockTime padMin = 0;
    GstClockTime padMax = GST_CLOCK_TIME_NONE;
    gst_query_parse_latency(answer, &padLive, &padMin, &padMax);
    if (!padLive) return;
    live = true;
    min = std::max(min, padMin);
    max = std::min(max, padMax);  // GST_CLOCK_TIME_NONE is the greatest number
  }
};

bool asksForTime(GstFormat format) {
  return format == GST_FORMAT_TIME;
}

}  // namespace

std::vector<PadRef> Sink::pads() const {
  std::vector<PadRef> pads;
  const ObjectLock lock(element_);
  for (GList* item = element_->sinkpads; item; item = item->next) {
    pads.emplace_back(GST_PAD(gst_object_ref(item->data)));
  }
  return pads;
}

GstPad* Sink::requestPad(GstPadTemplate* padTemplate, const gchar* name) {
  const PadKind& kind = kindOf(padTemplate);
  GstPad* pad = SinkPad::make(*this, padTemplate, name ? name : kind.name, kind.kind);
  Tracks::Change change;
  bool exists = false;
  {
    const std::lock_guard lock(mutex_);
    exists = tracks_.has(kind.kind);
    if (!exists) {
      change = tracks_.add(pad, kind.kind);
      eos_.addPad(pad);
    }
  }
  if (exists) {
    GST_CAT_ERROR_OBJECT(
        elementCategory(), element_,
        "a stream has one track of each kind, and the pad for %s exists already: use another kvssink",
        kind.padTemplate);
    gst_object_unref(gst_object_ref_sink(pad));
    return nullptr;
  }
  tellTracks(change);
  handOver(GST_OBJECT_GET_LOCK(element_));  // which guards the list of pads
  gst_element_add_pad(element_, pad);       // activates it where the element's state asks for that
  gst_child_proxy_child_added(GST_CHILD_PROXY(element_), G_OBJECT(pad), GST_OBJECT_NAME(pad));
  return pad;
}

void Sink::releasePad(GstPad* pad) {
  gate_.remove(SinkPad::of(pad).place());
  interrupt();
  gst_pad_set_active(pad, FALSE);  // waits until the streaming thread has left it
  endInterrupt();
  Tracks::Change change;
  bool last = false;
  {
    const std::lock_guard lock(mutex_);
    eos_.removePad(pad);
    if (const auto number = tracks_.numberOf(pad)) playback_.remove(*number);
    last = tracks_.isAlone(pad);
    change = tracks_.remove(pad);
  }
  tellTracks(change);
  if (const auto stream = this->stream(); stream && last) stream->flush();
  gst_child_proxy_child_removed(GST_CHILD_PROXY(element_), G_OBJECT(pad), GST_OBJECT_NAME(pad));
  gst_element_remove_pad(element_, pad);
  beginEos();
}

bool Sink::sendEvent(EventRef event) {
  if (isMetadata(event.get())) return takeMetadata(event.get());
  const bool upstream =
      (gst_event_type_get_flags(GST_EVENT_TYPE(event.get())) & GST_EVENT_TYPE_UPSTREAM) != 0;
  return upstream ? sendUpstream(std::move(event)) : sendDownstream(std::move(event));
}

// GstElement's own way asks for a source pad, which a sink has not: nothing would come through.
bool Sink::sendUpstream(EventRef event) {
  // A LATENCY event has succeeded even if no pad is linked: there is nobody to configure.
  bool handled = GST_EVENT_TYPE(event.get()) == GST_EVENT_LATENCY;
  for (const PadRef& pad : pads()) {
    if (!gst_pad_is_linked(pad.get())) continue;
    if (gst_pad_push_event(pad.get(), gst_event_ref(event.get()))) handled = true;
  }
  return handled;
}

bool Sink::sendDownstream(EventRef event) {
  if (!stream()) return false;
  if (GST_EVENT_TYPE(event.get()) == GST_EVENT_EOS) {
    // Not by way of the pads' stream locks: a thread that waits in PAUSED holds one.
    for (const PadRef& pad : pads()) {
      gate_.setEnded(SinkPad::of(pad.get()).place(), true);
      padEnded(pad.get(), gst_event_get_seqnum(event.get()));
    }
    return true;
  }
  bool handled = false;
  for (const PadRef& pad : pads()) {
    if (gst_pad_send_event(pad.get(), gst_event_ref(event.get()))) handled = true;
  }
  return handled;
}

std::optional<bool> Sink::query(GstQuery* query) {
  switch (GST_QUERY_TYPE(query)) {
    case GST_QUERY_LATENCY:
      return queryLatency(query);
    case GST_QUERY_POSITION:
      return queryPosition(query);
    case GST_QUERY_SEEKING:
      return querySeeking(query);
    case GST_QUERY_DRAIN:
      return true;  // every frame was copied when it came
    case GST_QUERY_FORMATS:
      gst_query_set_formats(query, 1, GST_FORMAT_TIME);
      return true;
    default:
      return std::nullopt;
  }
}

bool Sink::queryLatency(GstQuery* query) const {
  Latency sum;
  bool linked = false;
  bool answered = false;
  for (const PadRef& pad : pads()) {
    if (!gst_pad_is_linked(pad.get())) continue;
    linked = true;
    const QueryRef ask(gst_query_new_latency());
    if (!gst_pad_peer_query(pad.get(), ask.get())) continue;
    answered = true;
    sum.add(ask.get());
  }
  if (linked && !answered) return false;
  gst_query_set_latency(query, sum.live, sum.min, sum.max);
  return true;
}

bool Sink::queryPosition(GstQuery* query) const {
  GstFormat format = GST_FORMAT_UNDEFINED;
  gst_query_parse_position(query, &format, nullptr);
  const std::lock_guard lock(mutex_);
  if (!asksForTime(format) || !GST_CLOCK_TIME_IS_VALID(position_)) return false;
  gst_query_set_position(query, format, static_cast<gint64>(position_));
  return true;
}

// A sink cannot seek; whether its source can is what an application wants to know.
bool Sink::querySeeking(GstQuery* query) const {
  for (const PadRef& pad : pads()) {
    if (gst_pad_peer_query(pad.get(), query)) return true;
  }
  GstFormat format = GST_FORMAT_UNDEFINED;
  gst_query_parse_seeking(query, &format, nullptr, nullptr, nullptr);
  gst_query_set_seeking(query, format, FALSE, 0, -1);
  return true;
}

}  // namespace kvs::gst
