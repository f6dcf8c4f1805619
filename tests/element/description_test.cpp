// SPDX-License-Identifier: Apache-2.0
// What gst-inspect shows: templates, signals, properties with the documented names, types and defaults.
#include "settings/enums.h"
#include "settings/properties.h"
#include "support.h"

namespace kvs::test {
namespace {

TEST_F(ElementTest, IsASinkWithARequestPadForEachKindOfTrack) {
  GstElementFactory* factory = gst_element_get_factory(sink());
  EXPECT_STREQ(gst_element_factory_get_metadata(factory, GST_ELEMENT_METADATA_KLASS),
               "Sink/Video/Audio/Network");
  EXPECT_TRUE(GST_OBJECT_FLAG_IS_SET(sink(), GST_ELEMENT_FLAG_SINK));
  const GList* templates = gst_element_factory_get_static_pad_templates(factory);
  ASSERT_EQ(g_list_length(const_cast<GList*>(templates)), 3U);
  for (const char* name : {"video_%u", "audio_%u", "data_%u"}) {
    const auto* pad = static_cast<const GstStaticPadTemplate*>(templates->data);
    EXPECT_STREQ(pad->name_template, name);
    EXPECT_EQ(pad->presence, GST_PAD_REQUEST);
    EXPECT_EQ(pad->direction, GST_PAD_SINK);
    templates = templates->next;
  }
}

TEST_F(ElementTest, HasTheDocumentedSignals) {
  GSignalQuery action;
  for (const char* name : {"add-metadata", "add-event"}) {
    g_signal_query(g_signal_lookup(name, G_OBJECT_TYPE(sink())), &action);
    EXPECT_TRUE(action.signal_flags & G_SIGNAL_ACTION) << name;
    EXPECT_EQ(action.return_type, G_TYPE_BOOLEAN) << name;
  }
  const auto payloadOf = [&](const char* name) {
    GSignalQuery query;
    g_signal_query(g_signal_lookup(name, G_OBJECT_TYPE(sink())), &query);
    return query.n_params == 1 ? query.param_types[0] : G_TYPE_INVALID;
  };
  EXPECT_EQ(payloadOf("stream-error"), G_TYPE_UINT64);
  for (const char* name : {"fragment-ack", "fragment-lost", "connection-state", "stream-client-metric"})
    EXPECT_EQ(payloadOf(name), GST_TYPE_STRUCTURE) << name;
}

// Name, type, default: the guide's table "kvssink optional parameters", the existing element's others, ours.
struct Documented {
  const char* name;
  const char* type;
  const char* standard;
};

const Documented documented[] = {
    {"stream-name", "gchararray", "DEFAULT_STREAM"},
    {"absolute-fragment-times", "gboolean", "true"},
    {"aws-region", "gchararray", "us-west-2"},
    {"buffer-duration", "guint", "120"},
    {"codec-id", "gchararray", "V_MPEG4/ISO/AVC"},
    {"content-type", "gchararray", "video/h264"},
    {"retention-period", "guint", "2"},
    {"storage-size", "guint", "128"},
    {"streaming-type", "GstKvsSinkStreamingType", "realtime"},
    {"timecode-scale", "guint", "1"},
    {"track-name", "gchararray", "kinesis_video"},
    {"stop-stream-timeout", "guint", "120"},
    {"connection-timeout", "guint", "5"},
    {"completion-timeout", "guint", "10"},
    {"allow-create-stream", "gboolean", "true"},
    {"user-agent", "gchararray", ""},
    {"kms-key-id", "gchararray", ""},
    {"endpoint", "gchararray", ""},
    {"data-endpoint", "gchararray", ""},
    {"allow-insecure-endpoint", "gboolean", "false"},
    {"dual-stack", "gboolean", "false"},
    {"fips", "gboolean", "false"},
    {"bind-address", "gchararray", ""},
    {"ca-path", "gchararray", ""},
    {"credential-path", "gchararray", ".kvs/credential"},
    {"max-fragments-per-second", "guint", "5"},
    {"max-latency", "guint", "60"},
    {"connection-staleness", "guint", "60"},
    {"key-frame-fragmentation", "gboolean", "true"},
    {"fragment-duration", "guint", "2000"},
    {"framerate", "guint", "25"},
    {"frame-timecodes", "gboolean", "true"},
    {"use-original-pts", "gboolean", "false"},
    {"disable-buffer-clipping", "gboolean", "false"},
    {"file-start-time", "guint64", "0"},
    {"file-start-time-iso", "gchararray", ""},
    {"timestamp-source", "GstKvsSinkTimestampSource", "auto"},
    {"interleave-timeout", "guint", "500"},
    {"silent-track", "GstKvsSinkSilentTrack", "fill"},
    {"burst-interval", "guint", "10"},
    {"log-config", "gchararray", "../kvs_log_configuration"},
    {"dump-dir", "gchararray", ""},
    {"restart-on-error", "gboolean", "true"},
    {"retry-timeout", "guint", "0"},
    {"replay-duration", "guint", "40"},
    {"fragment-acks", "gboolean", "true"},
    {"rotation-period", "guint", "3600"},
    {"avg-bandwidth-bps", "guint", "4194304"},
    {"recalculate-metrics", "gboolean", "true"},
    {"get-kvs-metrics", "gboolean", "false"},
    {"error-detail", "gchararray", ""},
};

std::string printed(const GValue& value) {
  if (G_VALUE_HOLDS_STRING(&value)) return g_value_get_string(&value);
  const gst::Text text(gst_value_serialize(&value));
  return text.get();
}

TEST_F(ElementTest, PropertiesHaveTheDocumentedTypesAndDefaults) {
  for (const Documented& expected : documented) {
    GParamSpec* spec = g_object_class_find_property(G_OBJECT_GET_CLASS(sink()), expected.name);
    ASSERT_NE(spec, nullptr) << expected.name;
    EXPECT_STREQ(g_type_name(spec->value_type), expected.type) << expected.name;
    EXPECT_EQ(printed(*g_param_spec_get_default_value(spec)), expected.standard) << expected.name;
    GValue value = G_VALUE_INIT;
    g_object_get_property(G_OBJECT(sink()), expected.name, &value);
    EXPECT_EQ(printed(value), expected.standard) << expected.name;
    g_value_unset(&value);
  }
}

TEST_F(ElementTest, EveryPropertyOfTheTableIsDocumented) {
  // These have no default that could be printed: secrets, structures.
  const std::vector<std::string> others{"access-key", "secret-key",      "session-token",
                                        "proxy",      "iot-certificate", "stream-tags",
                                        "metadata",   "status",          "stats"};
  for (const gst::Property& property : gst::properties()) {
    const bool known =
        std::any_of(std::begin(documented), std::end(documented),
                    [&](const Documented& one) { return std::string(one.name) == property.name; }) ||
        std::find(others.begin(), others.end(), property.name) != others.end();
    EXPECT_TRUE(known) << property.name;
  }
}

TEST_F(ElementTest, StreamingTypeHasTheDocumentedValues) {
  auto* values = G_ENUM_CLASS(g_type_class_ref(gst::streamingTypeType()));
  ASSERT_EQ(values->n_values, 3U);
  EXPECT_EQ(g_enum_get_value_by_nick(values, "realtime")->value, 0);
  EXPECT_EQ(g_enum_get_value_by_nick(values, "near-realtime")->value, 1);
  EXPECT_EQ(g_enum_get_value_by_nick(values, "offline")->value, 2);
  g_type_class_unref(values);
}

}  // namespace
}  // namespace kvs::test
