// SPDX-License-Identifier: Apache-2.0
// What the user set, as plain values, and what the core is given of it. The defaults stand in the table
// of properties (properties.cpp).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/secret.h"
#include "caps.h"
#include "producer.h"

namespace kvs::gst {

struct Settings {
  std::string streamName;
  std::string region;
  std::string endpoint;
  std::string userAgent;
  std::string kmsKeyId;
  Secret accessKey;
  Secret secretKey;
  Secret sessionToken;
  std::map<std::string, std::string> streamTags;

  bool absoluteFragmentTimes = false;
  bool allowCreateStream = false;

  unsigned storageSize = 0;        ///< MiB
  unsigned bufferDuration = 0;     ///< s
  unsigned retentionPeriod = 0;    ///< hours
  unsigned timecodeScale = 0;      ///< ms; 0 means 1
  unsigned stopStreamTimeout = 0;  ///< s
  unsigned connectionTimeout = 0;  ///< s
  unsigned completionTimeout = 0;  ///< s
  unsigned maxFragmentsPerSecond = 0;
  int streamingType = 0;

  // These count only when the user set them (PROTOCOL.md, "Matroska as the service takes it").
  std::optional<std::string> trackName;
  std::optional<std::string> codecId;
  std::optional<std::string> contentType;
};

/// Without executor, which is the element's. Credentials come from the environment, then from the keys.
ProducerConfig producerConfig(const Settings& settings);
StreamConfig streamConfig(const Settings& settings);
TrackNames trackNames(const Settings& settings);

}  // namespace kvs::gst
