// SPDX-License-Identifier: Apache-2.0
#include "settings/settings.h"

#include <algorithm>
#include <charconv>
#include <memory>

namespace kvs::gst {

namespace {

/// The end of 2114: the core takes no start time that is a year later.
constexpr std::uint64_t lastSecond = 4'575'743'999;
constexpr Seconds longestTimeout = std::chrono::hours(24);
/// More is no rate of frames that anybody sends.
constexpr unsigned mostFramesPerSecond = 1000;
constexpr unsigned framesPerSecondOfNone = 24;  // what the guide's producer takes for none

struct DateTimeUnref {
  void operator()(GDateTime* time) const { g_date_time_unref(time); }
};
struct TimeZoneUnref {
  void operator()(GTimeZone* zone) const { g_time_zone_unref(zone); }
};

std::optional<WallTime> readIsoTime(const std::string& text) {
  const std::unique_ptr<GTimeZone, TimeZoneUnref> utc(g_time_zone_new_utc());
  const std::unique_ptr<GDateTime, DateTimeUnref> time(g_date_time_new_from_iso8601(text.c_str(), utc.get()));
  if (!time) return std::nullopt;
  const std::int64_t seconds = g_date_time_to_unix(time.get());
  if (seconds < 0 || static_cast<std::uint64_t>(seconds) > lastSecond) return std::nullopt;
  return WallTime(Seconds(seconds) + std::chrono::microseconds(g_date_time_get_microsecond(time.get())));
}

Result<std::optional<WallTime>> startTime(const Settings& settings) {
  if (!settings.fileStartTimeIso.empty()) {
    const std::optional<WallTime> time = readIsoTime(settings.fileStartTimeIso);
    if (time) return time;
    return fail(
        StatusCode::invalidArg, ErrorKind::fatal,
        "file-start-time-iso is \"" + settings.fileStartTimeIso +
            "\", which is no time since 1970 and before 2115: write it like 2026-01-31T10:15:30.250Z.");
  }
  if (settings.fileStartTime == 0) return std::nullopt;
  if (settings.fileStartTime > lastSecond) {
    return fail(StatusCode::invalidArg, ErrorKind::fatal,
                "file-start-time is " + std::to_string(settings.fileStartTime) +
                    " s, which is no time before the year 2115: give seconds since 1970.");
  }
  return WallTime(Seconds(settings.fileStartTime));
}

using Structure = std::map<std::string, std::string>;

std::string valueOf(const Structure& structure, const char* key) {
  const auto at = structure.find(key);
  return at == structure.end() ? std::string() : at->second;
}

/// Whole seconds; the standard where there are none.
Milliseconds secondsOf(const Structure& structure, const char* key, Milliseconds standard) {
  const std::string text = valueOf(structure, key);
  int seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  const bool whole = error == std::errc() && end == text.data() + text.size() && seconds > 0;
  return whole ? Milliseconds(Seconds(seconds)) : standard;
}

/// The guide's keys (kvssink, "AWS IoT credentials"), and the time-outs that applications set beside them.
std::optional<aws::IotSettings> iotSettings(const Structure& structure, const std::string& streamName) {
  if (structure.empty()) return std::nullopt;
  aws::IotSettings iot;
  iot.endpoint = valueOf(structure, "endpoint");
  iot.certificatePath = valueOf(structure, "cert-path");
  iot.keyPath = valueOf(structure, "key-path");
  iot.authorityPath = valueOf(structure, "ca-path");
  iot.roleAlias = valueOf(structure, "role-aliases");
  iot.thingName = valueOf(structure, "iot-thing-name");
  if (iot.thingName.empty()) iot.thingName = streamName;
  iot.connectionTimeout = secondsOf(structure, "connection-timeout", iot.connectionTimeout);
  iot.completionTimeout = secondsOf(structure, "completion-timeout", iot.completionTimeout);
  return iot;
}

aws::CredentialSettings credentialSettings(const Settings& settings) {
  return {iotSettings(settings.iotCertificate, settings.streamName), settings.keys, settings.credentialPath,
          settings.credentialPath != usualCredentialPath};
}

/// Of the GStreamer that runs, which need not be the one that was compiled against.
std::string usualUserAgent() {
  guint major = 0;
  guint minor = 0;
  guint micro = 0;
  guint nano = 0;
  gst_version(&major, &minor, &micro, &nano);
  return "kvssink/" KVSSINK_VERSION " GStreamer/" + std::to_string(major) + "." + std::to_string(minor) +
         "." + std::to_string(micro);
}

Milliseconds timeout(unsigned seconds, Milliseconds standard) {
  return seconds == 0 ? standard : std::min<Milliseconds>(Seconds(seconds), longestTimeout);
}

}  // namespace

ProducerConfig producerConfig(const Settings& settings) {
  ProducerConfig config;
  config.credentialSettings = credentialSettings(settings);
  config.region = settings.region;
  config.endpoint = settings.endpoint;
  config.dataEndpoint = settings.dataEndpoint;
  config.dualStack = settings.dualStack;
  config.fips = settings.fips;
  config.proxy = settings.proxy;
  config.bindAddress = settings.bindAddress;
  config.caPath = settings.caPath;
  config.allowInsecureEndpoint = settings.allowInsecureEndpoint;
  config.userAgent = settings.userAgent.empty() ? usualUserAgent() : settings.userAgent;
  config.storageSize = std::size_t{settings.storageSize} << 20;
  config.connectionTimeout = timeout(settings.connectionTimeout, config.connectionTimeout);
  config.completionTimeout = timeout(settings.completionTimeout, config.completionTimeout);
  return config;
}

Result<StreamConfig> streamConfig(const Settings& settings) {
  StreamConfig config;
  auto start = startTime(settings);
  if (!start) return fail(std::move(start.error()));
  config.startTime = *start;
  config.name = settings.streamName;
  config.streamingType = static_cast<StreamingType>(settings.streamingType);
  config.allowCreate = settings.allowCreateStream;
  config.retention = std::chrono::hours(settings.retentionPeriod);
  config.kmsKeyId = settings.kmsKeyId;
  config.tags = settings.streamTags;
  config.timecodeScale = Milliseconds(std::max(settings.timecodeScale, 1U));
  config.absoluteFragmentTimes = settings.absoluteFragmentTimes;
  config.bufferDuration = Seconds(settings.bufferDuration);
  config.maxLatency = Seconds(settings.maxLatency);
  config.connectionStaleness = Seconds(settings.connectionStaleness);
  config.restartOnError = settings.restartOnError;
  config.retryTimeout = Seconds(settings.retryTimeout);
  config.replayDuration = Seconds(settings.replayDuration);
  config.fragmentAcks = settings.fragmentAcks;
  config.rotationPeriod = Seconds(settings.rotationPeriod);
  config.expectedBandwidth = settings.averageBandwidth;
  config.recalculateMetrics = settings.recalculateMetrics;
  config.maxFragmentsPerSecond = settings.maxFragmentsPerSecond;
  config.timestampSource = timestampSource(settings);
  config.keyFrameFragmentation = settings.keyFrameFragmentation;
  config.fragmentDuration = Milliseconds(settings.fragmentDuration);
  config.interleaveTimeout = Milliseconds(settings.interleaveTimeout);
  config.silentTrack = static_cast<SilentTrack>(settings.silentTrack);
  config.dumpFolder = settings.dumpDir;
  config.burstInterval = Seconds(settings.burstInterval);
  return config;
}

bool isRecording(const Settings& settings) {
  return settings.fileStartTime != 0 || !settings.fileStartTimeIso.empty();
}

TimestampSource timestampSource(const Settings& settings) {
  const auto source = static_cast<TimestampSource>(settings.timestampSource);
  if (source != TimestampSource::automatic) return source;
  if (settings.useOriginalPts) return TimestampSource::pts;
  return settings.frameTimecodes ? source : TimestampSource::arrival;
}

std::optional<Nanoseconds> frameDuration(const Settings& settings) {
  const unsigned rate = settings.framerate.value_or(mostFramesPerSecond + 1);
  if (rate > mostFramesPerSecond) return std::nullopt;
  return Nanoseconds(Seconds(1)) / (rate == 0 ? framesPerSecondOfNone : rate);
}

std::vector<Error> warningsOn(const Settings& settings) {
  if (settings.framerate.value_or(0) <= mostFramesPerSecond) return {};
  return {Error{StatusCode::invalidArg,
                ErrorKind::retryable,
                "framerate is " + std::to_string(*settings.framerate) +
                    ", which is the rate of no video: it is measured instead. Set 1000 or less.",
                {},
                0,
                {},
                {},
                {}}};
}

TrackNames trackNames(const Settings& settings) {
  return {settings.trackName, settings.codecId, settings.contentType};
}

}  // namespace kvs::gst
