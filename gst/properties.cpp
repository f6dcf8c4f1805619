// SPDX-License-Identifier: Apache-2.0
#include "properties.h"

#include "raii.h"

namespace kvs::gst {

namespace {

using S = Settings;
constexpr MutableWhen inReady = MutableWhen::ready;
constexpr unsigned unlimited = G_MAXUINT;

// Names, units and defaults are the guide's ("kvssink optional parameters") and PROTOCOL.md's.
const Property table[] = {
    {"stream-name", "", inReady, TextSlot{&S::streamName, "DEFAULT_STREAM"},
     "Name of the Kinesis video stream: 1 to 256 of a-z, A-Z, 0-9, _ . and -"},
    {"aws-region", "", inReady, TextSlot{&S::region, "us-west-2"},
     "AWS Region of the stream; the environment variable AWS_DEFAULT_REGION goes before it"},
    {"access-key", "", inReady, SecretSlot{&S::accessKey},
     "AWS access key; AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment go before it"},
    {"secret-key", "", inReady, SecretSlot{&S::secretKey}, "AWS secret key that belongs to access-key"},
    {"session-token", "", inReady, SecretSlot{&S::sessionToken},
     "Session token of temporary credentials given by access-key and secret-key"},
    {"endpoint", "", inReady, TextSlot{&S::endpoint, ""},
     "Base URL of the service's control plane; empty: CONTROL_PLANE_URI, AWS_ENDPOINT_URL_KINESIS_VIDEO or "
     "AWS_ENDPOINT_URL from the environment, else the region's public endpoint"},
    {"streaming-type", "", inReady, StreamingTypeSlot{&S::streamingType, StreamingType::realtime},
     "realtime: never blocks, and drops the oldest fragments when the buffer is full; offline: blocks "
     "upstream instead, and drops nothing"},
    {"storage-size", "MiB", inReady, NumberSlot{&S::storageSize, 128, 0, 10240},
     "Memory for media that is not yet stored by the service: a hard bound, 10 at least"},
    {"buffer-duration", "seconds", inReady, NumberSlot{&S::bufferDuration, 120, 1, unlimited},
     "Media that is kept while the service cannot be reached: a hard bound, 20 at least"},
    {"retention-period", "hours", inReady, NumberSlot{&S::retentionPeriod, 2, 0, 87600},
     "How long the service keeps the media of a stream that is created here; 0: not at all"},
    {"allow-create-stream", "", inReady, FlagSlot{&S::allowCreateStream, true},
     "Whether to create the stream if it does not exist"},
    {"kms-key-id", "", inReady, TextSlot{&S::kmsKeyId, ""},
     "Key that encrypts a stream that is created here; empty: the service's own"},
    {"stream-tags", "", inReady, TagsSlot{&S::streamTags},
     "Tags to put on the stream, a structure of strings, 50 at most"},
    {"absolute-fragment-times", "", inReady, FlagSlot{&S::absoluteFragmentTimes, true},
     "Whether fragment times count from 1970, or from the start of the stream"},
    {"timecode-scale", "milliseconds", inReady, NumberSlot{&S::timecodeScale, 1, 0, 1000},
     "Resolution of the times in the stream; 0 means 1"},
    {"track-name", "", inReady, OptionalTextSlot{&S::trackName, defaultVideoTrackName},
     "Matroska name of the video track, up to 32 bytes"},
    {"codec-id", "", inReady, OptionalTextSlot{&S::codecId, "V_MPEG4/ISO/AVC"},
     "Matroska codec id of the video track, if set: else as the caps say"},
    {"content-type", "", inReady, OptionalTextSlot{&S::contentType, "video/h264"},
     "Media type of the stream, if set: else as the caps say"},
    {"user-agent", "", inReady, TextSlot{&S::userAgent, ""},
     "User agent sent with every request; empty: kvssink and its version"},
    {"max-fragments-per-second", "1/second", inReady, NumberSlot{&S::maxFragmentsPerSecond, 5, 0, 1000},
     "How many fragments are begun in a second while catching up; 5 is the service's quota, 0 lifts it"},
    {"connection-timeout", "seconds", inReady, NumberSlot{&S::connectionTimeout, 5, 1, 3600},
     "Bound on finding and connecting to a host, TLS included"},
    {"completion-timeout", "seconds", inReady, NumberSlot{&S::completionTimeout, 10, 1, 3600},
     "Bound on a call to the service, and on the wait for an acknowledgement at the end"},
    {"stop-stream-timeout", "seconds", MutableWhen::playing, NumberSlot{&S::stopStreamTimeout, 120, 0, 86400},
     "Bound on the wait at the end of the stream until all is stored by the service; 0: do not wait"},
    {"stats", "", MutableWhen::never, StatsSlot{},
     "What became of the frames and fragments so far, and how the connection stands"},
};

template <class... Functions>
struct Overloaded : Functions... {
  using Functions::operator()...;
};
template <class... Functions>
Overloaded(Functions...) -> Overloaded<Functions...>;

const Property& propertyOf(guint id) {
  return table[id - 1];
}

std::string blurbOf(const Property& property) {
  return *property.unit ? std::string(property.blurb) + " (" + property.unit + ")" : property.blurb;
}

GParamFlags flagsOf(const Property& property) {
  const bool readable = !std::holds_alternative<SecretSlot>(property.slot);
  const bool writable = property.mutableWhen != MutableWhen::never;
  guint flags = G_PARAM_STATIC_NAME | G_PARAM_STATIC_NICK;
  if (readable) flags |= G_PARAM_READABLE;
  if (writable) flags |= G_PARAM_WRITABLE;
  if (property.mutableWhen == MutableWhen::ready) flags |= GST_PARAM_MUTABLE_READY;
  if (property.mutableWhen == MutableWhen::playing) flags |= GST_PARAM_MUTABLE_PLAYING;
  return static_cast<GParamFlags>(flags);
}

GParamSpec* makeSpec(const Property& property) {
  const char* const name = property.name;
  const std::string blurb = blurbOf(property);
  const char* const text = blurb.c_str();
  const GParamFlags flags = flagsOf(property);
  const auto structure = [&] { return g_param_spec_boxed(name, name, text, GST_TYPE_STRUCTURE, flags); };
  const auto string = [&](const char* standard) {
    return g_param_spec_string(name, name, text, standard, flags);
  };
  return std::visit(
      Overloaded{
          [&](const TextSlot& slot) { return string(slot.standard); },
          [&](const OptionalTextSlot& slot) { return string(slot.standard); },
          [&](const SecretSlot&) { return string(nullptr); },
          [&](const FlagSlot& slot) { return g_param_spec_boolean(name, name, text, slot.standard, flags); },
          [&](const NumberSlot& slot) {
            return g_param_spec_uint(name, name, text, slot.least, slot.most, slot.standard, flags);
          },
          [&](const StreamingTypeSlot& slot) {
            return g_param_spec_enum(name, name, text, streamingTypeType(), static_cast<gint>(slot.standard),
                                     flags);
          },
          [&](const TagsSlot&) { return structure(); },
          [&](const StatsSlot&) { return structure(); },
      },
      property.slot);
}

// NULL takes a setting back.
std::optional<std::string> textOf(const GValue& value) {
  const gchar* text = g_value_get_string(&value);
  return text ? std::optional<std::string>(text) : std::nullopt;
}

// Numbers and flags become text as GStreamer writes them.
std::string tagValueOf(const GValue& value) {
  if (G_VALUE_HOLDS_STRING(&value)) return textOf(value).value_or("");
  const Text text(gst_value_serialize(&value));
  return text ? text.get() : "";
}

std::map<std::string, std::string> tagsOf(const GstStructure* structure) {
  std::map<std::string, std::string> tags;
  const gint count = structure ? gst_structure_n_fields(structure) : 0;
  for (gint i = 0; i < count; ++i) {
    const gchar* name = gst_structure_nth_field_name(structure, static_cast<guint>(i));
    tags[name] = tagValueOf(*gst_structure_get_value(structure, name));
  }
  return tags;
}

StructureRef structureOf(const std::map<std::string, std::string>& tags) {
  StructureRef structure(gst_structure_new_empty("stream-tags"));
  for (const auto& [name, value] : tags) {
    gst_structure_set(structure.get(), name.c_str(), G_TYPE_STRING, value.c_str(), nullptr);
  }
  return structure;
}

}  // namespace

std::span<const Property> properties() {
  return table;
}

GType streamingTypeType() {
  static const GEnumValue values[] = {
      {static_cast<gint>(StreamingType::realtime), "streaming type realtime", "realtime"},
      {static_cast<gint>(StreamingType::offline), "streaming type offline", "offline"},
      {0, nullptr, nullptr},
  };
  static const GType type = g_enum_register_static("GstKvsSinkStreamingType", values);
  return type;
}

void installProperties(GObjectClass* objectClass) {
  guint id = 0;
  for (const Property& property : table) {
    g_object_class_install_property(objectClass, ++id, makeSpec(property));
  }
}

Settings defaultSettings() {
  Settings settings;
  for (const Property& property : table) {
    std::visit(
        Overloaded{
            [&](const TextSlot& slot) { settings.*slot.field = slot.standard; },
            [&](const FlagSlot& slot) { settings.*slot.field = slot.standard; },
            [&](const NumberSlot& slot) { settings.*slot.field = slot.standard; },
            [&](const StreamingTypeSlot& slot) { settings.*slot.field = static_cast<int>(slot.standard); },
            [](const auto&) {},  // empty, not set
        },
        property.slot);
  }
  return settings;
}

void setProperty(Settings& settings, guint id, const GValue& value) {
  std::visit(Overloaded{
                 [&](const TextSlot& slot) { settings.*slot.field = textOf(value).value_or(slot.standard); },
                 [&](const OptionalTextSlot& slot) { settings.*slot.field = textOf(value); },
                 [&](const SecretSlot& slot) {
                   const gchar* text =
                       g_value_get_string(&value);  // not by way of a std::string, which stays behind
                   settings.*slot.field = Secret(text ? text : "");
                 },
                 [&](const FlagSlot& slot) { settings.*slot.field = g_value_get_boolean(&value) != FALSE; },
                 [&](const NumberSlot& slot) { settings.*slot.field = g_value_get_uint(&value); },
                 [&](const StreamingTypeSlot& slot) { settings.*slot.field = g_value_get_enum(&value); },
                 [&](const TagsSlot& slot) {
                   settings.*slot.field = tagsOf(static_cast<const GstStructure*>(g_value_get_boxed(&value)));
                 },
                 [](const StatsSlot&) {},
             },
             propertyOf(id).slot);
}

bool getProperty(const Settings& settings, guint id, GValue& value) {
  return std::visit(Overloaded{
                        [&](const TextSlot& slot) {
                          g_value_set_string(&value, (settings.*slot.field).c_str());
                          return true;
                        },
                        [&](const OptionalTextSlot& slot) {
                          g_value_set_string(&value, (settings.*slot.field).value_or(slot.standard).c_str());
                          return true;
                        },
                        [&](const FlagSlot& slot) {
                          g_value_set_boolean(&value, settings.*slot.field);
                          return true;
                        },
                        [&](const NumberSlot& slot) {
                          g_value_set_uint(&value, settings.*slot.field);
                          return true;
                        },
                        [&](const StreamingTypeSlot& slot) {
                          g_value_set_enum(&value, settings.*slot.field);
                          return true;
                        },
                        [&](const TagsSlot& slot) {
                          g_value_take_boxed(&value, structureOf(settings.*slot.field).release());
                          return true;
                        },
                        [](const auto&) { return false; },
                    },
                    propertyOf(id).slot);
}

}  // namespace kvs::gst
