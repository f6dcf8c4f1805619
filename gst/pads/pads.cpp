// SPDX-License-Identifier: Apache-2.0
#include "pads/pads.h"

#include <algorithm>
#include <string_view>

#include "logging/log_sink.h"

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

}  // namespace

std::vector<PadRef> Pads::all() const {
  std::vector<PadRef> pads;
  const ObjectLock lock(element_.element);
  for (GList* item = element_.element->sinkpads; item; item = item->next) {
    pads.emplace_back(GST_PAD(gst_object_ref(item->data)));
  }
  return pads;
}

GstPad* Pads::request(GstPadTemplate* padTemplate, const gchar* name) {
  GstElement* const element = element_.element;
  const PadKind& kind = kindOf(padTemplate);
  GstPad* pad = SinkPad::make(element_, padTemplate, name ? name : kind.name, kind.kind);
  if (!element_.tracks.add(pad, kind.kind)) {
    GST_CAT_ERROR_OBJECT(
        elementCategory(), element,
        "a stream has one track of each kind, and the pad for %s exists already: use another kvssink",
        kind.padTemplate);
    gst_object_unref(gst_object_ref_sink(pad));
    return nullptr;
  }
  element_.end.addPad(pad);
  handOver(GST_OBJECT_GET_LOCK(element));  // which guards the list of pads
  gst_element_add_pad(element, pad);       // activates it where the element's state asks for that
  gst_child_proxy_child_added(GST_CHILD_PROXY(element), G_OBJECT(pad), GST_OBJECT_NAME(pad));
  return pad;
}

void Pads::release(GstPad* pad) {
  GstElement* const element = element_.element;
  element_.flow.gate().remove(SinkPad::of(pad).place());
  element_.flow.interrupt();
  gst_pad_set_active(pad, FALSE);  // waits until the streaming thread has left it
  element_.flow.endInterrupt();
  element_.end.removePad(pad);
  const bool last = element_.tracks.isAlone(pad);
  element_.reporter.playback.trackGone(element_.tracks.remove(pad).number);
  if (const auto stream = element_.flow.stream(); stream && last) stream->flush();
  gst_child_proxy_child_removed(GST_CHILD_PROXY(element), G_OBJECT(pad), GST_OBJECT_NAME(pad));
  gst_element_remove_pad(element, pad);
  element_.end.begin();
}

void Pads::reset() {
  for (const PadRef& pad : all()) {
    element_.flow.gate().reset(SinkPad::of(pad.get()).place());
    SinkPad::of(pad.get()).reset();
  }
}

void Pads::askForKeyFrame(const TrackId& track) {
  for (const PadRef& pad : all()) {
    if (track.label == GST_OBJECT_NAME(pad.get())) SinkPad::of(pad.get()).askForKeyFrame();
  }
}

}  // namespace kvs::gst
