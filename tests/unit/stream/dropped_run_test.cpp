// SPDX-License-Identifier: Apache-2.0
#include "intake/dropped_run.h"

#include <gtest/gtest.h>

namespace kvs::stream {
namespace {

using namespace std::chrono_literals;

constexpr WallTime start(1000s);

TEST(DroppedRun, TellsTheFirstAtOnceAndTheRestWhenItIsOver) {
  intake::DroppedRun run;
  EXPECT_FALSE(run.end());
  const auto first = run.add(FrameFate::afterGap, start);
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(first[0].count, 1u);
  EXPECT_EQ(first[0].why, FrameFate::afterGap);
  EXPECT_EQ(first[0].start, start);
  EXPECT_EQ(first[0].end, start);
  // Frames are put in decoding order.
  for (const Nanoseconds at : {2s, 1s, 3s})
    EXPECT_TRUE(run.add(FrameFate::afterGap, start + at).empty());
  const auto rest = run.end();
  ASSERT_TRUE(rest);
  EXPECT_EQ(rest->count, 3u);
  EXPECT_EQ(rest->start, start + 1s);
  EXPECT_EQ(rest->end, start + 3s);
  EXPECT_FALSE(run.end());
}

TEST(DroppedRun, OneFrameIsTold) {
  intake::DroppedRun run;
  EXPECT_EQ(run.add(FrameFate::late, start).size(), 1u);
  EXPECT_FALSE(run.end());
  EXPECT_EQ(run.add(FrameFate::late, start + 1s).size(), 1u) << "another run";
}

TEST(DroppedRun, AnotherReasonIsAnotherRun) {
  intake::DroppedRun run;
  run.add(FrameFate::noRoom, start);
  run.add(FrameFate::noRoom, start + 1s);
  const auto told = run.add(FrameFate::afterGap, start + 2s);
  ASSERT_EQ(told.size(), 2u);
  EXPECT_EQ(told[0].why, FrameFate::noRoom);
  EXPECT_EQ(told[0].count, 1u);
  EXPECT_EQ(told[0].end, start + 1s);
  EXPECT_EQ(told[1].why, FrameFate::afterGap);
  EXPECT_EQ(told[1].count, 1u);
}

}  // namespace
}  // namespace kvs::stream
