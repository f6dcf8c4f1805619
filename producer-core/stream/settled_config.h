// SPDX-License-Identifier: Apache-2.0
// What a stream runs with: the configuration that was asked for, taken as far as it can be meant. A value
// beyond what the service can serve becomes the nearest that it can, with a warning; only what could mean
// nothing is an error.
#pragma once

#include <cstddef>
#include <vector>

#include "producer.h"

namespace kvs::stream {

struct SettledConfig {
  StreamConfig config;
  /// One for each value that could not be taken as it was asked for, or that costs media in an outage.
  std::vector<Error> warnings;
};

/// `storageSize` is the Producer's.
Result<SettledConfig> settle(StreamConfig asked, std::size_t storageSize);

}  // namespace kvs::stream
