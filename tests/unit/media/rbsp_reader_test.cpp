// SPDX-License-Identifier: Apache-2.0
#include "media/rbsp_reader.h"

#include <gtest/gtest.h>

#include "support.h"

namespace kvs::media {
namespace {

using test::hex;

struct Reading {
  explicit Reading(std::string_view digits)
      : bytes(hex(digits)), pieces(test::cutToBytes(bytes)), reader(pieces, {0, bytes.size()}) {}
  Bytes bytes;
  std::vector<ByteView> pieces;
  RbspReader reader;
};

TEST(RbspReader, BitsAcrossBytes) {
  Reading in("A5 0F 12345678");
  EXPECT_EQ(in.reader.bits(3), 5u);
  EXPECT_EQ(in.reader.bits(9), 0x50u);
  EXPECT_EQ(in.reader.bits(4), 0xFu);
  EXPECT_EQ(in.reader.bits(32), 0x12345678u);
  EXPECT_FALSE(in.reader.failed());
  EXPECT_EQ(in.reader.bits(1), 0u);
  EXPECT_TRUE(in.reader.failed());
}

TEST(RbspReader, ExpGolombOfTable9_2) {
  Reading in("A6 42 98 E2 04 8A");  // 1 010 011 00100 00101 00110 00111 0001000 0001001 00010 10
  for (std::uint32_t expected = 0; expected <= 8; ++expected)
    EXPECT_EQ(in.reader.ue(), expected);
  Reading in2("A6 42 98 E2 04 8A");
  for (std::int64_t expected : {0, 1, -1, 2, -2, 3, -3, 4, -4})
    EXPECT_EQ(in2.reader.se(), expected);
}

TEST(RbspReader, ExpGolombLimits) {
  Reading largest("00000001 FFFFFFFE");  // 31 zeros, 1, 31 ones: 2^32 - 2
  EXPECT_EQ(largest.reader.ue(), 4294967294u);
  EXPECT_FALSE(largest.reader.failed());
  Reading tooLong("0000000080 00000000");  // 32 zeros
  EXPECT_EQ(tooLong.reader.ue(), 0u);
  EXPECT_TRUE(tooLong.reader.failed());
}

TEST(RbspReader, TakesEmulationPreventionOut) {
  Reading in("000003 01 000003 000003 03");
  EXPECT_EQ(in.reader.bits(24), 0x000001u);
  EXPECT_EQ(in.reader.bits(32), 0u);
  EXPECT_EQ(in.reader.bits(8), 3u);
  EXPECT_FALSE(in.reader.failed());
}

TEST(RbspReader, AThreeBehindOneZeroIsData) {
  Reading in("0003 000003 0003");
  EXPECT_EQ(in.reader.bits(32), 0x00030000u);
  EXPECT_EQ(in.reader.bits(16), 0x0003u);
  EXPECT_FALSE(in.reader.failed());
}

TEST(RbspReader, StopsAtTheUnitsEnd) {
  const Bytes bytes = hex("AABBCCDD");
  const ByteView piece = bytes;
  RbspReader reader(Pieces(&piece, 1), {1, 2});
  EXPECT_EQ(reader.bits(16), 0xBBCCu);
  reader.skipBytes(1);
  EXPECT_TRUE(reader.failed());
}

}  // namespace
}  // namespace kvs::media
