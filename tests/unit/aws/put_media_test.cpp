// SPDX-License-Identifier: Apache-2.0
#include "aws/put_media.h"

#include <gtest/gtest.h>

#include "aws/sigv4.h"

namespace kvs::aws {
namespace {

using namespace std::chrono_literals;

TEST(ProducerStart, threeDigits) {
  EXPECT_EQ(producerStartTimestamp(WallTime(1700000000s + 7ms)), "1700000000.007");
  EXPECT_EQ(producerStartTimestamp(WallTime(1700000000s + 70ms)), "1700000000.070");
  EXPECT_EQ(producerStartTimestamp(WallTime(1700000000s)), "1700000000.000");
  EXPECT_EQ(producerStartTimestamp(WallTime(1700000000s + 999ms + 999999ns)), "1700000000.999");
}

TEST(ProducerStart, before1970) {
  EXPECT_EQ(producerStartTimestamp(WallTime{}), "0.000");
  EXPECT_EQ(producerStartTimestamp(WallTime(-1ns)), "0.000");
  EXPECT_EQ(producerStartTimestamp(WallTime(-100h)), "0.000");
}

TEST(PutMediaRequest, headersAreProtocols) {
  PutMediaInput input;
  input.dataEndpoint = "https://s-1.example.com";
  input.streamName = "camera-1";
  input.producerStart = WallTime(1700000000s + 7ms);
  const net::Request request = putMediaRequest(input);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url, "https://s-1.example.com/putMedia");
  EXPECT_EQ(net::findHeader(request.headers, "x-amzn-stream-name"), "camera-1");
  EXPECT_EQ(net::findHeader(request.headers, "x-amzn-fragment-timecode-type"), "ABSOLUTE");
  EXPECT_EQ(net::findHeader(request.headers, "x-amzn-producer-start-timestamp"), "1700000000.007");
  EXPECT_EQ(net::findHeader(request.headers, "x-amzn-fragment-acknowledgment-required"), "1");
}

TEST(PutMediaRequest, relativeWithoutAcks) {
  PutMediaInput input;
  input.timecodeType = TimecodeType::relative;
  input.acksRequired = false;
  const net::Request request = putMediaRequest(input);
  EXPECT_EQ(net::findHeader(request.headers, "x-amzn-fragment-timecode-type"), "RELATIVE");
  EXPECT_EQ(net::findHeader(request.headers, "x-amzn-fragment-acknowledgment-required"), "0");
  EXPECT_EQ(request.headers.size(), 4U);
}

TEST(PutMediaRequest, allItsOwnHeadersAreSigned) {
  PutMediaInput input;
  input.dataEndpoint = "https://s-1.example.com";
  input.streamName = "camera-1";
  const auto canonical = canonicalRequest(putMediaRequest(input), emptyPayloadHash);
  EXPECT_EQ(canonical->signedHeaders,
            "host;x-amzn-fragment-acknowledgment-required;x-amzn-fragment-timecode-type;"
            "x-amzn-producer-start-timestamp;x-amzn-stream-name");
}

}  // namespace
}  // namespace kvs::aws
