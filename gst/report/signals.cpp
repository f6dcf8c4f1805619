// SPDX-License-Identifier: Apache-2.0
#include "report/signals.h"

#include "report/structures.h"

namespace kvs::gst {

namespace {

guint streamError = 0;
guint fragmentAck = 0;
guint fragmentLost = 0;
guint connectionState = 0;
guint clientMetric = 0;

guint install(GType type, const char* name, GType payload) {
  return g_signal_new(name, type, G_SIGNAL_RUN_LAST, 0, nullptr, nullptr, nullptr, G_TYPE_NONE, 1, payload);
}

bool isHeard(GstElement* element, guint signal) {
  return g_signal_has_handler_pending(element, signal, 0, FALSE) != FALSE;
}

}  // namespace

void installSignals(GType type, const SignalActions& actions) {
  streamError = install(type, "stream-error", G_TYPE_UINT64);
  fragmentAck = install(type, "fragment-ack", GST_TYPE_STRUCTURE);
  fragmentLost = install(type, "fragment-lost", GST_TYPE_STRUCTURE);
  connectionState = install(type, "connection-state", GST_TYPE_STRUCTURE);
  clientMetric = install(type, "stream-client-metric", GST_TYPE_STRUCTURE);
  const auto flags = static_cast<GSignalFlags>(G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION);
  g_signal_new_class_handler("add-metadata", type, flags, G_CALLBACK(actions.addMetadata), nullptr, nullptr,
                             nullptr, G_TYPE_BOOLEAN, 3, G_TYPE_STRING, G_TYPE_STRING, G_TYPE_BOOLEAN);
  g_signal_new_class_handler("add-event", type, flags, G_CALLBACK(actions.addEvent), nullptr, nullptr,
                             nullptr, G_TYPE_BOOLEAN, 1, GST_TYPE_STRUCTURE);
}

void emitStreamError(GstElement* element, StatusCode code) {
  if (!isHeard(element, streamError)) return;
  g_signal_emit(element, streamError, 0, static_cast<guint64>(code));
}

void emitFragmentAck(GstElement* element, const FragmentAck& ack) {
  if (!isHeard(element, fragmentAck)) return;
  const StructureRef payload = structureOf(ack);
  g_signal_emit(element, fragmentAck, 0, payload.get());
}

void emitFragmentLost(GstElement* element, const FragmentLost& lost) {
  if (!isHeard(element, fragmentLost)) return;
  const StructureRef payload = structureOf(lost);
  g_signal_emit(element, fragmentLost, 0, payload.get());
}

void emitConnectionState(GstElement* element, const GstStructure* state) {
  if (isHeard(element, connectionState)) g_signal_emit(element, connectionState, 0, state);
}

bool areMetricsHeard(GstElement* element) {
  return isHeard(element, clientMetric);
}

void emitMetrics(GstElement* element, const GstStructure* metrics) {
  g_signal_emit(element, clientMetric, 0, metrics);
}

}  // namespace kvs::gst
