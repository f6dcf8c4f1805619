// SPDX-License-Identifier: Apache-2.0
#include "settings.h"

#include <algorithm>

#include "aws/credentials/chain.h"
#include "aws/environment.h"
#include "log_sink.h"

namespace kvs::gst {

ProducerConfig producerConfig(const Settings& settings) {
  ProducerConfig config;
  config.credentials =
      aws::defaultChain({std::string(settings.accessKey.reveal()), settings.secretKey, settings.sessionToken},
                        aws::processEnvironment());
  config.region = settings.region;
  config.endpoint = settings.endpoint;
  config.userAgent = settings.userAgent.empty() ? "kvssink/" KVSSINK_VERSION : settings.userAgent;
  config.storageSize = std::size_t{settings.storageSize} << 20;
  config.connectionTimeout = Seconds(settings.connectionTimeout);
  config.completionTimeout = Seconds(settings.completionTimeout);
  config.log = makeLogSink();
  return config;
}

StreamConfig streamConfig(const Settings& settings) {
  StreamConfig config;
  config.name = settings.streamName;
  config.streamingType = static_cast<StreamingType>(settings.streamingType);
  config.allowCreate = settings.allowCreateStream;
  config.retention = std::chrono::hours(settings.retentionPeriod);
  config.kmsKeyId = settings.kmsKeyId;
  config.tags = settings.streamTags;
  config.timecodeScale = Milliseconds(std::max(settings.timecodeScale, 1U));
  config.absoluteFragmentTimes = settings.absoluteFragmentTimes;
  config.bufferDuration = Seconds(settings.bufferDuration);
  config.maxFragmentsPerSecond = settings.maxFragmentsPerSecond;
  return config;
}

TrackNames trackNames(const Settings& settings) {
  return {settings.trackName, settings.codecId, settings.contentType};
}

}  // namespace kvs::gst
