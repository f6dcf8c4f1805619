// SPDX-License-Identifier: Apache-2.0
// Media time, ticks, epochs and what stands on the wire.
#include "intake/timeline.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace kvs::stream {
namespace {

using namespace std::chrono_literals;

WallTime wall(std::int64_t ms, std::int64_t ns = 0) {
  return WallTime(Milliseconds(ms) + Nanoseconds(ns));
}

/// A frame that arrives at `arrived`.
intake::Capture at(WallTime arrived, std::optional<Nanoseconds> age = {}) {
  return {arrived, TimePoint(arrived.time_since_epoch()), age, {}};
}

/// A timeline whose epochs are kept as fragments keep them.
class KeptTimeline : public intake::Timeline {
 public:
  using Timeline::Timeline;
  Began begin(Nanoseconds pts, const intake::Capture& capture) {
    const Began began = Timeline::begin(pts, capture);
    if (epochs_.empty() || epochs_.back() != epoch()) epochs_.push_back(epoch());
    return began;
  }
  std::size_t currentEpoch() const { return epochs_.size() - 1; }
  WallTime wallTime(std::size_t number, store::Ticks ticks) const {
    return epochs_.at(number)->wallTime(ticks);
  }
  WallTime epochStart(std::size_t number) const { return epochs_.at(number)->start(); }
  std::uint64_t wireTimecode(std::size_t number, store::Ticks ticks, bool absolute) const {
    return epochs_.at(number)->wireTimecode(ticks, absolute);
  }

 private:
  std::vector<store::SharedEpoch> epochs_;
};

/// Its reader loses its turn for two seconds: first between the two clocks, then behind them.
class BusyMachine final : public Clock {
 public:
  TimePoint now() const override { return at_; }
  WallTime wallNow() const override {
    if (!std::exchange(lostItsTurn_, true)) at_ += 2s;
    return wall(1'700'000'000'000) + at_.time_since_epoch();
  }

 private:
  mutable TimePoint at_{5s};
  mutable bool lostItsTurn_ = false;
};

TEST(Capture, AThreadThatLosesItsTurnMakesNoStepOfAClockAndNoAge) {
  const BusyMachine clock;
  media::Frame frame;
  frame.captured = clock.now() - 100ms;
  const intake::Capture capture = intake::captureOf(frame, clock);
  EXPECT_EQ(capture.arrived.time_since_epoch() - capture.at.time_since_epoch(), 1'700'000'000s);
  EXPECT_EQ(capture.arrived - *capture.age, wall(1'700'000'000'000) + 5s - 100ms) << "that was long ago then";
}

TEST(Timeline, RoundsDownAlsoBelowZero) {
  const intake::Timeline ms({Milliseconds(1)});
  EXPECT_EQ(ms.ticksOf(0ns), 0);
  EXPECT_EQ(ms.ticksOf(999'999ns), 0);
  EXPECT_EQ(ms.ticksOf(1ms), 1);
  EXPECT_EQ(ms.ticksOf(-1ns), -1);
  EXPECT_EQ(ms.ticksOf(-1ms), -1);
  EXPECT_EQ(ms.ticksOf(-1ms - 1ns), -2);
  const intake::Timeline coarse({Milliseconds(40)});
  EXPECT_EQ(coarse.ticksOf(39ms), 0);
  EXPECT_EQ(coarse.ticksOf(-1ms), -1);
  EXPECT_EQ(coarse.ticksOf(-40ms), -1);
  EXPECT_EQ(coarse.ticksOf(-41ms), -2);
}

TEST(Timeline, TakesAThousandHoursAndMore) {
  const intake::Timeline ms({Milliseconds(1)});
  EXPECT_EQ(ms.ticksOf(1000h), 3'600'000'000);
  const Nanoseconds tenYears = 10 * 365 * 24h;
  EXPECT_EQ(ms.timeOf(ms.ticksOf(tenYears)), tenYears);
}

TEST(Timeline, TicksNeverRunAheadOfTime) {
  Random random(4);
  for (const int scale : {1, 2, 3, 7, 10, 33, 100, 1000}) {
    const KeptTimeline timeline({Milliseconds(scale)});
    for (int i = 0; i < 1000; ++i) {
      const Nanoseconds time(static_cast<std::int64_t>(random.next()) >> 4);
      const intake::Ticks ticks = timeline.ticksOf(time);
      ASSERT_LE(timeline.timeOf(ticks), time);
      ASSERT_LT(time, timeline.timeOf(ticks + 1));
    }
  }
}

class TimelineScales : public testing::TestWithParam<int> {
 protected:
  KeptTimeline timeline{{Milliseconds(GetParam())}};
};

TEST_P(TimelineScales, TheAnchorIsAMultipleOfTheScale) {
  const WallTime now = wall(1'700'000'000'987, 654'321);
  timeline.begin(1000h, at(now, 120ms));
  const WallTime start = timeline.epochStart(0);
  EXPECT_EQ(start.time_since_epoch() % Milliseconds(GetParam()), 0ns);
  EXPECT_LE(start, now - 120ms);
  EXPECT_GT(start, now - 120ms - Milliseconds(GetParam()));
}

TEST_P(TimelineScales, AbsoluteWireTimesAreTheWallClocks) {
  const Milliseconds scale(GetParam());
  timeline.begin(500 * scale, at(wall(1'700'000'000'000)));
  const WallTime start = timeline.epochStart(0);
  for (const intake::Ticks ticks : {intake::Ticks{500}, intake::Ticks{501}, intake::Ticks{99'999}}) {
    const auto wire = static_cast<std::int64_t>(timeline.wireTimecode(0, ticks, true));
    EXPECT_EQ(WallTime(wire * scale), start + (ticks - 500) * scale);
    EXPECT_EQ(timeline.wallTime(0, ticks), start + (ticks - 500) * scale);
  }
}

TEST_P(TimelineScales, RelativeWireTimesCountFromTheEpochsStart) {
  timeline.begin(-7 * Milliseconds(GetParam()), at(wall(1'700'000'000'000)));
  EXPECT_EQ(timeline.wireTimecode(0, -7, false), 0u);
  EXPECT_EQ(timeline.wireTimecode(0, 93, false), 100u);
}

INSTANTIATE_TEST_SUITE_P(Scales, TimelineScales, testing::Values(1, 2, 7, 33, 100, 1000));

constexpr std::int64_t noon = 1'700'000'000'000;

TEST(Timeline, FragmentsNeverOverlap) {
  KeptTimeline timeline({Milliseconds(1)});
  timeline.begin(0s, at(wall(noon)));
  timeline.note(2000);
  const auto began = timeline.begin(1990ms, at(wall(noon + 2000)));
  EXPECT_EQ(began.ticks, 2001);
  ASSERT_TRUE(began.repair);
  EXPECT_EQ(began.repair->kind, TimeRepair::Kind::raised);
  EXPECT_EQ(began.repair->by, 11ms);
  EXPECT_EQ(timeline.currentEpoch(), 0u);
}

TEST(Timeline, MediaThatBeginsAnewIsALaterEpoch) {
  KeptTimeline timeline({Milliseconds(1)});
  timeline.begin(100s, at(wall(noon)));
  timeline.note(150'000);
  const auto began = timeline.begin(10ms, at(wall(noon + 60'000)));
  EXPECT_EQ(timeline.currentEpoch(), 1u);
  EXPECT_EQ(began.repair->kind, TimeRepair::Kind::reanchored);
  EXPECT_EQ(timeline.epochStart(1), wall(noon + 60'000));
  EXPECT_EQ(timeline.wireTimecode(1, 10, false), 0u);
  // Nothing of the first epoch has moved: a resend has the same times.
  EXPECT_EQ(timeline.wireTimecode(0, 150'000, true), static_cast<std::uint64_t>(noon + 50'000));
}

TEST(Timeline, ALaterEpochRisesAboveTheOneBefore) {
  KeptTimeline timeline({Milliseconds(1)});
  timeline.begin(100s, at(wall(noon)));
  timeline.note(150'000);
  timeline.begin(10ms, at(wall(noon + 1000)));  // the wall clock is where the media has been already
  EXPECT_EQ(timeline.epochStart(1), wall(noon + 50'001));
}

TEST(Timeline, DriftOfALiveSourceIsTakenUpForwards) {
  KeptTimeline timeline({Milliseconds(1)});
  timeline.begin(0s, at(wall(noon), 0s));
  EXPECT_FALSE(timeline.begin(10s, at(wall(noon + 10'500), 0s)).repair);
  EXPECT_EQ(timeline.currentEpoch(), 0u);
  const auto began = timeline.begin(20s, at(wall(noon + 20'600), 0s));
  ASSERT_TRUE(began.repair);
  EXPECT_EQ(began.repair->kind, TimeRepair::Kind::reanchored);
  EXPECT_EQ(began.repair->by, 600ms);
  EXPECT_EQ(timeline.wallTime(1, began.ticks), wall(noon + 20'600));
  EXPECT_FALSE(timeline.begin(30s, at(wall(noon + 29'700), 0s)).repair) << "not backwards";
}

TEST(Timeline, AFrameThatCameLateIsNoDrift) {
  KeptTimeline timeline({Milliseconds(1)});
  timeline.begin(0s, at(wall(noon), 0s));
  EXPECT_FALSE(timeline.begin(2s, at(wall(noon + 9'000), 7s)).repair);
}

TEST(Timeline, WhatAnotherTrackHasRunAheadOfStaysWhereItBelongs) {
  KeptTimeline timeline({Milliseconds(1)});
  timeline.begin(0s, at(wall(noon), 0s));
  for (int second = 1; second < 5; ++second) {
    timeline.note(timeline.ticksOf(Seconds(second + 7)));  // sound of now, in the fragment before
    const auto began = timeline.begin(Seconds(second), at(wall(noon + second * 1000 + 7000), 7s));
    EXPECT_EQ(timeline.wallTime(timeline.currentEpoch(), began.ticks), wall(noon + second * 1000));
    EXPECT_EQ(timeline.currentEpoch(), static_cast<std::size_t>(second)) << "in a session of its own";
    EXPECT_FALSE(began.repair) << "nothing was moved";
  }
}

TEST(Timeline, AnAgeThatCannotBeIsNotBelieved) {
  KeptTimeline timeline({Milliseconds(1)});
  timeline.begin(0s, at(wall(noon), -1h));
  EXPECT_EQ(timeline.epochStart(0), wall(noon));
}

TEST(Timeline, AWallClockSetBackIsANewEpochBehindTheOneBefore) {
  for (const bool live : {true, false}) {
    KeptTimeline timeline({Milliseconds(1)});
    const auto age = live ? std::optional<Nanoseconds>(0s) : std::nullopt;
    timeline.begin(0s, at(wall(noon), age));
    timeline.note(1900);
    intake::Capture later = at(wall(noon + 2000 - 3'600'000), age);
    later.at = TimePoint(wall(noon + 2000).time_since_epoch());
    const auto began = timeline.begin(2s, later);
    EXPECT_EQ(timeline.currentEpoch(), 1u);
    EXPECT_EQ(timeline.wallTime(1, began.ticks), wall(noon + 2000 - 3'600'000));
    EXPECT_EQ(began.repair->by, -1h);
  }
}

TEST(Timeline, AWallClockSetForwardIsFollowed) {
  KeptTimeline timeline({Milliseconds(1)});
  timeline.begin(0s, at(wall(1000)));  // no clock yet: 1970
  intake::Capture later = at(wall(noon));
  later.at = TimePoint(Milliseconds(3000));
  const auto began = timeline.begin(2s, later);
  EXPECT_EQ(timeline.wallTime(1, began.ticks), wall(noon));
}

TEST(Timeline, MediaTimesThatLeapAheadOfTheWallClockAreTiedAnew) {
  KeptTimeline timeline({Milliseconds(1)});
  timeline.begin(0s, at(wall(noon)));
  timeline.note(1900);
  const auto began = timeline.begin(26h, at(wall(noon + 2000)));
  EXPECT_EQ(timeline.wallTime(1, began.ticks), wall(noon + 2000));
}

TEST(Timeline, AGapThatTheWallClockSharesIsAGap) {
  KeptTimeline timeline({Milliseconds(1)});
  timeline.begin(0s, at(wall(noon)));
  EXPECT_FALSE(timeline.begin(26h, at(wall(noon) + 26h)).repair);
}

TEST(Timeline, ARecordingsTimesAreItsOwn) {
  KeptTimeline timeline({Milliseconds(1), TimestampSource::automatic, wall(noon), true});
  timeline.begin(5s, at(wall(noon) + 100 * 24h));
  EXPECT_EQ(timeline.epochStart(0), wall(noon));
  const auto began = timeline.begin(5s + 3h, at(wall(noon) + 100 * 24h + 1s));
  EXPECT_FALSE(began.repair) << "a gap in it is a gap, however fast it comes";
  EXPECT_EQ(timeline.wallTime(0, began.ticks), wall(noon) + 3h);
}

TEST(Timeline, ReferenceTimesAreTakenAsTheyAre) {
  KeptTimeline timeline({Milliseconds(1)});
  intake::Capture capture = at(wall(noon + 80));
  capture.reference = wall(noon, 900'000);
  EXPECT_EQ(timeline.wallTime(0, timeline.begin(1000h, capture).ticks), wall(noon));
  capture.reference = wall(noon + 33, 233'333);
  EXPECT_EQ(timeline.wallTime(0, timeline.place(1000h + 33'333'333ns, capture)), wall(noon + 33));
  EXPECT_EQ(timeline.wallTime(0, timeline.place(1000h + 66'666'666ns, at(wall(noon)))), wall(noon + 66))
      << "a frame without one follows from its neighbours";
}

TEST(Timeline, ReferenceTimesThatComeLaterAreTakenUpAtAFragment) {
  KeptTimeline timeline({Milliseconds(1)});
  timeline.begin(0s, at(wall(noon)));
  timeline.note(1900);
  intake::Capture capture = at(wall(noon + 2000));
  capture.reference = wall(noon + 1950);
  EXPECT_EQ(timeline.place(1950ms, capture), 1950) << "not within one";
  const auto began = timeline.begin(2s, capture);
  EXPECT_EQ(timeline.currentEpoch(), 1u);
  EXPECT_EQ(timeline.wallTime(1, began.ticks), wall(noon + 1950));
}

TEST(Timeline, ReferenceTimesThatJumpBackBeginAnEpoch) {
  KeptTimeline timeline({Milliseconds(1), TimestampSource::reference});
  intake::Capture capture = at(wall(noon));
  capture.reference = wall(noon);
  timeline.begin(0s, capture);
  timeline.note(timeline.place(1900ms, at(wall(noon))));
  capture.reference = wall(noon - 60'000);
  const auto began = timeline.begin(2s, capture);
  EXPECT_EQ(timeline.currentEpoch(), 1u);
  EXPECT_EQ(timeline.wallTime(1, began.ticks), wall(noon - 60'000));
}

TEST(Timeline, PresentationTimesSince1970AreWallTimes) {
  KeptTimeline timeline({Milliseconds(1), TimestampSource::pts});
  const Nanoseconds pts = Milliseconds(noon) + 700'000ns;
  const auto began = timeline.begin(pts, at(wall(5)));
  EXPECT_EQ(timeline.wireTimecode(0, began.ticks, true), static_cast<std::uint64_t>(noon));
}

TEST(Timeline, BeforeNineteenSeventyCountsAsIt) {
  KeptTimeline timeline({Milliseconds(1)});
  timeline.begin(0s, at(wall(100), 10s));
  EXPECT_EQ(timeline.wireTimecode(0, 0, true), 0u);
  EXPECT_EQ(timeline.wireTimecode(0, 9'900, true), 0u);
  EXPECT_EQ(timeline.wireTimecode(0, 9'901, true), 1u);
}

TEST(Timeline, AFrameThatIsNotTakenHasATime) {
  intake::Timeline anchored({Milliseconds(1)});
  EXPECT_EQ(anchored.wallOf(5s, at(wall(10'000), 1s)), wall(9'000)) << "when it was captured";
  anchored.begin(5s, at(wall(10'000)));
  EXPECT_EQ(anchored.wallOf(7s, at(wall(60'000))), wall(12'000)) << "where it would stand";
  EXPECT_EQ(anchored.wallOf({}, at(wall(60'000))), wall(60'000));

  intake::Timeline referenced({Milliseconds(1), TimestampSource::reference});
  intake::Capture capture = at(wall(10'000));
  capture.reference = wall(500'000);
  referenced.begin(5s, capture);
  EXPECT_EQ(referenced.wallOf(7s, capture), wall(500'000));
  EXPECT_EQ(referenced.wallOf(7s, at(wall(60'000))), wall(502'000));

  intake::Timeline arriving({Milliseconds(1), TimestampSource::arrival});
  arriving.begin(5s, at(wall(10'000)));
  EXPECT_EQ(arriving.wallOf(7s, at(wall(60'000))), wall(60'000));
}

}  // namespace
}  // namespace kvs::stream
