// SPDX-License-Identifier: Apache-2.0
#include "mkv/cluster.h"

#include <gtest/gtest.h>

#include <limits>

#include "base/random.h"
#include "ebml_reader.h"
#include "golden.h"

namespace kvs::mkv {
namespace {

using test::golden;
using test::toHex;

void append(Bytes& out, ByteView bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

TEST(Cluster, HeadByteByByte) {
  EXPECT_EQ(toHex(clusterHead(1'700'000'000'123)), toHex(golden(R"(
    1F43B675 01FFFFFFFFFFFFFF   # Cluster, size unknown
    E7 88 0000018BCFE5687B      # Timecode 1,700,000,000,123, always 8 bytes
  )")));
}

TEST(Cluster, BlockHeadByteByByte) {
  const BlockFlags flags{.key = true, .invisible = true, .discardable = true};
  EXPECT_EQ(toHex(simpleBlockHead(2, 0x0102, flags, 5)), toHex(golden(R"(
    A3 10000009                 # SimpleBlock, 9 bytes, always a size of 4 bytes
    82 0102 89                  # track 2, time 258, key 0x80 + invisible 0x08 + discardable 0x01
  )")));
}

TEST(Cluster, EachFlagHasItsBit) {
  const auto flagsByte = [](BlockFlags flags) {
    return std::to_integer<int>(simpleBlockHead(1, 0, flags, 0)[8]);
  };
  EXPECT_EQ(flagsByte({}), 0);
  EXPECT_EQ(flagsByte({.key = true}), 0x80);
  EXPECT_EQ(flagsByte({.invisible = true}), 0x08);
  EXPECT_EQ(flagsByte({.discardable = true}), 0x01);
}

TEST(Cluster, TheLimitsOfTimeTrackAndSize) {
  EXPECT_EQ(toHex(simpleBlockHead(126, std::numeric_limits<std::int16_t>::max(), {}, maxBlockPayload)),
            "a31ffffffefe7fff00");
  EXPECT_EQ(toHex(simpleBlockHead(1, std::numeric_limits<std::int16_t>::min(), {}, 0)), "a31000000481800000");
  EXPECT_EQ(toHex(clusterHead(std::numeric_limits<std::uint64_t>::max())).substr(24), "e788ffffffffffffffff");
}

TEST(Cluster, WhatIsWrittenReadsBack) {
  Random random(17);
  for (int round = 0; round < 200; ++round) {
    const std::uint64_t timecode = random.next();
    Bytes out;
    append(out, clusterHead(timecode));
    struct Expected {
      std::uint32_t track;
      std::int16_t time;
      BlockFlags flags;
      Bytes payload;
    };
    std::vector<Expected> blocks;
    for (int i = 0; i < 8; ++i) {
      Expected block{static_cast<std::uint32_t>(1 + random.next() % 126),
                     static_cast<std::int16_t>(random.next()),
                     {random.next() % 2 == 0, random.next() % 2 == 0, random.next() % 2 == 0},
                     Bytes(random.next() % 5000)};
      for (std::byte& byte : block.payload)
        byte = static_cast<std::byte>(random.next());
      append(out, simpleBlockHead(block.track, block.time, block.flags, block.payload.size()));
      append(out, block.payload);
      blocks.push_back(std::move(block));
    }
    append(out, clusterHead(timecode + 1));
    const auto clusters = test::parse(out);
    ASSERT_EQ(clusters.size(), 2u);
    ASSERT_EQ(clusters[0].children.size(), 9u);
    EXPECT_EQ(clusters[0].at(0xE7).uint(), timecode);
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      const test::Block block = test::parseBlock(clusters[0].children[i + 1]);
      ASSERT_EQ(block.track, blocks[i].track);
      ASSERT_EQ(block.relativeTime, blocks[i].time);
      ASSERT_EQ((block.flags & 0x80) != 0, blocks[i].flags.key);
      ASSERT_EQ((block.flags & 0x08) != 0, blocks[i].flags.invisible);
      ASSERT_EQ((block.flags & 0x01) != 0, blocks[i].flags.discardable);
      ASSERT_TRUE(std::ranges::equal(block.payload, blocks[i].payload));
    }
  }
}

}  // namespace
}  // namespace kvs::mkv
