// SPDX-License-Identifier: Apache-2.0
#include "properties.h"

#include "enums.h"
#include "log_config.h"
#include "raii.h"
#include "text_fields.h"

namespace kvs::gst {

namespace {

using S = Settings;
constexpr MutableWhen inReady = MutableWhen::ready;
constexpr unsigned unlimited = G_MAXUINT;
// The last second whose nanoseconds an int64_t holds (the year 2262).
constexpr std::uint64_t lastSecond = 9223372036;

// Names, units and defaults are the guide's ("kvssink optional parameters"), then the existing element's.
const Property table[] = {
    {"stream-name", "", inReady, TextSlot{&S::streamName, "DEFAULT_STREAM"},
     "Name of the Kinesis video stream: 1 to 256 of a-z, A-Z, 0-9, _ . and -"},
    {"aws-region", "", inReady, TextSlot{&S::region, "us-west-2"},
     "AWS Region of the stream; the environment variable AWS_DEFAULT_REGION goes before it"},
    {"iot-certificate", "", inReady, TextMapSlot{&S::iotCertificate},
     "AWS IoT credentials: a structure iot-certificate with endpoint, cert-path, key-path, ca-path, "
     "role-aliases, and if wanted iot-thing-name, connection-timeout and completion-timeout"},
    {"access-key", "", MutableWhen::playing, SecretSlot{&S::accessKey},
     "AWS access key; AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment go before it"},
    {"secret-key", "", MutableWhen::playing, SecretSlot{&S::secretKey},
     "AWS secret key that belongs to access-key"},
    {"session-token", "", MutableWhen::playing, SecretSlot{&S::sessionToken},
     "Session token of temporary credentials given by access-key and secret-key"},
    {"credential-path", "", inReady, TextSlot{&S::credentialPath, usualCredentialPath},
     "File with credentials, which somebody else keeps fresh; used where no other of the guide's sources is"},
    {"endpoint", "", inReady, TextSlot{&S::endpoint, ""},
     "Base URL of the service's control plane; empty: CONTROL_PLANE_URI, AWS_ENDPOINT_URL_KINESIS_VIDEO or "
     "AWS_ENDPOINT_URL from the environment, else the region's public endpoint"},
    {"data-endpoint", "", inReady, TextSlot{&S::dataEndpoint, ""},
     "Base URL that media goes to, such as a VPC endpoint's; empty: the service is asked for it"},
    {"allow-insecure-endpoint", "", inReady, FlagSlot{&S::allowInsecureEndpoint, false},
     "Whether endpoint and data-endpoint may be plain http to another machine, where all can be read on the "
     "way"},
    {"dual-stack", "", inReady, OptionalFlagSlot{&S::dualStack, false},
     "Whether to use the region's public endpoint for IPv4 and IPv6, if set: else "
     "AWS_USE_DUALSTACK_ENDPOINT, "
     "then use_dualstack_endpoint of the shared config file say so"},
    {"fips", "", inReady, OptionalFlagSlot{&S::fips, false},
     "Whether to use the region's public endpoint with FIPS 140 cryptography, if set: else "
     "AWS_USE_FIPS_ENDPOINT, then use_fips_endpoint of the shared config file say so"},
    {"proxy", "", inReady, SecretSlot{&S::proxy},
     "HTTP proxy on the way to the service, http://USER:PASSWORD@HOST:PORT or without user; not set: "
     "https_proxy and http_proxy from the environment. Hosts in no_proxy are reached without"},
    {"bind-address", "", inReady, TextSlot{&S::bindAddress, ""},
     "Address or network interface of this machine that connections come from; empty: the system chooses"},
    {"ca-path", "", inReady, TextSlot{&S::caPath, ""},
     "PEM file, or folder of such files, with the CA certificates to trust; empty: KVSSINK_CA_CERT_PATH, "
     "else "
     "the system's"},
    {"streaming-type", "", inReady,
     EnumSlot{&S::streamingType, streamingTypeType, static_cast<int>(StreamingType::realtime)},
     "realtime: never blocks, and drops the oldest fragments when the buffer is full; near-realtime: the "
     "same, sent in bursts with the connection closed in between; offline: blocks upstream instead, and "
     "drops nothing"},
    {"burst-interval", "seconds", inReady, NumberSlot{&S::burstInterval, 10, 1, 3600},
     "Time from burst to burst with streaming-type=near-realtime; buffer-duration must be twice that at "
     "least"},
    {"storage-size", "MiB", inReady, NumberSlot{&S::storageSize, 128, 0, 10240},
     "Memory for media that is not yet stored by the service: a hard bound, 10 at least"},
    {"buffer-duration", "seconds", inReady, NumberSlot{&S::bufferDuration, 120, 1, unlimited},
     "Media that is kept while the service cannot be reached: a hard bound, 20 at least"},
    {"max-latency", "seconds", inReady, NumberSlot{&S::maxLatency, 60, 0, unlimited},
     "Media that may wait for the service before that is told as latency pressure; 0: any"},
    {"connection-staleness", "seconds", inReady, NumberSlot{&S::connectionStaleness, 60, 0, unlimited},
     "A connection on which so long nothing of what was sent is acknowledged is replaced, 30 at least; 0: "
     "never"},
    {"restart-on-error", "", inReady, FlagSlot{&S::restartOnError, true},
     "Whether to go on after an error that can be mended: else the first one ends the stream"},
    {"retry-timeout", "seconds", inReady, NumberSlot{&S::retryTimeout, 0, 0, unlimited},
     "How long to go on while nothing succeeds, before the stream ends with an error; 0: for ever"},
    {"replay-duration", "seconds", inReady, NumberSlot{&S::replayDuration, 40, 0, unlimited},
     "Media to send again although it was confirmed, where it is still held and the host may have died; what "
     "was not confirmed is sent again in any case"},
    {"fragment-acks", "", inReady, FlagSlot{&S::fragmentAcks, true},
     "Whether the service acknowledges fragments: without that one counts as stored when it was sent, and a "
     "dead connection is seen late"},
    {"rotation-period", "seconds", inReady, NumberSlot{&S::rotationPeriod, 3600, 0, unlimited},
     "After it credentials are asked for again and the connection is renewed, that after 40 minutes at most; "
     "0: when they expire, and after 40 minutes"},
    {"avg-bandwidth-bps", "bits/second", inReady, NumberSlot{&S::averageBandwidth, 4194304, 0, unlimited},
     "Expected bandwidth of the media: a storage-size too small for it and buffer-duration is told at the "
     "start"},
    {"recalculate-metrics", "", inReady, FlagSlot{&S::recalculateMetrics, true},
     "Whether frame rate and transfer rate are reckoned"},
    {"key-frame-fragmentation", "", inReady, FlagSlot{&S::keyFrameFragmentation, true},
     "Whether every key frame begins a fragment when the last one is 1 s long; else fragment-duration is "
     "waited for, too"},
    {"fragment-duration", "milliseconds", inReady, NumberSlot{&S::fragmentDuration, 2000, 1, unlimited},
     "Length of fragments without video, and of those without key-frame-fragmentation"},
    {"interleave-timeout", "milliseconds", inReady, NumberSlot{&S::interleaveTimeout, 500, 0, 60000},
     "How long a track that gives no frames keeps the others waiting"},
    {"silent-track", "", inReady,
     EnumSlot{&S::silentTrack, silentTrackType, static_cast<int>(SilentTrack::fill)},
     "What is done about a track that keeps silent for longer: fill sends silence in its place, so that "
     "the tracks stay the same; drop goes on without it until it returns"},
    {"framerate", "frames/second", inReady, OptionalNumberSlot{&S::framerate, 25, 0, 1000},
     "Frame rate of video whose caps do not say it, if set: else it is measured; 0 means 24"},
    {"timestamp-source", "", inReady,
     EnumSlot{&S::timestampSource, timestampSourceType, static_cast<int>(TimestampSource::automatic)},
     "Where the frames' wall time comes from"},
    {"use-original-pts", "", inReady, FlagSlot{&S::useOriginalPts, false},
     "The same as timestamp-source=pts, where that is auto"},
    {"frame-timecodes", "", inReady, FlagSlot{&S::frameTimecodes, true},
     "Whether frames have the source's times; false is the same as timestamp-source=arrival, where that is "
     "auto"},
    {"file-start-time", "seconds since 1970", inReady, LargeNumberSlot{&S::fileStartTime, 0, lastSecond},
     "Wall time of the first frame of a recording; 0: now"},
    {"file-start-time-iso", "", inReady, TextSlot{&S::fileStartTimeIso, ""},
     "The same with milliseconds, such as 2026-01-31T10:15:30.250Z; goes before file-start-time"},
    {"disable-buffer-clipping", "", inReady, FlagSlot{&S::disableBufferClipping, false},
     "Whether to send also what comes after the end of the segment"},
    {"retention-period", "hours", inReady, NumberSlot{&S::retentionPeriod, 2, 0, 87600},
     "How long the service keeps the media of a stream that is created here; 0: not at all"},
    {"allow-create-stream", "", inReady, FlagSlot{&S::allowCreateStream, true},
     "Whether to create the stream if it does not exist"},
    {"kms-key-id", "", inReady, TextSlot{&S::kmsKeyId, ""},
     "Key that encrypts a stream that is created here; empty: the service's own"},
    {"stream-tags", "", inReady, TextMapSlot{&S::streamTags},
     "Tags to put on the stream, a structure of strings, 50 at most"},
    {"metadata", "", inReady, TextMapSlot{&S::metadata},
     "Metadata to put on every fragment, a structure of strings, 10 at most"},
    {"absolute-fragment-times", "", inReady, FlagSlot{&S::absoluteFragmentTimes, true},
     "Whether fragment times count from 1970, or from the start of the stream"},
    {"timecode-scale", "milliseconds", inReady, NumberSlot{&S::timecodeScale, 1, 0, 1000},
     "Resolution of the times in the stream; 0 means 1"},
    {"track-name", "", inReady, OptionalTextSlot{&S::trackName, defaultVideoTrackName},
     "Matroska name of the video track (of the audio track where it is alone), up to 32 bytes"},
    {"codec-id", "", inReady, OptionalTextSlot{&S::codecId, "V_MPEG4/ISO/AVC"},
     "Matroska codec id of the video track (of the audio track where it is alone), if set: else as the caps "
     "say"},
    {"content-type", "", inReady, OptionalTextSlot{&S::contentType, "video/h264"},
     "Media type of the video track (of the audio track where it is alone), if set: else as the caps say"},
    {"user-agent", "", inReady, TextSlot{&S::userAgent, ""},
     "User agent sent with every request; empty: kvssink/VERSION GStreamer/VERSION"},
    {"max-fragments-per-second", "1/second", inReady, NumberSlot{&S::maxFragmentsPerSecond, 5, 0, 1000},
     "How many fragments are begun in a second while catching up; 5 is the service's quota, 0 lifts it"},
    {"connection-timeout", "seconds", inReady, NumberSlot{&S::connectionTimeout, 5, 1, 3600},
     "Bound on finding and connecting to a host, TLS included"},
    {"completion-timeout", "seconds", inReady, NumberSlot{&S::completionTimeout, 10, 1, 3600},
     "Bound on a call to the service, and on the wait for an acknowledgement at the end"},
    {"stop-stream-timeout", "seconds", MutableWhen::playing, NumberSlot{&S::stopStreamTimeout, 120, 0, 86400},
     "Bound on the wait at the end of the stream until all is stored by the service; 0: do not wait"},
    {"log-config", "", inReady, OptionalTextSlot{&S::logConfig, usualLogConfig},
     "log4cplus properties file that says where the log goes, if it is there; empty: none, the log is "
     "GST_DEBUG's"},
    {"dump-dir", "", inReady, TextSlot{&S::dumpDir, ""},
     "Folder for copies of what is sent, STREAM_N.mkv for each session, for debugging; it must exist; empty: "
     "KVS_DEBUG_DUMP_DATA_FILE_DIR from the environment, else none"},
    {"get-kvs-metrics", "", MutableWhen::playing, FlagSlot{&S::getKvsMetrics, false},
     "Whether stream-client-metric is emitted, with a key frame, once a second at most"},
    {"error-detail", "", MutableWhen::never, DetailSlot{},
     "What the last error meant, in a sentence: of stream-error, whose payload is only its number"},
    {"status", "", MutableWhen::never, StatusSlot{},
     "State, rates, buffer and losses in a few words, such as dot files of the pipeline show"},
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
