// SPDX-License-Identifier: Apache-2.0
#include "settings/properties.h"

#include "glib/handles.h"
#include "glib/text_fields.h"
#include "logging/log_config.h"
#include "settings/enums.h"

namespace kvs::gst {

namespace {

using S = Settings;
constexpr MutableWhen inReady = MutableWhen::ready;
constexpr unsigned unlimited = G_MAXUINT;

// Names, units and defaults are the guide's ("kvssink optional parameters"), then the existing element's.
const Property table[] = {
    {"stream-name", "", inReady, TextSlot{&S::streamName, "DEFAULT_STREAM"},
     "Name of the Kinesis video stream: 1 to 256 characters out of a-z, A-Z, 0-9, _ . and -"},
    {"aws-region", "", inReady, TextSlot{&S::region, "us-west-2"},
     "AWS Region of the stream; the environment variable AWS_DEFAULT_REGION has precedence"},
    {"iot-certificate", "", inReady, TextMapSlot{&S::iotCertificate},
     "AWS IoT credentials: a structure iot-certificate with endpoint, cert-path, key-path, ca-path and "
     "role-aliases; iot-thing-name, connection-timeout and completion-timeout are optional"},
    {"access-key", "", MutableWhen::playing, SecretSlot{&S::accessKey},
     "AWS access key; AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment have precedence"},
    {"secret-key", "", MutableWhen::playing, SecretSlot{&S::secretKey},
     "AWS secret key that belongs to access-key"},
    {"session-token", "", MutableWhen::playing, SecretSlot{&S::sessionToken},
     "Session token of the temporary credentials in access-key and secret-key"},
    {"credential-path", "", inReady, TextSlot{&S::credentialPath, usualCredentialPath},
     "File with credentials, which another program keeps up to date; used if iot-certificate, the "
     "environment and access-key provide none"},
    {"endpoint", "", inReady, TextSlot{&S::endpoint, ""},
     "Base URL of the service's control plane; empty: CONTROL_PLANE_URI, AWS_ENDPOINT_URL_KINESIS_VIDEO or "
     "AWS_ENDPOINT_URL from the environment, else the region's public endpoint"},
    {"data-endpoint", "", inReady, TextSlot{&S::dataEndpoint, ""},
     "Base URL that media is sent to, such as that of a VPC endpoint; empty: as the service answers"},
    {"allow-insecure-endpoint", "", inReady, FlagSlot{&S::allowInsecureEndpoint, false},
     "Whether endpoint and data-endpoint may use plain http to other machines, which lets anyone on the way "
     "read everything"},
    {"dual-stack", "", inReady, OptionalFlagSlot{&S::dualStack, false},
     "Whether to use the region's public endpoint for IPv4 and IPv6; if not set: AWS_USE_DUALSTACK_ENDPOINT, "
     "then use_dualstack_endpoint in the shared config file"},
    {"fips", "", inReady, OptionalFlagSlot{&S::fips, false},
     "Whether to use the region's public endpoint with FIPS 140 cryptography; if not set: "
     "AWS_USE_FIPS_ENDPOINT, then use_fips_endpoint in the shared config file"},
    {"proxy", "", inReady, SecretSlot{&S::proxy},
     "HTTP proxy to reach the service through: http://HOST:PORT or http://USER:PASSWORD@HOST:PORT; if not "
     "set: https_proxy and http_proxy from the environment. Hosts in no_proxy are reached directly"},
    {"bind-address", "", inReady, TextSlot{&S::bindAddress, ""},
     "Local address or network interface to connect from; empty: the system chooses"},
    {"ca-path", "", inReady, TextSlot{&S::caPath, ""},
     "PEM file with the CA certificates to trust, or folder of such files; empty: KVSSINK_CA_CERT_PATH, "
     "AWS_CA_BUNDLE, SSL_CERT_FILE and SSL_CERT_DIR from the environment, else the system's"},
    {"streaming-type", "", inReady,
     EnumSlot{&S::streamingType, streamingTypeType, static_cast<int>(StreamingType::realtime)},
     "realtime: never blocks, and drops the oldest fragments when the buffer is full; near-realtime: the "
     "same, but sends in bursts and closes the connection in between; offline: blocks upstream instead, and "
     "drops nothing"},
    {"burst-interval", "seconds", inReady, NumberSlot{&S::burstInterval, 10, 1, 3600},
     "Time between bursts with streaming-type=near-realtime; buffer-duration is at least twice as long"},
    {"storage-size", "MiB", inReady, NumberSlot{&S::storageSize, 128, 0, unlimited},
     "Memory for media that the service has not stored yet: a hard limit; if it is less than 10, one "
     "fragment "
     "may need more"},
    {"buffer-duration", "seconds", inReady, NumberSlot{&S::bufferDuration, 120, 0, unlimited},
     "Media to keep while the service cannot be reached: a hard limit; if it is less than 20, one fragment "
     "may be longer"},
    {"max-latency", "seconds", inReady, NumberSlot{&S::maxLatency, 60, 0, unlimited},
     "If more media than this is waiting to be sent, latency pressure is reported; 0: never"},
    {"connection-staleness", "seconds", inReady, NumberSlot{&S::connectionStaleness, 60, 0, unlimited},
     "The connection is replaced if data was sent and nothing has been acknowledged for this long, and for "
     "twice the length of the fragments; 0: never"},
    {"restart-on-error", "", inReady, FlagSlot{&S::restartOnError, true},
     "Whether to retry after an error from which the stream can recover; otherwise the first error ends the "
     "stream"},
    {"retry-timeout", "seconds", inReady, NumberSlot{&S::retryTimeout, 0, 0, unlimited},
     "How long to retry without any success before the stream ends with an error; 0: for ever"},
    {"replay-duration", "seconds", inReady, NumberSlot{&S::replayDuration, 40, 0, unlimited},
     "How much confirmed media to send again, as far as it is still in memory, if the host may have died; "
     "unconfirmed media is always sent again"},
    {"fragment-acks", "", inReady, FlagSlot{&S::fragmentAcks, true},
     "Whether the service acknowledges fragments; otherwise a fragment counts as stored once it was sent, "
     "and a dead connection is noticed late"},
    {"rotation-period", "seconds", inReady, NumberSlot{&S::rotationPeriod, 3600, 0, unlimited},
     "Time after which credentials are fetched again and the connection is renewed, the latter after 40 "
     "minutes at most; 0: when the credentials expire, and after 40 minutes"},
    {"avg-bandwidth-bps", "bits/second", inReady, NumberSlot{&S::averageBandwidth, 4194304, 0, unlimited},
     "Expected bandwidth of the media, only used for a warning at the start if storage-size is too small for "
     "buffer-duration"},
    {"recalculate-metrics", "", inReady, FlagSlot{&S::recalculateMetrics, true},
     "Whether to compute frame rate and transfer rate"},
    {"key-frame-fragmentation", "", inReady, FlagSlot{&S::keyFrameFragmentation, true},
     "Whether every key frame begins a fragment once the current one is 1 s long; otherwise only once it has "
     "reached fragment-duration"},
    {"fragment-duration", "milliseconds", inReady, NumberSlot{&S::fragmentDuration, 2000, 0, unlimited},
     "Length of fragments without video, and of all fragments without key-frame-fragmentation: 1000 to "
     "20000, "
     "or the nearest of these"},
    {"interleave-timeout", "milliseconds", inReady, NumberSlot{&S::interleaveTimeout, 500, 0, 60000},
     "How long the other tracks wait for a track that delivers no frames"},
    {"silent-track", "", inReady,
     EnumSlot{&S::silentTrack, silentTrackType, static_cast<int>(SilentTrack::fill)},
     "What to do about a track that delivers nothing for longer than interleave-timeout: fill sends silence "
     "in its place, so that the set of tracks stays the same; drop continues without it until it returns"},
    {"framerate", "frames/second", inReady, OptionalNumberSlot{&S::framerate, 25, 0, unlimited},
     "Frame rate of video whose caps do not give it; if not set, or over 1000, it is measured; 0 means 24"},
    {"timestamp-source", "", inReady,
     EnumSlot{&S::timestampSource, timestampSourceType, static_cast<int>(TimestampSource::automatic)},
     "Where the frames' wall time comes from"},
    {"use-original-pts", "", inReady, FlagSlot{&S::useOriginalPts, false},
     "The same as timestamp-source=pts, if that is auto"},
    {"frame-timecodes", "", inReady, FlagSlot{&S::frameTimecodes, true},
     "Whether frames have the source's times; false is the same as timestamp-source=arrival, if that is "
     "auto"},
    {"file-start-time", "seconds since 1970", inReady, LargeNumberSlot{&S::fileStartTime, 0, G_MAXUINT64},
     "Wall time of the first frame of a recording, before the year 2115; 0: now"},
    {"file-start-time-iso", "", inReady, TextSlot{&S::fileStartTimeIso, ""},
     "The same as file-start-time with milliseconds, such as 2026-01-31T10:15:30.250Z; it has precedence"},
    {"disable-buffer-clipping", "", inReady, FlagSlot{&S::disableBufferClipping, false},
     "Whether to send frames that lie after the end of the segment as well"},
    {"retention-period", "hours", inReady, NumberSlot{&S::retentionPeriod, 2, 0, unlimited},
     "How long the service keeps the media of a stream that kvssink creates, at most 87600; 0: not at all"},
    {"allow-create-stream", "", inReady, FlagSlot{&S::allowCreateStream, true},
     "Whether to create the stream if it does not exist"},
    {"kms-key-id", "", inReady, TextSlot{&S::kmsKeyId, ""},
     "Key that encrypts a stream that kvssink creates; empty: the service's own"},
    {"stream-tags", "", inReady, TextMapSlot{&S::streamTags},
     "Tags to put on the stream: a structure of strings, at most 50"},
    {"metadata", "", inReady, TextMapSlot{&S::metadata},
     "Metadata to put on every fragment: a structure of strings, at most 10"},
    {"absolute-fragment-times", "", inReady, FlagSlot{&S::absoluteFragmentTimes, true},
     "Whether fragment times count from 1970 or from the start of the stream"},
    {"timecode-scale", "milliseconds", inReady, NumberSlot{&S::timecodeScale, 1, 0, unlimited},
     "Resolution of the times in the stream, at most 1000; 0 means 1"},
    {"track-name", "", inReady, OptionalTextSlot{&S::trackName, defaultVideoTrackName},
     "Matroska name of the video track (or of the audio track if it is the only one), up to 32 bytes"},
    {"codec-id", "", inReady, OptionalTextSlot{&S::codecId, "V_MPEG4/ISO/AVC"},
     "Matroska codec id of the video track (or of the audio track if it is the only one); if not set, it "
     "follows from the caps"},
    {"content-type", "", inReady, OptionalTextSlot{&S::contentType, "video/h264"},
     "Media type of the video track (or of the audio track if it is the only one); if not set, it follows "
     "from the caps"},
    {"user-agent", "", inReady, TextSlot{&S::userAgent, ""},
     "User agent to send with every request; empty: kvssink/VERSION GStreamer/VERSION"},
    {"max-fragments-per-second", "1/second", inReady, NumberSlot{&S::maxFragmentsPerSecond, 5, 0, 1000},
     "How many fragments to begin per second while catching up; 5 is the service's quota, 0 means no limit"},
    {"connection-timeout", "seconds", inReady, NumberSlot{&S::connectionTimeout, 5, 0, unlimited},
     "Time limit for looking up and connecting to a host, including TLS; at most a day, 0 means 5"},
    {"completion-timeout", "seconds", inReady, NumberSlot{&S::completionTimeout, 10, 0, unlimited},
     "Time limit for a call to the service, and for an acknowledgement at the end of a session or of the "
     "stream; at most a day, 0 means 10"},
    {"stop-stream-timeout", "seconds", MutableWhen::playing,
     NumberSlot{&S::stopStreamTimeout, 120, 0, unlimited},
     "How long to wait at the end of the stream until the service has stored everything; 0: do not wait"},
    {"log-config", "", inReady, OptionalTextSlot{&S::logConfig, usualLogConfig},
     "log4cplus properties file that configures the log, used if it exists; empty: none, the log goes to "
     "GST_DEBUG"},
    {"dump-dir", "", inReady, TextSlot{&S::dumpDir, ""},
     "Existing folder for debugging copies of what is sent, STREAM_N.mkv for each session; empty: "
     "KVS_DEBUG_DUMP_DATA_FILE_DIR from the environment, else none"},
    {"get-kvs-metrics", "", MutableWhen::playing, FlagSlot{&S::getKvsMetrics, false},
     "Whether to emit stream-client-metric, with a key frame, at most once a second"},
    {"error-detail", "", MutableWhen::never, DetailSlot{},
     "A sentence that explains the last error; the payload of stream-error is only its number"},
    {"status", "", MutableWhen::never, StatusSlot{},
     "State, rates, buffer and losses in a few words, as dot files of the pipeline show them"},
    {"stats", "", MutableWhen::never, StatsSlot{},
     "What became of the frames and fragments so far, and the state of the connection"},
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
          [&](const OptionalFlagSlot& slot) {
            return g_param_spec_boolean(name, name, text, slot.standard, flags);
          },
          [&](const NumberSlot& slot) {
            return g_param_spec_uint(name, name, text, slot.least, slot.most, slot.standard, flags);
          },
          [&](const OptionalNumberSlot& slot) {
            return g_param_spec_uint(name, name, text, slot.least, slot.most, slot.standard, flags);
          },
          [&](const LargeNumberSlot& slot) {
            return g_param_spec_uint64(name, name, text, 0, slot.most, slot.standard, flags);
          },
          [&](const EnumSlot& slot) {
            return g_param_spec_enum(name, name, text, slot.type(), slot.standard, flags);
          },
          [&](const TextMapSlot&) { return structure(); },
          [&](const StatsSlot&) { return structure(); },
          [&](const StatusSlot&) { return string(nullptr); },
          [&](const DetailSlot&) { return string(""); },
      },
      property.slot);
}

// NULL takes a setting back.
std::optional<std::string> textOf(const GValue& value) {
  const gchar* text = g_value_get_string(&value);
  return text ? std::optional<std::string>(text) : std::nullopt;
}

}  // namespace

std::span<const Property> properties() {
  return table;
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
    std::visit(Overloaded{
                   [&](const TextSlot& slot) { settings.*slot.field = slot.standard; },
                   [&](const FlagSlot& slot) { settings.*slot.field = slot.standard; },
                   [&](const NumberSlot& slot) { settings.*slot.field = slot.standard; },
                   [&](const LargeNumberSlot& slot) { settings.*slot.field = slot.standard; },
                   [&](const EnumSlot& slot) { settings.*slot.field = slot.standard; },
                   [](const auto&) {},  // empty, not set
               },
               property.slot);
  }
  return settings;
}

void setProperty(Settings& settings, guint id, const GValue& value) {
  std::visit(
      Overloaded{
          [&](const TextSlot& slot) { settings.*slot.field = textOf(value).value_or(slot.standard); },
          [&](const OptionalTextSlot& slot) { settings.*slot.field = textOf(value); },
          [&](const SecretSlot& slot) {
            const gchar* text =
                g_value_get_string(&value);  // not by way of a std::string, which stays behind
            settings.*slot.field = Secret(text ? text : "");
            settings.keys->set(
                {std::string(settings.accessKey.reveal()), settings.secretKey, settings.sessionToken});
          },
          [&](const FlagSlot& slot) { settings.*slot.field = g_value_get_boolean(&value) != FALSE; },
          [&](const OptionalFlagSlot& slot) { settings.*slot.field = g_value_get_boolean(&value) != FALSE; },
          [&](const NumberSlot& slot) { settings.*slot.field = g_value_get_uint(&value); },
          [&](const OptionalNumberSlot& slot) { settings.*slot.field = g_value_get_uint(&value); },
          [&](const LargeNumberSlot& slot) { settings.*slot.field = g_value_get_uint64(&value); },
          [&](const EnumSlot& slot) { settings.*slot.field = g_value_get_enum(&value); },
          [&](const TextMapSlot& slot) {
            settings.*slot.field = textMapOf(static_cast<const GstStructure*>(g_value_get_boxed(&value)));
          },
          [](const StatsSlot&) {},
          [](const StatusSlot&) {},
          [](const DetailSlot&) {},
      },
      propertyOf(id).slot);
}

bool getProperty(const Settings& settings, guint id, GValue& value) {
  const char* const name = propertyOf(id).name;
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
                        [&](const OptionalFlagSlot& slot) {
                          g_value_set_boolean(&value, (settings.*slot.field).value_or(slot.standard));
                          return true;
                        },
                        [&](const NumberSlot& slot) {
                          g_value_set_uint(&value, settings.*slot.field);
                          return true;
                        },
                        [&](const OptionalNumberSlot& slot) {
                          g_value_set_uint(&value, (settings.*slot.field).value_or(slot.standard));
                          return true;
                        },
                        [&](const LargeNumberSlot& slot) {
                          g_value_set_uint64(&value, settings.*slot.field);
                          return true;
                        },
                        [&](const EnumSlot& slot) {
                          g_value_set_enum(&value, settings.*slot.field);
                          return true;
                        },
                        [&](const TextMapSlot& slot) {
                          g_value_take_boxed(&value, structureOf(name, settings.*slot.field).release());
                          return true;
                        },
                        [](const auto&) { return false; },
                    },
                    propertyOf(id).slot);
}

}  // namespace kvs::gst
