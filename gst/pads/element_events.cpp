// SPDX-License-Identifier: Apache-2.0
#include "pads/element_events.h"

#include <utility>

namespace kvs::gst {

namespace {

// GstElement's own way asks for a source pad, which a sink has not: nothing would come through.
bool sendUpstream(const Pads& pads, EventRef event) {
  // A LATENCY event has succeeded even if no pad is linked: there is nobody to configure.
  bool handled = GST_EVENT_TYPE(event.get()) == GST_EVENT_LATENCY;
  for (const PadRef& pad : pads.all()) {
    if (!gst_pad_is_linked(pad.get())) continue;
    if (gst_pad_push_event(pad.get(), gst_event_ref(event.get()))) handled = true;
  }
  return handled;
}

bool sendDownstream(const Pads& pads, Flow& flow, EventRef event) {
  if (!flow.stream()) return false;
  if (GST_EVENT_TYPE(event.get()) == GST_EVENT_EOS) {
    // Not by way of the pads' stream locks: a thread that waits in PAUSED holds one.
    for (const PadRef& pad : pads.all()) {
      SinkPad& state = SinkPad::of(pad.get());
      flow.gate().setEnded(state.place(), true);
      state.end(gst_event_get_seqnum(event.get()));
    }
    return true;
  }
  bool handled = false;
  for (const PadRef& pad : pads.all()) {
    if (gst_pad_send_event(pad.get(), gst_event_ref(event.get()))) handled = true;
  }
  return handled;
}

}  // namespace

bool sendEvent(const Pads& pads, Flow& flow, Metadata& metadata, EventRef event) {
  if (Metadata::isMetadata(event.get())) return metadata.take(event.get());
  const bool upstream =
      (gst_event_type_get_flags(GST_EVENT_TYPE(event.get())) & GST_EVENT_TYPE_UPSTREAM) != 0;
  return upstream ? sendUpstream(pads, std::move(event)) : sendDownstream(pads, flow, std::move(event));
}

}  // namespace kvs::gst
