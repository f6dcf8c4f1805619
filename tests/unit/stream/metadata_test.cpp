// SPDX-License-Identifier: Apache-2.0
#include "intake/metadata.h"

#include <gtest/gtest.h>

namespace kvs::stream {
namespace {

TEST(PendingMetadata, OnceOnlyTagsGoWithOneFragment) {
  intake::PendingMetadata metadata;
  ASSERT_TRUE(metadata.put({"a", "1"}, false));
  ASSERT_TRUE(metadata.put({"a", "2"}, false));
  EXPECT_EQ(metadata.take(), (std::vector<TagGroup>{{{"a", "1"}}, {{"a", "2"}}}));
  EXPECT_TRUE(metadata.take().empty());
}

TEST(PendingMetadata, PersistentOnesGoWithEachUntilReplacedOrCancelled) {
  intake::PendingMetadata metadata;
  ASSERT_TRUE(metadata.put({"place", "door"}, true));
  EXPECT_EQ(metadata.take(), (std::vector<TagGroup>{{{"place", "door"}}}));
  ASSERT_TRUE(metadata.put({"place", "yard"}, true));
  EXPECT_EQ(metadata.take(), (std::vector<TagGroup>{{{"place", "yard"}}}));
  EXPECT_EQ(metadata.take(), (std::vector<TagGroup>{{{"place", "yard"}}}));
  ASSERT_TRUE(metadata.put({"place", ""}, true));
  EXPECT_TRUE(metadata.take().empty());
  EXPECT_TRUE(metadata.put({"place", ""}, true)) << "cancelling what is not there is no error";
}

TEST(PendingMetadata, TenAtMostOverBothKinds) {
  intake::PendingMetadata metadata;
  for (int i = 0; i < 6; ++i)
    ASSERT_TRUE(metadata.put({"p" + std::to_string(i), "v"}, true));
  for (int i = 0; i < 4; ++i)
    ASSERT_TRUE(metadata.put({"o", "v"}, false));
  const auto once = metadata.put({"o", "v"}, false);
  const auto persistent = metadata.put({"p6", "v"}, true);
  ASSERT_FALSE(once);
  ASSERT_FALSE(persistent);
  EXPECT_EQ(once.error().code, StatusCode::maxFragmentMetadataCount);
  EXPECT_TRUE(metadata.put({"p0", "w"}, true)) << "a new value is no new item";
  EXPECT_EQ(metadata.take().size(), 10u);
  EXPECT_TRUE(metadata.put({"p6", "v"}, true)) << "the once-only ones are spent";
}

using Groups = std::vector<TagGroup>;
using Names = std::vector<std::string>;

TEST(PendingMetadata, WhatNoFragmentFollowsGoesIntoTheLastOnesTail) {
  intake::PendingMetadata metadata;
  ASSERT_TRUE(metadata.put({"place", "door"}, true));
  ASSERT_TRUE(metadata.put({"same", "1"}, true));
  metadata.take();
  EXPECT_TRUE(metadata.tail().empty());
  ASSERT_TRUE(metadata.put({"place", "yard"}, true));
  ASSERT_TRUE(metadata.put({"same", "1"}, true));
  ASSERT_TRUE(metadata.put({"new", "2"}, true));
  ASSERT_TRUE(metadata.put({"once", "3"}, false));
  EXPECT_EQ(metadata.leave(true), Names());
  EXPECT_EQ(metadata.tail(), Groups({{{"new", "2"}}, {{"place", "yard"}}, {{"once", "3"}}}));
  EXPECT_EQ(metadata.take(), Groups({{{"new", "2"}}, {{"place", "yard"}}, {{"same", "1"}}}))
      << "persistent ones go on";
  EXPECT_TRUE(metadata.tail().empty()) << "that is another fragment";
}

TEST(PendingMetadata, BehindAnEventInTheSameTail) {
  intake::PendingMetadata metadata;
  ASSERT_TRUE(metadata.putEvent({}, true));
  ASSERT_TRUE(metadata.put({"once", "1"}, false));
  EXPECT_EQ(metadata.leave(true), Names());
  EXPECT_EQ(metadata.tail(), Groups({{{"AWS_KINESISVIDEO_NOTIFICATION", ""}}, {{"once", "1"}}}));
}

TEST(PendingMetadata, WhatTheLastFragmentHasNoRoomForIsNamedOnceAndWaits) {
  intake::PendingMetadata metadata;
  for (int i = 0; i < 8; ++i)
    ASSERT_TRUE(metadata.put({"h" + std::to_string(i), "v"}, false));
  EXPECT_EQ(metadata.take().size(), 8u);
  for (const char* name : {"a", "b", "c", "d"})
    ASSERT_TRUE(metadata.put({name, "v"}, false));
  EXPECT_EQ(metadata.leave(true), Names({"c", "d"}));
  EXPECT_EQ(metadata.tail(), Groups({{{"a", "v"}}, {{"b", "v"}}}));
  EXPECT_EQ(metadata.leave(true), Names()) << "said already";
  EXPECT_EQ(metadata.take(), Groups({{{"c", "v"}}, {{"d", "v"}}}));
}

TEST(PendingMetadata, WithoutAFragmentAllThatWaitsIsNamed) {
  intake::PendingMetadata metadata;
  ASSERT_TRUE(metadata.put({"p", "v"}, true));
  ASSERT_TRUE(metadata.put({"gone", "v"}, true));
  ASSERT_TRUE(metadata.put({"gone", ""}, true));
  ASSERT_TRUE(metadata.put({"o", "v"}, false));
  ASSERT_TRUE(metadata.putEvent({}, false));
  EXPECT_EQ(metadata.leave(false), Names({"p", "o", "AWS_KINESISVIDEO_NOTIFICATION"}));
  ASSERT_TRUE(metadata.put({"later", "v"}, false));
  EXPECT_FALSE(metadata.leave(false).empty()) << "there is more than was said";
}

TEST(PendingMetadata, AnEventThatFoundNoFragmentOpenGoesIntoTheTailWhereItMay) {
  intake::PendingMetadata metadata;
  ASSERT_TRUE(metadata.putEvent({}, false));
  EXPECT_EQ(metadata.leave(true), Names());
  ASSERT_TRUE(metadata.putEvent({}, false));
  EXPECT_EQ(metadata.leave(true).size(), 1u) << "one of each type in a fragment";
  EXPECT_EQ(metadata.tail().size(), 1u);
}

TEST(PendingMetadata, WhatTheServiceDoesNotTakeIsRefused) {
  intake::PendingMetadata metadata;
  EXPECT_EQ(metadata.put({"AWS_X", "v"}, false).error().code, StatusCode::invalidMetadataName);
  EXPECT_EQ(metadata.put({"", "v"}, false).error().code, StatusCode::invalidMetadataKeyLength);
  EXPECT_EQ(metadata.put({std::string(129, 'n'), "v"}, true).error().code,
            StatusCode::invalidMetadataKeyLength);
  EXPECT_EQ(metadata.put({"n", std::string(257, 'v')}, true).error().code,
            StatusCode::invalidMetadataValueLength);
  EXPECT_FALSE(metadata.put({"n", ""}, false));
  EXPECT_TRUE(metadata.take().empty());
}

}  // namespace
}  // namespace kvs::stream
