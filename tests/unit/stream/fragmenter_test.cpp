// SPDX-License-Identifier: Apache-2.0
#include "intake/fragmenter.h"

#include <gtest/gtest.h>

namespace kvs::stream {
namespace {

using namespace std::chrono_literals;

class FragmenterTest : public testing::Test {
 protected:
  FragmenterTest() {
    open.firstTicks = open.lastTicks = 1000;
    open.bytes = 5000;
  }
  intake::Placement place(intake::Ticks ticks, bool key, bool mayHaveLeading = false) {
    open.lastTicks = std::max(open.lastTicks, ticks - 40);
    intake::Fragmenter fragmenter(config, scale);
    return fragmenter.place(&open, {ticks, Milliseconds(40), 100, key, mayHaveLeading}, true);
  }
  intake::FragmenterConfig config;
  Milliseconds scale{1};
  store::Fragment open;
};

TEST_F(FragmenterTest, OnlyAKeyFrameBegins) {
  intake::Fragmenter fragmenter(config, scale);
  EXPECT_EQ(fragmenter.place(nullptr, {.key = true}, true), intake::Placement::open);
  EXPECT_EQ(fragmenter.place(nullptr, {}, true), intake::Placement::skip);
}

TEST_F(FragmenterTest, AKeyFrameBeginsTheNextAfterASecond) {
  EXPECT_EQ(place(3000, true), intake::Placement::open);
  EXPECT_EQ(place(2000, true), intake::Placement::open);
  EXPECT_EQ(place(1960, true), intake::Placement::open) << "less a frame: 24 frames of 40 ms end at 960";
  EXPECT_EQ(place(1959, true), intake::Placement::append) << "shorter groups are merged";
  EXPECT_EQ(place(1000, true), intake::Placement::append);
}

TEST_F(FragmenterTest, WithoutKeyFrameFragmentationOnlyAfterItsDuration) {
  config.enough = 5s;
  EXPECT_EQ(place(5999, true), intake::Placement::append);
  EXPECT_EQ(place(6000, true), intake::Placement::open);
}

TEST_F(FragmenterTest, AFragmentEndsBeforeAGroupThatWouldPassTheServicesLimit) {
  config.enough = 20s;
  intake::Fragmenter fragmenter(config, scale);
  for (intake::Ticks start = 4000; start < 19'000; start += 3000) {
    EXPECT_EQ(fragmenter.place(&open, {start, Milliseconds(40), 100, true, false}, true),
              intake::Placement::append)
        << start;
  }
  EXPECT_EQ(fragmenter.place(&open, {19'000, Milliseconds(40), 100, true, false}, true),
            intake::Placement::open)
      << "groups of 3 s: the next one would end at 21 s";
}

TEST_F(FragmenterTest, StreamsWithoutVideoGoByTheClock) {
  config.withoutVideo = 3s;
  intake::Fragmenter fragmenter(config, scale);
  EXPECT_EQ(fragmenter.place(&open, {3999, Milliseconds(20), 100, true, false}, false),
            intake::Placement::append);
  EXPECT_EQ(fragmenter.place(&open, {4000, Milliseconds(20), 100, true, false}, false),
            intake::Placement::open);
}

TEST_F(FragmenterTest, DeltaFramesStayUpToTheServicesLimit) {
  EXPECT_EQ(place(1000, false), intake::Placement::append);
  EXPECT_EQ(place(1000 + 19'960, false), intake::Placement::append) << "it ends at 20 s";
  EXPECT_EQ(place(1000 + 19'961, false), intake::Placement::tooLong);
  EXPECT_EQ(place(1000 + 19'961, true), intake::Placement::open);
}

TEST_F(FragmenterTest, BytesAreLimitedToo) {
  open.bytes = config.maximumBytes - 100;
  EXPECT_EQ(place(1100, false), intake::Placement::append);
  open.bytes += 1;
  EXPECT_EQ(place(1100, false), intake::Placement::tooLong);
  EXPECT_EQ(place(1100, true), intake::Placement::open) << "even within the first second";
}

TEST_F(FragmenterTest, ATimeThatCannotBeSaidEndsTheGroup) {
  EXPECT_EQ(place(999, false), intake::Placement::endGroup) << "no block has a negative relative time";
  intake::Fragmenter fragmenter(config, scale);
  open.lastTicks = 2000;
  EXPECT_EQ(fragmenter.place(&open, {50'000, Milliseconds(40), 1, false, false}, true),
            intake::Placement::endGroup)
      << "a jump";
}

TEST_F(FragmenterTest, AKeyFrameThatStepsBackBegins) {
  EXPECT_EQ(place(500, true), intake::Placement::open);
}

TEST_F(FragmenterTest, ScaleCountsForTheMinimum) {
  scale = 100ms;
  EXPECT_EQ(place(1000 + 9, true), intake::Placement::append);
  EXPECT_EQ(place(1000 + 10, true), intake::Placement::open);
}

TEST_F(FragmenterTest, OfflineFragmentsGrowAtKeyFrames) {
  config.enough = Seconds(10);
  EXPECT_EQ(place(1000 + 9999, true), intake::Placement::append);
  EXPECT_EQ(place(1000 + 10000, true), intake::Placement::open);
  open.bytes = config.enoughBytes;
  EXPECT_EQ(place(1000 + 2000, true), intake::Placement::open) << "40 MB are enough";
  EXPECT_EQ(place(1000 + 500, true), intake::Placement::append) << "but never under a second";
}

TEST_F(FragmenterTest, AKeyFrameIsWantedBeforeTheLimits) {
  const intake::Fragmenter fragmenter(config, scale);
  open.duration = 14s;
  EXPECT_FALSE(fragmenter.wantsKeyFrame(open));
  open.duration = 15s;
  EXPECT_TRUE(fragmenter.wantsKeyFrame(open));
  open.duration = 1s;
  open.bytes = 40'000'000;
  EXPECT_TRUE(fragmenter.wantsKeyFrame(open));
}

class OpenGroups : public FragmenterTest {
 protected:
  /// A key frame every two seconds, as a fragmenter with a memory sees it.
  intake::Placement next(bool mayHaveLeading) {
    ticks += 2000;
    const intake::FrameToPlace frame{ticks, Milliseconds(40), 100, true, mayHaveLeading};
    const intake::Placement placement = fragmenter.place(any ? &open : nullptr, frame, true);
    any = true;
    if (placement == intake::Placement::open) open.firstTicks = ticks;
    open.lastTicks = ticks + 1960;
    return placement;
  }
  intake::Fragmenter fragmenter{config, scale};
  intake::Ticks ticks = 0;
  bool any = false;
};

TEST_F(OpenGroups, BeginFragmentsWhereNoClosedOnesCome) {
  EXPECT_EQ(next(false), intake::Placement::open);
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(next(true), intake::Placement::open);
}

TEST_F(OpenGroups, DoNotWhereClosedOnesComeWithinTheLimits) {
  next(false);
  next(true);
  EXPECT_EQ(next(false), intake::Placement::open) << "the distance is known from here on";
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(next(true), intake::Placement::append);
    EXPECT_EQ(next(false), intake::Placement::open);
  }
  next(true);
  next(true);
  next(true);
  EXPECT_EQ(next(true), intake::Placement::open) << "none came when it was due";
}

TEST_F(OpenGroups, BeginWhereClosedOnesAreTooRare) {
  next(false);
  for (int i = 0; i < 9; ++i)
    next(true);
  next(false);
  EXPECT_EQ(next(true), intake::Placement::open);
}

}  // namespace
}  // namespace kvs::stream
