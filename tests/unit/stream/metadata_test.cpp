// SPDX-License-Identifier: Apache-2.0
#include "stream/metadata.h"

#include <gtest/gtest.h>

namespace kvs::stream {
namespace {

TEST(PendingMetadata, OnceOnlyTagsGoWithOneFragment) {
  PendingMetadata metadata;
  ASSERT_TRUE(metadata.put({"a", "1"}, false));
  ASSERT_TRUE(metadata.put({"a", "2"}, false));
  EXPECT_EQ(metadata.take(), (std::vector<TagGroup>{{{"a", "1"}}, {{"a", "2"}}}));
  EXPECT_TRUE(metadata.take().empty());
}

TEST(PendingMetadata, PersistentOnesGoWithEachUntilReplacedOrCancelled) {
  PendingMetadata metadata;
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
  PendingMetadata metadata;
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

TEST(PendingMetadata, WhatTheServiceDoesNotTakeIsRefused) {
  PendingMetadata metadata;
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
