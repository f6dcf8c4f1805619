// SPDX-License-Identifier: Apache-2.0
#include "stream/part_configs.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "base/limits.h"
#include "base/random.h"

namespace kvs::stream {

namespace {

bool isOffline(const StreamConfig& config) {
  return config.streamingType == StreamingType::offline;
}

intake::FragmenterConfig fragmenterConfig(const StreamConfig& config, const ProducerConfig& producer) {
  intake::FragmenterConfig fragmenter;
  fragmenter.withoutVideo = config.fragmentDuration;
  if (!config.keyFrameFragmentation) fragmenter.enough = config.fragmentDuration;
  if (isOffline(config)) {
    fragmenter.enough = std::max<Nanoseconds>(fragmenter.enough, Seconds(10));
    // Several fragments must fit into the storage, or waiting for room would never end.
    fragmenter.enoughBytes = std::min<std::uint64_t>(fragmenter.enoughBytes, producer.storageSize / 4);
  }
  return fragmenter;
}

mkv::HeaderSpec headerSpec(const StreamConfig& config, const ProducerConfig& producer) {
  mkv::HeaderSpec header;
  header.timecodeScale = config.timecodeScale;
  header.title = config.name;
  header.muxingApp = producer.userAgent;
  header.writingApp = config.writingApp.empty() ? producer.userAgent : config.writingApp;
  Random random(std::hash<std::string>{}(config.name));
  for (std::byte& byte : header.segmentUid)
    byte = static_cast<std::byte>(random.next());
  return header;
}

}  // namespace

upload::LifeConfig lifeConfig(const StreamConfig& config, const ProducerConfig& producer) {
  upload::LifeConfig life;
  life.allowCreate = config.allowCreate;
  life.hasTags = !config.tags.empty();
  life.retry.restartOnError = config.restartOnError;
  life.retry.timeout = config.retryTimeout;
  life.staleness = config.connectionStaleness;
  life.credentialsLife = config.rotationPeriod;
  if (config.rotationPeriod > Seconds(0) && config.rotationPeriod < life.sessionLength) {
    life.sessionLength = config.rotationPeriod;
    life.sessionJitter = std::min(life.sessionJitter, life.sessionLength / 4);
    life.credentialsLife = life.sessionLength - life.sessionJitter;  // each session has its own
  }
  life.completionTimeout = producer.completionTimeout;
  if (config.streamingType == StreamingType::nearRealtime) life.burstInterval = config.burstInterval;
  return life;
}

store::LogLimits logLimits(const StreamConfig& config, std::shared_ptr<store::StorageBudget> storage) {
  store::LogLimits made{std::move(storage), config.bufferDuration};
  made.leastDuration = Nanoseconds(limits::leastBufferDuration.kept);
  made.keeping.all = !config.fragmentAcks;
  made.keeping.most = config.fragmentAcks ? config.replayDuration : config.bufferDuration;
  return made;
}

intake::TimelineConfig timelineConfig(const StreamConfig& config) {
  const bool recorded = isOffline(config) || config.startTime.has_value();
  return {config.timecodeScale, config.timestampSource, config.startTime, recorded};
}

intake::IngestConfig ingestConfig(const StreamConfig& config, const ProducerConfig& producer,
                                  const CorrectedClock& wall) {
  intake::IngestConfig ingest;
  ingest.wall = &wall;
  ingest.streamingType = config.streamingType;
  ingest.timestampSource = config.timestampSource;
  ingest.sequencer.fragmenter = fragmenterConfig(config, producer);
  ingest.sequencer.header = headerSpec(config, producer);
  ingest.sequencer.silentTrack = config.silentTrack;
  ingest.sequencer.keepsAll = isOffline(config);
  ingest.sequencer.interleaver.timeout = config.interleaveTimeout;
  if (isOffline(config)) ingest.sequencer.interleaver.mediaTimeout = Seconds(10);
  return ingest;
}

}  // namespace kvs::stream
