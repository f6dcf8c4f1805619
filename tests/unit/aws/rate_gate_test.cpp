// SPDX-License-Identifier: Apache-2.0
#include "aws/rate_gate.h"

#include <gtest/gtest.h>

#include <vector>

namespace kvs::aws {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint start{1000h};

TEST(RateGate, aBurstThenTheRate) {
  RateGate gate(20, 20);
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(gate.reserve(start), start);
  for (int i = 1; i <= 40; ++i)
    EXPECT_EQ(gate.reserve(start), start + i * 50ms);
}

TEST(RateGate, refillsWithTime) {
  RateGate gate(20, 2);
  EXPECT_EQ(gate.reserve(start), start);
  EXPECT_EQ(gate.reserve(start), start);
  EXPECT_EQ(gate.reserve(start + 50ms), start + 50ms);
  EXPECT_EQ(gate.reserve(start + 50ms), start + 100ms);
}

TEST(RateGate, aPauseFillsItOnlyToTheBurst) {
  RateGate gate(20, 3);
  gate.reserve(start);
  const TimePoint later = start + 1h;
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(gate.reserve(later), later);
  EXPECT_EQ(gate.reserve(later), later + 50ms);
}

TEST(RateGate, whatIsGivenBackIsThereForTheNext) {
  RateGate gate(20, 2);
  std::vector<TimePoint> places;
  for (int i = 0; i < 1000; ++i)
    places.push_back(gate.reserve(start));
  for (std::size_t i = 2; i < 1000; ++i)
    gate.giveBack(places[i]);
  EXPECT_EQ(gate.reserve(start), start + 50ms);
}

TEST(RateGate, neverMoreThanRateAndBurstInAnyWindow) {
  RateGate gate(20, 5);
  std::vector<TimePoint> places;
  for (int i = 0; i < 1000; ++i)
    places.push_back(gate.reserve(start + i * 7ms));
  for (std::size_t i = 0; i + 25 < places.size(); ++i)
    EXPECT_GE(places[i + 25] - places[i], 1s);
}

}  // namespace
}  // namespace kvs::aws
