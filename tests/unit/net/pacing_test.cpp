// SPDX-License-Identifier: Apache-2.0
#include "net/pacing.h"

#include <gtest/gtest.h>

namespace kvs::net {
namespace {

constexpr TimePoint start{Seconds(100)};
constexpr int one = 1;
constexpr int other = 2;

TEST(Pacing, OneAloneIsNeverPutOff) {
  Pacing pacing;
  for (int frame = 0; frame < 100; ++frame) {
    pacing.served(&one, start + frame * Nanoseconds(100));
    EXPECT_FALSE(pacing.endOfPass());
  }
}

TEST(Pacing, SeveralWithinAMillisecondGatherUntilNobodyComes) {
  Pacing pacing;
  pacing.served(&one, start);
  EXPECT_FALSE(pacing.endOfPass());
  pacing.served(&other, start + Milliseconds(1));
  EXPECT_TRUE(pacing.endOfPass());
  EXPECT_FALSE(pacing.endOfPass()) << "a pass that served nobody";
  pacing.served(&one, start + Milliseconds(3));
  EXPECT_FALSE(pacing.endOfPass()) << "the other was long ago";
  pacing.served(&one, start + Milliseconds(3));
  pacing.served(&other, start + Milliseconds(3));
  EXPECT_TRUE(pacing.endOfPass());
}

}  // namespace
}  // namespace kvs::net
