// SPDX-License-Identifier: Apache-2.0
#include "aws/ack_error.h"

#include <gtest/gtest.h>

#include <string>

namespace kvs::aws {
namespace {

struct Row {
  int id;
  std::uint32_t code;
  AckPolicy policy;
};

// The service's error ids, each with its status code in numbers: the table is not compared with itself.
const Row rows[] = {
    {4000, 0x5200005c, AckPolicy::reconnect},
    {4001, 0x5200005d, AckPolicy::setAside},
    {4002, 0x5200005e, AckPolicy::setAside},
    {4003, 0x5200005f, AckPolicy::newSession},
    {4004, 0x52000060, AckPolicy::setAside},
    {4005, 0x52000061, AckPolicy::fatal},
    {4006, 0x52000062, AckPolicy::setAside},
    {4007, 0x52000063, AckPolicy::correctClock},
    {4008, 0x52000064, AckPolicy::describe},
    {4009, 0x52000075, AckPolicy::resendWithoutTags},
    {4010, 0x5200007c, AckPolicy::resendOtherHeader},
    {4011, 0x5200007d, AckPolicy::resendOtherHeader},
    {4012, 0x5200007e, AckPolicy::fatal},
    {4500, 0x52000065, AckPolicy::retryKms},
    {4501, 0x52000066, AckPolicy::retryKms},
    {4502, 0x52000067, AckPolicy::retryKms},
    {4503, 0x52000068, AckPolicy::retryKms},
    {4504, 0x52000069, AckPolicy::retryKms},
    {4505, 0x5200006a, AckPolicy::retryKms},
    {4506, 0x5200006b, AckPolicy::retryKms},
    {4507, 0x5200006c, AckPolicy::streamDeleted},
    {5000, 0x5200006d, AckPolicy::reconnect},
    {5001, 0x5200006e, AckPolicy::reconnect},
};

TEST(AckError, tableByNumberAndByName) {
  for (const Row& row : rows) {
    const AckError& byId = ackError(row.id, "");
    EXPECT_EQ(static_cast<std::uint32_t>(byId.code), row.code) << row.id;
    EXPECT_EQ(byId.policy, row.policy) << row.id;
    EXPECT_TRUE(byId.sentence.ends_with('.')) << row.id;
    // 4012 shares its name with 4005, and its policy.
    if (row.id == 4012) continue;
    EXPECT_EQ(&ackError(std::nullopt, byId.name), &byId) << row.id;
  }
}

TEST(AckError, theNumberBeatsTheName) {
  EXPECT_EQ(ackError(4003, "INVALID_MKV_DATA").policy, AckPolicy::newSession);
}

TEST(AckError, anUnknownNumberFallsBackToTheName) {
  const AckError& error = ackError(4013, "MIN_FRAGMENT_DURATION_REACHED");
  EXPECT_EQ(error.code, StatusCode::ackUnknownError);
  EXPECT_EQ(error.name, "MIN_FRAGMENT_DURATION_REACHED");
}

TEST(AckError, unknownOnes) {
  EXPECT_EQ(ackError(4999, "NEW").policy, AckPolicy::setAsideOnRepeat);
  EXPECT_EQ(ackError(5002, "NEW").policy, AckPolicy::reconnect);
  EXPECT_EQ(ackError(5002, "NEW").code, StatusCode::ackUnknownError);
  EXPECT_EQ(ackError(0, "").policy, AckPolicy::setAsideOnRepeat);
  EXPECT_EQ(ackError(0, "").name, "");
  EXPECT_EQ(ackError(std::nullopt, "NEW").code, StatusCode::ackUnknownError);
  EXPECT_EQ(ackError(std::nullopt, "").code, StatusCode::missingErrorAckId);
}

}  // namespace
}  // namespace kvs::aws
