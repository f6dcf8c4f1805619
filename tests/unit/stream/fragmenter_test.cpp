// SPDX-License-Identifier: Apache-2.0
#include "stream/fragmenter.h"

#include <gtest/gtest.h>

namespace kvs::stream {
namespace {

constexpr Milliseconds oneMs{1};

class Fragmenter : public testing::Test {
 protected:
  Fragmenter() {
    open.firstTicks = 1000;
    open.bytes = 5000;
  }
  Placement place(Ticks ticks, bool key, Milliseconds scale = oneMs) const {
    Placed placed;
    placed.ticks = ticks;
    placed.duration = Milliseconds(40);
    return placeFrame(config, &open, placed, key, scale);
  }
  FragmenterConfig config;
  store::Fragment open;
};

TEST_F(Fragmenter, OnlyAKeyFrameBegins) {
  EXPECT_EQ(placeFrame(config, nullptr, {}, true, oneMs), Placement::open);
  EXPECT_EQ(placeFrame(config, nullptr, {}, false, oneMs), Placement::skip);
}

TEST_F(Fragmenter, AKeyFrameBeginsTheNextAfterASecond) {
  EXPECT_EQ(place(3000, true), Placement::open);
  EXPECT_EQ(place(2000, true), Placement::open);
  EXPECT_EQ(place(1960, true), Placement::open) << "less a frame: 24 frames of 40 ms end at 960";
  EXPECT_EQ(place(1959, true), Placement::append) << "shorter groups are merged";
  EXPECT_EQ(place(1000, true), Placement::append);
}

TEST_F(Fragmenter, DeltaFramesStay) {
  EXPECT_EQ(place(1000, false), Placement::append);
  EXPECT_EQ(place(1000 + 32767, false), Placement::append);
}

TEST_F(Fragmenter, TheSixteenBitRangeIsGuarded) {
  EXPECT_EQ(place(1000 + 32768, false), Placement::endGroup);
  EXPECT_EQ(place(999, false), Placement::endGroup) << "no block has a negative relative time";
  EXPECT_EQ(place(1000 + 32768, true), Placement::open);
}

TEST_F(Fragmenter, AKeyFrameThatStepsBackBegins) {
  EXPECT_EQ(place(500, true), Placement::open);
}

TEST_F(Fragmenter, ScaleCountsForTheMinimum) {
  EXPECT_EQ(place(1000 + 9, true, Milliseconds(100)), Placement::append);
  EXPECT_EQ(place(1000 + 10, true, Milliseconds(100)), Placement::open);
}

TEST_F(Fragmenter, OfflineFragmentsGrowAtKeyFrames) {
  config.offlineDuration = Seconds(10);
  EXPECT_EQ(place(1000 + 9999, true), Placement::append);
  EXPECT_EQ(place(1000 + 10000, true), Placement::open);
  open.bytes = config.offlineBytes;
  EXPECT_EQ(place(1000 + 2000, true), Placement::open) << "40 MB are enough";
  EXPECT_EQ(place(1000 + 500, true), Placement::append) << "but never under a second";
}

}  // namespace
}  // namespace kvs::stream
