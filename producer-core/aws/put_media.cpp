// SPDX-License-Identifier: Apache-2.0
#include "aws/put_media.h"

#include <algorithm>
#include <chrono>

namespace kvs::aws {

std::string producerStartTimestamp(WallTime time) {
  const auto milliseconds =
      std::max<std::int64_t>(std::chrono::floor<Milliseconds>(time.time_since_epoch()).count(), 0);
  const std::string fraction = std::to_string(milliseconds % 1000);
  return std::to_string(milliseconds / 1000) + "." + std::string(3 - fraction.size(), '0') + fraction;
}

net::Request putMediaRequest(const PutMediaInput& input) {
  net::Request request;
  request.url = input.dataEndpoint + "/putMedia";
  request.headers = {
      {"x-amzn-stream-name", input.streamName},
      {"x-amzn-fragment-timecode-type",
       input.timecodeType == TimecodeType::absolute ? "ABSOLUTE" : "RELATIVE"},
      {"x-amzn-producer-start-timestamp", producerStartTimestamp(input.producerStart)},
      {"x-amzn-fragment-acknowledgment-required", input.acksRequired ? "1" : "0"},
  };
  request.profile = net::Profile::realtime;
  return request;
}

}  // namespace kvs::aws
