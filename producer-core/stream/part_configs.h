// SPDX-License-Identifier: Apache-2.0
// What each part of a stream runs with, from what was asked of the stream as a whole.
#pragma once

#include <memory>

#include "intake/ingest.h"
#include "producer.h"
#include "store/fragment_log.h"
#include "upload/life.h"

namespace kvs::stream {

upload::LifeConfig lifeConfig(const StreamConfig& config, const ProducerConfig& producer);
store::LogLimits logLimits(const StreamConfig& config, std::shared_ptr<store::StorageBudget> storage);
intake::TimelineConfig timelineConfig(const StreamConfig& config);
intake::IngestConfig ingestConfig(const StreamConfig& config, const ProducerConfig& producer,
                                  const CorrectedClock& wall);

}  // namespace kvs::stream
