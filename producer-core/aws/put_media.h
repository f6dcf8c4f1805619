// SPDX-License-Identifier: Apache-2.0
// The request that opens an upload session: PutMedia's address and headers. The session adds the body, and
// ServiceClient what all requests have.
#pragma once

#include <string>
#include <string_view>

#include "base/time.h"
#include "net/transport.h"

namespace kvs::aws {

enum class TimecodeType { absolute, relative };

struct PutMediaInput {
  std::string dataEndpoint;  ///< scheme://host[:port]
  std::string streamName;
  TimecodeType timecodeType = TimecodeType::absolute;
  WallTime producerStart{};  ///< what relative timecodes count from; the same in every session of an epoch
  bool acksRequired = true;
};

/// The request without its body.
net::Request putMediaRequest(const PutMediaInput& input);

/// "{seconds}.{three digits of milliseconds}", rounded down. A time before 1970 (a machine that never
/// learnt the time) becomes "0.000": the service takes no negative one.
std::string producerStartTimestamp(WallTime time);

}  // namespace kvs::aws
