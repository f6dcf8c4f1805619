// SPDX-License-Identifier: Apache-2.0
// What all sessions of a stream have sent. Its owner guards it by the stream's lock.
#pragma once

#include "base/rate_meter.h"
#include "base/stats.h"

namespace kvs::upload {

struct SentMedia {
  SentCounts counts;
  RateMeter rate;  ///< of counts.bytesSent

  void add(std::size_t bytes, TimePoint now) {
    counts.bytesSent += bytes;
    rate.note(now, counts.bytesSent);
  }
};

}  // namespace kvs::upload
