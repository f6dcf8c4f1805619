// SPDX-License-Identifier: Apache-2.0
// What stands on the wire follows from the epoch and the fragment alone, and may be corrected until it was
// seen.
#include "store/epoch.h"

#include <gtest/gtest.h>

#include "store/header.h"

namespace kvs::store {
namespace {

using namespace std::chrono_literals;
using Correct = Epoch::Correct;

constexpr WallTime noon{1'700'000'000s};

Epoch byClock(Milliseconds scale = 1ms) {
  return Epoch({.scale = scale, .zero = noon, .first = 40, .byClock = true});
}

TEST(Epoch, SaysWhatStandsOnTheWire) {
  const Epoch epoch = byClock(10ms);
  EXPECT_EQ(epoch.start(), noon + 400ms);
  EXPECT_EQ(epoch.wallTime(100), noon + 1s);
  EXPECT_EQ(epoch.wireTimecode(100, true), 170'000'000'100u);
  EXPECT_EQ(epoch.wireTimecode(100, false), 60u);
}

TEST(Epoch, BeforeNineteenSeventyCountsAsIt) {
  const Epoch epoch({.zero = WallTime(-5s)});
  EXPECT_EQ(epoch.wireTimecode(4'999, true), 0u);
  EXPECT_EQ(epoch.wireTimecode(5'001, true), 1u);
  EXPECT_EQ(epoch.wireTimecode(-1, false), 0u);
}

TEST(Epoch, TimesThatNoClockShowsAreAsFarAwayAsCanBe) {
  const Epoch epoch({.zero = WallTime(Nanoseconds::max())});
  EXPECT_EQ(epoch.wallTime(1), WallTime(24h * 365 * 146));
}

TEST(Epoch, TakesACorrectionUpOnceHoweverManyFragmentsShareIt) {
  Epoch epoch = byClock();
  for (int i = 0; i < 3; ++i)
    epoch.correct(10min, Correct::unseen);
  EXPECT_EQ(epoch.wallTime(0), noon + 10min);
  epoch.correct(9min, Correct::unseen);
  EXPECT_EQ(epoch.wallTime(0), noon + 9min) << "the whole correction is told, not the step";
}

TEST(Epoch, CorrectionsAreWholeUnits) {
  Epoch epoch = byClock(100ms);
  epoch.correct(1234ms, Correct::unseen);
  EXPECT_EQ(epoch.wallTime(0), noon + 1200ms) << "wall times go on to round as media times do";
}

TEST(Epoch, WhatTheServiceHasSeenMovesOnlyWhereItRefusesIt) {
  Epoch epoch = byClock();
  epoch.freeze();
  epoch.correct(10min, Correct::unseen);
  EXPECT_EQ(epoch.wallTime(0), noon);
  epoch.correct(10min, Correct::all);
  EXPECT_EQ(epoch.wallTime(0), noon + 10min);
}

TEST(Epoch, ASourcesOwnClockIsNotOursToCorrect) {
  Epoch epoch({.zero = noon});
  epoch.correct(10min, Correct::all);
  EXPECT_EQ(epoch.wallTime(0), noon);
}

TEST(Epoch, WhatWasReadBackIsTheSameStretch) {
  const auto made = std::make_shared<Epoch>(byClock());
  EXPECT_TRUE(isSame(made, std::make_shared<Epoch>(made->tie())));
  EXPECT_FALSE(isSame(made, std::make_shared<Epoch>(Epoch({.zero = noon}))));
  EXPECT_FALSE(isSame(made, nullptr));
}

TEST(Header, EqualBytesAreOneHeader) {
  const auto header = [](std::uint8_t byte) {
    return std::make_shared<const Header>(Header{Bytes(3, std::byte{byte})});
  };
  EXPECT_TRUE(isSame(header(1), header(1)));
  EXPECT_FALSE(isSame(header(1), header(2)));
  EXPECT_FALSE(isSame(nullptr, header(1)));
  EXPECT_TRUE(isSame(SharedHeader(), nullptr));
}

}  // namespace
}  // namespace kvs::store
