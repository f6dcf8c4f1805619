// SPDX-License-Identifier: Apache-2.0
// What the user set, as plain values, and what the core is given of it. The defaults stand in the table
// of properties (properties.cpp).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/secret.h"
#include "caps/caps.h"
#include "producer.h"

namespace kvs::gst {

/// Read where it exists, as applications expect; any other path must exist.
inline constexpr const char* usualCredentialPath = ".kvs/credential";

/// A plain value with one field for each property, and so a long one.
struct Settings {
  std::string streamName;
  std::string region;
  std::string endpoint;
  std::string dataEndpoint;
  std::optional<bool> dualStack;  ///< counts only when it was set
  std::optional<bool> fips;       ///< the same
  Secret proxy;                   ///< it may hold a password
  std::string bindAddress;
  std::string caPath;
  std::string userAgent;
  std::string kmsKeyId;
  Secret accessKey;
  Secret secretKey;
  Secret sessionToken;
  /// The three above, for those who look while a stream runs. All copies share it.
  std::shared_ptr<aws::KeySlot> keys = std::make_shared<aws::KeySlot>();
  std::map<std::string, std::string> iotCertificate;
  std::string credentialPath;
  std::map<std::string, std::string> streamTags;
  std::map<std::string, std::string> metadata;
  std::string fileStartTimeIso;
  std::string dumpDir;
  std::uint64_t fileStartTime = 0;  ///< s since 1970; 0: now

  bool absoluteFragmentTimes = false;
  bool allowCreateStream = false;
  bool allowInsecureEndpoint = false;
  bool keyFrameFragmentation = false;
  bool useOriginalPts = false;
  bool frameTimecodes = false;
  bool disableBufferClipping = false;
  bool getKvsMetrics = false;

  unsigned storageSize = 0;        ///< MiB
  unsigned bufferDuration = 0;     ///< s
  unsigned retentionPeriod = 0;    ///< hours
  unsigned timecodeScale = 0;      ///< ms; 0 means 1
  unsigned stopStreamTimeout = 0;  ///< s
  unsigned connectionTimeout = 0;  ///< s
  unsigned completionTimeout = 0;  ///< s
  unsigned maxFragmentsPerSecond = 0;
  unsigned maxLatency = 0;           ///< s
  unsigned connectionStaleness = 0;  ///< s
  bool restartOnError = false;
  unsigned retryTimeout = 0;    ///< s
  unsigned replayDuration = 0;  ///< s
  bool fragmentAcks = false;
  unsigned rotationPeriod = 0;    ///< s
  unsigned averageBandwidth = 0;  ///< bit/s
  bool recalculateMetrics = false;
  unsigned fragmentDuration = 0;   ///< ms
  unsigned interleaveTimeout = 0;  ///< ms
  unsigned burstInterval = 0;      ///< s
  int streamingType = 0;
  int timestampSource = 0;
  int silentTrack = 0;

  std::optional<unsigned> framerate;  ///< counts only when it was set
  std::optional<std::string> logConfig;
  // These count only when the user set them: each codec has defaults that the service knows.
  std::optional<std::string> trackName;
  std::optional<std::string> codecId;
  std::optional<std::string> contentType;
};

/// Without executor and log, which are the element's.
ProducerConfig producerConfig(const Settings& settings);
/// Fails where a text cannot be read.
Result<StreamConfig> streamConfig(const Settings& settings);
/// The user's names for video, or for audio that is alone.
TrackNames trackNames(const Settings& settings);
/// Whether the user says when the media were recorded: then the pipeline's clock says nothing of it.
bool isRecording(const Settings& settings);
/// Of video whose caps do not say it; nothing where the user does not, either, or asks for what is none.
std::optional<Nanoseconds> frameDuration(const Settings& settings);
/// What was set and cannot be meant.
std::vector<Error> warningsOn(const Settings& settings);
/// `timestamp-source`, or what the two older properties say in its place.
TimestampSource timestampSource(const Settings& settings);

}  // namespace kvs::gst
