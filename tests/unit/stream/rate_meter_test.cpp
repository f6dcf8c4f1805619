// SPDX-License-Identifier: Apache-2.0
#include "base/rate_meter.h"

#include <gtest/gtest.h>

namespace kvs::stream {
namespace {

using namespace std::chrono_literals;

class RateMeterTest : public testing::Test {
 protected:
  /// `perSecond` for so long, noted ten times a second.
  void count(std::uint64_t perSecond, int tenths) {
    for (int i = 0; i < tenths; ++i) {
      meter.note(now, total);
      now += 100ms;
      total += perSecond / 10;
    }
  }
  double rate() const { return meter.perSecond(now, total); }

  RateMeter meter;
  TimePoint now{1h};
  std::uint64_t total = 0;
};

TEST_F(RateMeterTest, SaysNothingBeforeThereIsAnythingToCompare) {
  EXPECT_EQ(rate(), 0);
  count(100, 1);
  EXPECT_EQ(rate(), 0);
}

TEST_F(RateMeterTest, IsRightFromTheFirstSecondOn) {
  count(100, 10);
  EXPECT_NEAR(rate(), 100, 1);
  count(100, 1000);
  EXPECT_NEAR(rate(), 100, 1);
}

TEST_F(RateMeterTest, FollowsWithinSeconds) {
  count(100, 100);
  count(500, 60);
  EXPECT_NEAR(rate(), 500, 5);
}

TEST_F(RateMeterTest, APauseEndsInNothingAndWhatFollowsIsNotDividedByIt) {
  count(100, 100);
  now += 60s;
  EXPECT_EQ(rate(), 0);
  count(100, 30);
  EXPECT_NEAR(rate(), 60, 15) << "three seconds of the last five";
  count(100, 60);
  EXPECT_NEAR(rate(), 100, 1);
}

}  // namespace
}  // namespace kvs::stream
