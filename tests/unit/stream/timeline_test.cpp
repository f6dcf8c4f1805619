// SPDX-License-Identifier: Apache-2.0
// Media time, ticks, epochs and what stands on the wire.
#include "stream/timeline.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace kvs::stream {
namespace {

using namespace std::chrono_literals;

WallTime wall(std::int64_t ms, std::int64_t ns = 0) {
  return WallTime(Milliseconds(ms) + Nanoseconds(ns));
}

media::Frame frameAt(std::optional<Nanoseconds> pts, Nanoseconds duration = {},
                     std::optional<Nanoseconds> dts = {}) {
  media::Frame frame;
  frame.pts = pts;
  frame.dts = dts;
  frame.duration = duration;
  return frame;
}

TEST(Timeline, RoundsDownAlsoBelowZero) {
  const Timeline ms(Milliseconds(1));
  EXPECT_EQ(ms.ticksOf(0ns), 0);
  EXPECT_EQ(ms.ticksOf(999'999ns), 0);
  EXPECT_EQ(ms.ticksOf(1ms), 1);
  EXPECT_EQ(ms.ticksOf(-1ns), -1);
  EXPECT_EQ(ms.ticksOf(-1ms), -1);
  EXPECT_EQ(ms.ticksOf(-1ms - 1ns), -2);
  const Timeline coarse(Milliseconds(40));
  EXPECT_EQ(coarse.ticksOf(39ms), 0);
  EXPECT_EQ(coarse.ticksOf(-1ms), -1);
  EXPECT_EQ(coarse.ticksOf(-40ms), -1);
  EXPECT_EQ(coarse.ticksOf(-41ms), -2);
}

TEST(Timeline, TakesAThousandHoursAndMore) {
  const Timeline ms(Milliseconds(1));
  EXPECT_EQ(ms.ticksOf(1000h), 3'600'000'000);
  const Nanoseconds tenYears = 10 * 365 * 24h;
  EXPECT_EQ(ms.timeOf(ms.ticksOf(tenYears)), tenYears);
}

TEST(Timeline, TicksNeverRunAheadOfTime) {
  Random random(4);
  for (const int scale : {1, 2, 3, 7, 10, 33, 100, 1000}) {
    const Timeline timeline{Milliseconds(scale)};
    for (int i = 0; i < 1000; ++i) {
      const Nanoseconds time(static_cast<std::int64_t>(random.next()) >> 4);
      const Ticks ticks = timeline.ticksOf(time);
      ASSERT_LE(timeline.timeOf(ticks), time);
      ASSERT_LT(time, timeline.timeOf(ticks + 1));
    }
  }
}

TEST(Timeline, AFrameKeepsItsTime) {
  const Timeline timeline(Milliseconds(1));
  TrackClock track;
  const Placed placed = timeline.place(frameAt(1000h + 33ms, 40ms), track);
  EXPECT_EQ(placed.pts, 1000h + 33ms);
  EXPECT_EQ(placed.ticks, 3'600'000'033);
  EXPECT_EQ(placed.duration, 40ms);
  EXPECT_FALSE(placed.repaired);
}

TEST(Timeline, AMissingTimeFollowsItsNeighbour) {
  const Timeline timeline(Milliseconds(1));
  TrackClock track;
  timeline.place(frameAt(1s, 40ms), track);
  const Placed second = timeline.place(frameAt({}), track);
  EXPECT_EQ(second.pts, 1040ms);
  EXPECT_TRUE(second.repaired);
  EXPECT_EQ(timeline.place(frameAt({}), track).pts, 1080ms);
}

TEST(Timeline, AMissingTimeFollowsTheMeasuredDistance) {
  const Timeline timeline(Milliseconds(1));
  TrackClock track;
  timeline.place(frameAt(1s), track);
  timeline.place(frameAt(1020ms), track);
  EXPECT_EQ(timeline.place(frameAt({}), track).pts, 1040ms);
}

TEST(Timeline, AFirstFrameWithoutPtsTakesItsDts) {
  const Timeline timeline(Milliseconds(1));
  TrackClock track;
  EXPECT_EQ(timeline.place(frameAt({}, {}, 5s), track).pts, 5s);
  TrackClock other;
  EXPECT_EQ(timeline.place(frameAt({}), other).pts, 0s);
}

class TimelineScales : public testing::TestWithParam<int> {
 protected:
  Timeline timeline{Milliseconds(GetParam())};
};

TEST_P(TimelineScales, TheAnchorIsAMultipleOfTheScale) {
  const WallTime now = wall(1'700'000'000'987, 654'321);
  timeline.anchor(now, 120ms, timeline.ticksOf(1000h));
  const WallTime start = timeline.epochStart(0);
  EXPECT_EQ(start.time_since_epoch() % Milliseconds(GetParam()), 0ns);
  EXPECT_LE(start, now - 120ms);
  EXPECT_GT(start, now - 120ms - Milliseconds(GetParam()));
}

TEST_P(TimelineScales, AbsoluteWireTimesAreTheWallClocks) {
  timeline.anchor(wall(1'700'000'000'000), 0s, 500);
  const WallTime start = timeline.epochStart(0);
  for (const Ticks ticks : {Ticks{500}, Ticks{501}, Ticks{99'999}}) {
    const auto wire = static_cast<std::int64_t>(timeline.wireTimecode(0, ticks, true));
    EXPECT_EQ(WallTime(wire * Milliseconds(GetParam())), start + (ticks - 500) * Milliseconds(GetParam()));
    EXPECT_EQ(timeline.wallTime(0, ticks), start + (ticks - 500) * Milliseconds(GetParam()));
  }
}

TEST_P(TimelineScales, RelativeWireTimesCountFromTheEpochsStart) {
  timeline.anchor(wall(1'700'000'000'000), 0s, -7);
  EXPECT_EQ(timeline.wireTimecode(0, -7, false), 0u);
  EXPECT_EQ(timeline.wireTimecode(0, 93, false), 100u);
}

INSTANTIATE_TEST_SUITE_P(Scales, TimelineScales, testing::Values(1, 2, 7, 33, 100, 1000));

TEST(Timeline, ALaterEpochRisesAboveTheOneBefore) {
  Timeline timeline(Milliseconds(1));
  timeline.anchor(wall(1'000'000), 0s, 0);
  // The wall clock has been set back by an hour, and media time began anew.
  const WallTime last = timeline.wallTime(0, 50'000);
  timeline.anchor(wall(1'000'000 - 3'600'000), 0s, 10, last + 1ms);
  EXPECT_EQ(timeline.currentEpoch(), 1u);
  EXPECT_EQ(timeline.epochStart(1), last + 1ms);
  EXPECT_GT(timeline.wireTimecode(1, 10, true), timeline.wireTimecode(0, 50'000, true));
  EXPECT_EQ(timeline.wireTimecode(1, 10, false), 0u);
  // Nothing of the first epoch has moved: a resend has the same times.
  EXPECT_EQ(timeline.wireTimecode(0, 50'000, true), 1'050'000u);
}

TEST(Timeline, ACoarseScaleNeverLetsAnEpochBeginTooEarly) {
  Timeline timeline(Milliseconds(100));
  timeline.anchor(wall(1'000'000), 0s, 0);
  const WallTime notBefore = timeline.wallTime(0, 7);
  timeline.anchor(wall(5), 0s, 0, notBefore);
  EXPECT_GE(timeline.epochStart(1), notBefore);
}

TEST(Timeline, BeforeNineteenSeventyCountsAsIt) {
  Timeline timeline(Milliseconds(1));
  timeline.anchor(wall(100), 10s, 0);
  EXPECT_EQ(timeline.wireTimecode(0, 0, true), 0u);
  EXPECT_EQ(timeline.wireTimecode(0, 9'900, true), 0u);
  EXPECT_EQ(timeline.wireTimecode(0, 9'901, true), 1u);
}

}  // namespace
}  // namespace kvs::stream
