// SPDX-License-Identifier: Apache-2.0
// What a frame's times lack, and what in them cannot stand.
#include "intake/track_clock.h"

#include <gtest/gtest.h>

namespace kvs::stream {
namespace {

using namespace std::chrono_literals;
using Kind = TimeRepair::Kind;
using Time = std::optional<Nanoseconds>;

class VideoClock : public testing::Test {
 protected:
  intake::TrackClock clock{true};
};
class AudioClock : public testing::Test {
 protected:
  intake::TrackClock clock{false};
};

TEST_F(VideoClock, WhatIsThereStays) {
  const intake::FrameTimes times = clock.place(Time(1000h + 33ms), Time(1000h), 40ms);
  EXPECT_EQ(times.pts, 1000h + 33ms);
  EXPECT_EQ(times.dts, 1000h);
  EXPECT_EQ(times.duration, 40ms);
  EXPECT_TRUE(times.saysDts);
  EXPECT_FALSE(times.repair);
}

TEST_F(VideoClock, AMissingTimeFollowsItsNeighbour) {
  clock.place(1s, {}, 40ms);
  const intake::FrameTimes second = clock.place({}, {}, 0s);
  EXPECT_EQ(second.pts, 1040ms);
  EXPECT_EQ(second.repair, Kind::missing);
  EXPECT_EQ(clock.place({}, {}, 0s).pts, 1080ms);
}

TEST_F(VideoClock, AMissingTimeFollowsTheMeasuredDistance) {
  clock.place(1s, {}, 0s);
  clock.place(1020ms, {}, 0s);
  EXPECT_EQ(clock.place({}, {}, 0s).pts, 1040ms);
}

TEST_F(VideoClock, AMissingTimeFollowsTheRateThatIsKnown) {
  clock.setFrameDuration(50ms);
  EXPECT_EQ(clock.place({}, {}, 0s).pts, 0s);
  EXPECT_EQ(clock.place({}, {}, 0s).pts, 50ms);
}

TEST_F(VideoClock, AMissingPresentationTimeFollowsTheDecodingTime) {
  EXPECT_EQ(clock.place({}, Time(5s), 40ms).pts, 5s);
  clock.place(Time(5120ms), Time(5040ms), 40ms);
  EXPECT_EQ(clock.place({}, Time(5080ms), 40ms).pts, 5160ms);
}

TEST_F(VideoClock, PicturesShownEarlierThanDecodedAreNoFault) {
  clock.place(Time(100ms), Time(0ms), 33ms);
  EXPECT_FALSE(clock.place(Time(233ms), Time(33ms), 33ms).repair);
  EXPECT_FALSE(clock.place(Time(166ms), Time(66ms), 33ms).repair);
  intake::TrackClock unknown{true};
  unknown.place(100ms, {}, 33ms);
  unknown.place(233ms, {}, 33ms);
  const intake::FrameTimes back = unknown.place(166ms, {}, 33ms);
  EXPECT_FALSE(back.repair);
  EXPECT_EQ(back.dts, 233ms) << "decoded no earlier than the one before";
}

TEST_F(VideoClock, TheSameTimeTwiceIsNudged) {
  clock.place(1s, {}, 40ms);
  const intake::FrameTimes twice = clock.place(1s, {}, 40ms);
  EXPECT_EQ(twice.repair, Kind::nudged);
  EXPECT_EQ(twice.pts, 1001ms);
  EXPECT_EQ(twice.movedBy, 1ms);
}

TEST_F(VideoClock, AClockThatSlipsBackMovesBothTimes) {
  clock.place(Time(2000ms), Time(2000ms), 40ms);
  const intake::FrameTimes slipped = clock.place(Time(1800ms), Time(1760ms), 40ms);
  EXPECT_EQ(slipped.repair, Kind::nudged);
  EXPECT_EQ(slipped.dts, 2000ms);
  EXPECT_EQ(slipped.pts, 2040ms);
}

TEST_F(VideoClock, AJumpIsLeftToTheTimeline) {
  clock.place(Time(100s), Time(100s), 40ms);
  const intake::FrameTimes jumped = clock.place(Time(5s), Time(5s), 40ms);
  EXPECT_EQ(jumped.pts, 5s);
  EXPECT_EQ(jumped.dts, 5s);
  EXPECT_FALSE(jumped.repair);
}

TEST_F(AudioClock, NeverGoesBackALittle) {
  clock.place(1s, {}, 20ms);
  const intake::FrameTimes back = clock.place(990ms, {}, 20ms);
  EXPECT_EQ(back.pts, 1001ms);
  EXPECT_EQ(back.repair, Kind::nudged);
  EXPECT_EQ(clock.place(1010ms, {}, 20ms).pts, 1010ms) << "and goes on as it should";
}

TEST_F(AudioClock, ShortFramesAreNudgedLess) {
  clock.place(1s, {}, 500us);
  EXPECT_EQ(clock.place(1s, {}, 500us).pts, 1s + 250us);
}

TEST_F(AudioClock, AJumpIsLeftToTheTimeline) {
  clock.place(100s, {}, 20ms);
  EXPECT_EQ(clock.place(98s, {}, 20ms).pts, 98s);
}

}  // namespace
}  // namespace kvs::stream
