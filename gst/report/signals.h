// SPDX-License-Identifier: Apache-2.0
// The element's signals. Their payloads are numbers and structures, which every binding can read.
#pragma once

#include <gst/gst.h>

#include "base/news.h"
#include "glib/handles.h"

namespace kvs::gst {

/// What the element does when an application emits `add-metadata` or `add-event`.
struct SignalActions {
  gboolean (*addMetadata)(GstElement* element, const gchar* name, const gchar* value, gboolean persist);
  gboolean (*addEvent)(GstElement* element, const GstStructure* event);
};

/// `stream-error`, `fragment-ack`, `fragment-lost`, `connection-state`, `stream-client-metric`, and the two
/// actions.
void installSignals(GType type, const SignalActions& actions);

// Nothing is made where no handler is connected. Called on the executor only.
void emitStreamError(GstElement* element, StatusCode code);
void emitFragmentAck(GstElement* element, const FragmentAck& ack);
void emitFragmentLost(GstElement* element, const FragmentLost& lost);
/// `state` is a structure `kvssink-connection`.
void emitConnectionState(GstElement* element, const GstStructure* state);
bool areMetricsHeard(GstElement* element);
void emitMetrics(GstElement* element, const GstStructure* metrics);

}  // namespace kvs::gst
