// SPDX-License-Identifier: Apache-2.0
#include "net/lag_histogram.h"

#include <gtest/gtest.h>

namespace kvs::net {
namespace {

TEST(LagHistogram, IsZeroWhileEmpty) {
  const LagHistogram lag;
  EXPECT_EQ(lag.percentile(0.99), Nanoseconds::zero());
}

TEST(LagHistogram, PercentilesAreRightToAQuarter) {
  LagHistogram lag;
  for (int us = 1; us <= 1000; ++us)
    lag.add(std::chrono::microseconds(us));
  EXPECT_EQ(lag.count(), 1000u);
  EXPECT_GE(lag.percentile(0.50), std::chrono::microseconds(500));
  EXPECT_LE(lag.percentile(0.50), std::chrono::microseconds(625));
  EXPECT_GE(lag.percentile(0.99), std::chrono::microseconds(990));
  EXPECT_LE(lag.percentile(0.99), std::chrono::nanoseconds(1'237'500));
}

TEST(LagHistogram, OneSlowInAHundredShowsAtP99OnlyWhenItIsMore) {
  LagHistogram lag;
  for (int i = 0; i < 98; ++i)
    lag.add(Nanoseconds(100));
  lag.add(Seconds(1));
  lag.add(Seconds(1));
  EXPECT_LE(lag.percentile(0.98), Nanoseconds(125));
  EXPECT_GE(lag.percentile(0.99), Seconds(1));
}

TEST(LagHistogram, TakesTheWholeRangeOfTimes) {
  LagHistogram lag;
  lag.add(Nanoseconds(-5));
  EXPECT_EQ(lag.percentile(1.0), Nanoseconds(0));
  lag.add(Nanoseconds::max());
  EXPECT_EQ(lag.percentile(1.0), Nanoseconds::max());
  for (int ns = 0; ns < 16; ++ns) {
    LagHistogram one;
    one.add(Nanoseconds(ns));
    EXPECT_GE(one.percentile(1.0), Nanoseconds(ns));
    EXPECT_LE(one.percentile(1.0).count(), ns + ns / 4);
  }
}

}  // namespace
}  // namespace kvs::net
