// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <vector>

#include "upload/backoff.h"
#include "upload/pacer.h"

namespace kvs::stream {
namespace {

TEST(Backoff, DoublesItsCeilingFromTwoTenthsToTenSeconds) {
  std::vector<Milliseconds> greatest(9);
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    upload::Backoff backoff({}, seed);
    for (Milliseconds& most : greatest)
      most = std::max(most, backoff.next());
  }
  Milliseconds ceiling{200};
  for (const Milliseconds most : greatest) {
    EXPECT_LE(most, ceiling);
    EXPECT_GT(most, ceiling * 95 / 100);
    ceiling = std::min(ceiling * 2, Milliseconds(10000));
  }
}

TEST(Backoff, DrawsTheWholeRange) {
  upload::Backoff backoff({Milliseconds(1000), Milliseconds(1000)}, 3);
  int below = 0;
  for (int i = 0; i < 1000; ++i)
    below += backoff.next() < Milliseconds(500);
  EXPECT_GT(below, 400);
  EXPECT_LT(below, 600);
}

TEST(Backoff, StaysAtItsCapForEver) {
  upload::Backoff backoff({}, 5);
  for (int i = 0; i < 100'000; ++i) {
    const Milliseconds delay = backoff.next();
    ASSERT_GE(delay, Milliseconds(0));
    ASSERT_LE(delay, Milliseconds(10000));
  }
  EXPECT_EQ(backoff.attempts(), 100'000u);
}

TEST(Backoff, BeginsAnewWhenItIsReset) {
  upload::Backoff backoff({}, 5);
  for (int i = 0; i < 10; ++i)
    backoff.next();
  backoff.reset();
  EXPECT_EQ(backoff.attempts(), 0u);
  EXPECT_LE(backoff.next(), Milliseconds(200));
}

TEST(Backoff, NeverComesBeforeTheServiceAsked) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    upload::Backoff backoff({}, seed);
    const Milliseconds delay = backoff.next(Milliseconds(Seconds(30)));
    EXPECT_GE(delay, Seconds(30));
    EXPECT_LE(delay, Seconds(30) + Milliseconds(200));
  }
}

TEST(Backoff, TheSameSeedDrawsTheSame) {
  upload::Backoff one({}, 9), other({}, 9), third({}, 10);
  bool differs = false;
  for (int i = 0; i < 20; ++i) {
    const Milliseconds delay = one.next();
    EXPECT_EQ(delay, other.next());
    differs |= delay != third.next();
  }
  EXPECT_TRUE(differs);
}

class Pacer : public testing::Test {
 protected:
  TimePoint now{std::chrono::hours(5)};

  int entersAtOnce(upload::FragmentPacer& pacer) {
    int count = 0;
    while (count < 1000 && pacer.mayEnter(now)) {
      pacer.entered(now);
      ++count;
    }
    return count;
  }
};

TEST_F(Pacer, LetsABurstOfOneSecondThrough) {
  upload::FragmentPacer pacer(5);
  EXPECT_EQ(entersAtOnce(pacer), 5);
  EXPECT_EQ(pacer.nextAt(), now + Milliseconds(200));
}

TEST_F(Pacer, ThenFiveASecond) {
  upload::FragmentPacer pacer(5);
  int count = entersAtOnce(pacer);
  for (int ms = 0; ms < 10'000; ++ms) {
    now += Milliseconds(1);
    count += entersAtOnce(pacer);
  }
  EXPECT_EQ(count, 5 + 50);
}

TEST_F(Pacer, NeverMoreThanFiveAndABurstInAnyWindow) {
  upload::FragmentPacer pacer(5);
  std::vector<TimePoint> entered;
  for (int ms = 0; ms < 20'000; ++ms) {
    now += Milliseconds(1);
    const bool pause = (ms / 3000) % 2 == 1;
    if (pause || !pacer.mayEnter(now)) continue;
    pacer.entered(now);
    entered.push_back(now);
  }
  for (std::size_t i = 10; i < entered.size(); ++i)
    EXPECT_GE(entered[i] - entered[i - 10], Seconds(1)) << "10 in under a second";
}

TEST_F(Pacer, IsReadyExactlyWhenItSaid) {
  upload::FragmentPacer pacer(3);
  entersAtOnce(pacer);
  now = pacer.nextAt() - Nanoseconds(1);
  EXPECT_FALSE(pacer.mayEnter(now));
  now += Nanoseconds(1);
  EXPECT_TRUE(pacer.mayEnter(now));
}

TEST_F(Pacer, ZeroLiftsIt) {
  upload::FragmentPacer pacer(0);
  EXPECT_EQ(entersAtOnce(pacer), 1000);
}

TEST_F(Pacer, LessThanOneASecondStillLetsOneThrough) {
  upload::FragmentPacer pacer(0.5);
  EXPECT_EQ(entersAtOnce(pacer), 1);
  now += Milliseconds(1999);
  EXPECT_EQ(entersAtOnce(pacer), 0);
  now += Milliseconds(1);
  EXPECT_EQ(entersAtOnce(pacer), 1);
}

}  // namespace
}  // namespace kvs::stream
