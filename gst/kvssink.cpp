// SPDX-License-Identifier: Apache-2.0
#include "kvssink.h"

#include "caps/templates.h"
#include "glib/guard.h"
#include "glib/handoff.h"
#include "pads/data_pad.h"
#include "report/signals.h"
#include "settings/enums.h"
#include "settings/properties.h"
#include "sink.h"
#include "threads/after_fork.h"

GST_ELEMENT_REGISTER_DEFINE(kvssink, "kvssink", GST_RANK_NONE, GST_TYPE_KVS_SINK)
static void gst_kvs_sink_child_proxy_init(gpointer interface, gpointer data);
G_DEFINE_FINAL_TYPE_WITH_CODE(GstKvsSink, gst_kvs_sink, GST_TYPE_ELEMENT,
                              G_IMPLEMENT_INTERFACE(GST_TYPE_CHILD_PROXY, &gst_kvs_sink_child_proxy_init))

namespace {

using kvs::gst::guarded;
using kvs::gst::ObjectLock;

kvs::gst::Sink& sinkOf(GstElement* element) {
  return *GST_KVS_SINK(element)->sink;
}

void gst_kvs_sink_set_property(GObject* object, guint id, const GValue* value, GParamSpec* /*spec*/) {
  guarded([&] { sinkOf(GST_ELEMENT(object)).setProperty(id, *value); });
}

void gst_kvs_sink_get_property(GObject* object, guint id, GValue* value, GParamSpec* /*spec*/) {
  guarded([&] { sinkOf(GST_ELEMENT(object)).getProperty(id, *value); });
}

void gst_kvs_sink_finalize(GObject* object) {
  kvs::gst::takeOver(object);
  std::unique_ptr<kvs::gst::Sink>(GST_KVS_SINK(object)->sink).reset();
  G_OBJECT_CLASS(gst_kvs_sink_parent_class)->finalize(object);
}

GstStateChangeReturn gst_kvs_sink_change_state(GstElement* element, GstStateChange transition) {
  const auto result =
      guarded(GST_STATE_CHANGE_FAILURE, [&] { return sinkOf(element).changeState(transition); });
  kvs::gst::handOver(element);  // the last reference may be a worker's
  return result;
}

GstPad* gst_kvs_sink_request_new_pad(GstElement* element, GstPadTemplate* padTemplate, const gchar* name,
                                     const GstCaps* /*caps*/) {
  return guarded(static_cast<GstPad*>(nullptr),
                 [&] { return sinkOf(element).requestPad(padTemplate, name); });
}

void gst_kvs_sink_release_pad(GstElement* element, GstPad* pad) {
  guarded([&] { sinkOf(element).releasePad(pad); });
}

gboolean gst_kvs_sink_send_event(GstElement* element, GstEvent* event) {
  return guarded(false, [&] { return sinkOf(element).sendEvent(kvs::gst::EventRef(event)); });
}

gboolean gst_kvs_sink_query(GstElement* element, GstQuery* query) {
  const auto answer = guarded(std::optional<bool>(false), [&] { return sinkOf(element).query(query); });
  return answer ? *answer : GST_ELEMENT_CLASS(gst_kvs_sink_parent_class)->query(element, query);
}

gboolean addMetadata(GstElement* element, const gchar* name, const gchar* value, gboolean persist) {
  return guarded(false, [&] {
    return name && value && sinkOf(element).metadata().add({name, value}, persist != FALSE);
  });
}

gboolean addEvent(GstElement* element, const GstStructure* event) {
  return guarded(false, [&] { return event && sinkOf(element).metadata().addEvent(event); });
}

void addTemplate(GstElementClass* elementClass, const char* name, const char* text, GType padType) {
  GstCaps* caps = gst_caps_from_string(text);
  gst_element_class_add_pad_template(
      elementClass, gst_pad_template_new_with_gtype(name, GST_PAD_SINK, GST_PAD_REQUEST, caps, padType));
  gst_caps_unref(caps);
}

void describe(GstElementClass* elementClass) {
  gst_element_class_set_static_metadata(
      elementClass, "Kinesis Video Streams sink", "Sink/Video/Audio/Network",
      "Streams video, audio and time-stamped data to Amazon Kinesis Video Streams, and resends what was not "
      "stored",
      "kvssink");
  // Video first: it is what a source gets that does not say what it carries (appsrc).
  addTemplate(elementClass, "video_%u", kvs::gst::videoCaps, GST_TYPE_PAD);
  addTemplate(elementClass, "audio_%u", kvs::gst::audioCaps, GST_TYPE_PAD);
  addTemplate(elementClass, "data_%u", kvs::gst::dataCaps, GST_TYPE_KVS_SINK_DATA_PAD);
}

// The pads by their names, so that gst-launch can say data_0::codec-id=...
guint gst_kvs_sink_get_children_count(GstChildProxy* proxy) {
  GstElement* const element = GST_ELEMENT(proxy);
  const ObjectLock lock(element);
  return element->numsinkpads;
}

GObject* gst_kvs_sink_get_child_by_index(GstChildProxy* proxy, guint index) {
  GstElement* const element = GST_ELEMENT(proxy);
  const ObjectLock lock(element);
  gpointer pad = g_list_nth_data(element->sinkpads, index);
  if (pad) gst_object_ref(pad);
  return static_cast<GObject*>(pad);
}

}  // namespace

static void gst_kvs_sink_class_init(GstKvsSinkClass* klass) {
  GObjectClass* const objectClass = G_OBJECT_CLASS(klass);
  objectClass->set_property = &gst_kvs_sink_set_property;
  objectClass->get_property = &gst_kvs_sink_get_property;
  objectClass->finalize = &gst_kvs_sink_finalize;
  kvs::gst::forgetLostThreads();
  kvs::gst::installProperties(objectClass);
  kvs::gst::installSignals(G_TYPE_FROM_CLASS(klass), {&addMetadata, &addEvent});
  for (const GType type : {kvs::gst::streamingTypeType(), kvs::gst::timestampSourceType(),
                           kvs::gst::silentTrackType(), GST_TYPE_KVS_SINK_DATA_PAD}) {
    gst_type_mark_as_plugin_api(type, static_cast<GstPluginAPIFlags>(0));
  }

  GstElementClass* const elementClass = GST_ELEMENT_CLASS(klass);
  elementClass->change_state = &gst_kvs_sink_change_state;
  elementClass->request_new_pad = &gst_kvs_sink_request_new_pad;
  elementClass->release_pad = &gst_kvs_sink_release_pad;
  elementClass->send_event = &gst_kvs_sink_send_event;
  elementClass->query = &gst_kvs_sink_query;
  describe(elementClass);
}

static void gst_kvs_sink_child_proxy_init(gpointer interface, gpointer /*data*/) {
  auto* const proxy = static_cast<GstChildProxyInterface*>(interface);
  proxy->get_children_count = &gst_kvs_sink_get_children_count;
  proxy->get_child_by_index = &gst_kvs_sink_get_child_by_index;
}

static void gst_kvs_sink_init(GstKvsSink* self) {
  self->sink = std::make_unique<kvs::gst::Sink>(GST_ELEMENT(self)).release();
  // A bin waits for the EOS of its sinks, also of those without a pad.
  GST_OBJECT_FLAG_SET(self, GST_ELEMENT_FLAG_SINK);
}
