// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "media/h264.h"
#include "support.h"

namespace kvs::media {
namespace {

using test::hex;
using Units = std::vector<NalUnit>;

H264AccessUnit inspect(std::string_view annexB) {
  const Bytes bytes = hex(annexB);
  const auto pieces = test::cutToBytes(bytes);
  Units units;
  EXPECT_TRUE(findNalUnits(pieces, {}, units));
  return inspectH264(pieces, units);
}

TEST(H264AccessUnit, TellsTheUnitsApart) {
  const auto all = inspect("000001 0910 000001 6742 000001 68EB 000001 0605 01 FF 80 000001 6588");
  EXPECT_TRUE(all.hasDelimiter && all.hasSps && all.hasPps && all.hasSei && all.hasSlice && all.idr);
  EXPECT_FALSE(all.recoveryPoint);
  EXPECT_TRUE(all.key());
  const auto delta = inspect("000001 0930 000001 419A");
  EXPECT_TRUE(delta.hasSlice);
  EXPECT_FALSE(delta.key());
  const auto header = inspect("000001 6742 000001 68EB");
  EXPECT_FALSE(header.hasSlice);
}

TEST(H264AccessUnit, EverySliceTypeIsASlice) {
  for (const char* unit : {"000001 4188", "000001 4288", "000001 4388", "000001 4488", "000001 6588"}) {
    EXPECT_TRUE(inspect(unit).hasSlice) << unit;
  }
  for (const char* unit : {"000001 0C FFFF80", "000001 0A", "000001 0B", "000001 6D88", "000001 7388"}) {
    EXPECT_FALSE(inspect(unit).hasSlice) << unit;
  }
}

TEST(H264AccessUnit, FindsTheRecoveryPoint) {
  EXPECT_TRUE(inspect("000001 0606 01C4 80 000001 419A").key());
  EXPECT_EQ(inspect("000001 0606 01C4 80").recoveryFrameCount, 0u);
  EXPECT_EQ(inspect("000001 0606 0171 80").recoveryFrameCount, 2u);
}

TEST(H264AccessUnit, FindsItBehindOtherMessagesAndThroughEmulationPrevention) {
  // user data (5) of 3 bytes 00 00 01, written 00 00 03 01; then the recovery point
  EXPECT_TRUE(inspect("000001 06 05 03 00000301 06 01 C4 80").recoveryPoint);
  // a type and a size written with 0xFF: type 255 + 4, 255 + 1 bytes of AA
  std::string longOne = "000001 06 FF04 FF01";
  for (int i = 0; i < 256; ++i)
    longOne += "AA";
  EXPECT_TRUE(inspect(longOne + "06 01 C4 80").recoveryPoint);
  EXPECT_FALSE(inspect(longOne + "80").recoveryPoint);
}

TEST(H264AccessUnit, ADamagedMessageIsNone) {
  EXPECT_FALSE(inspect("000001 06 06").recoveryPoint);
  EXPECT_FALSE(inspect("000001 06 06 01").recoveryPoint);
  EXPECT_FALSE(inspect("000001 06 06 00 80").recoveryPoint);
  EXPECT_FALSE(inspect("000001 06 05 FF").recoveryPoint);
  EXPECT_FALSE(inspect("000001 06 FF FF FF").recoveryPoint);
  // 0x00 0x00 0x80...: a count of 2^16 and more
  EXPECT_FALSE(inspect("000001 06 06 05 0000800080 80").recoveryPoint);
}

/// Which of these units begin an access unit.
std::string starts(std::string_view annexB) {
  const Bytes bytes = hex(annexB);
  const ByteView piece = bytes;
  Units units;
  EXPECT_TRUE(findNalUnits(Pieces(&piece, 1), {}, units));
  H264UnitState state;
  std::string out;
  for (const NalUnit& unit : units)
    out += startsAccessUnit(Pieces(&piece, 1), unit, state) ? 'S' : '.';
  return out;
}

TEST(H264AccessUnit, UnitsAheadOfThePictureBeginItOnce) {
  EXPECT_EQ(starts("000001 0910 000001 6742 000001 68EB 000001 0605 000001 6588"), "S....");
  EXPECT_EQ(starts("000001 6588 000001 0910 000001 4188"), "SS.");
  for (const char* unit : {"0605", "6742", "68EB", "0910", "6F42", "7242"}) {
    EXPECT_EQ(starts("000001 6588 000001 " + std::string(unit) + "000001 4188"), "SS.") << unit;
  }
}

TEST(H264AccessUnit, FillerEndsPrefixesAndPartitionsBeginNothing) {
  for (const char* unit : {"0CFF80", "0A", "0B", "4388", "4488", "6E00", "7388"}) {
    EXPECT_EQ(starts("000001 6588 000001 " + std::string(unit)), "S.") << unit;
  }
}

TEST(H264AccessUnit, ASliceOfTheFirstMacroblockBeginsAPicture) {
  EXPECT_EQ(starts("000001 6588 000001 6548 000001 4188 000001 4148"), "S.S.");
  EXPECT_EQ(starts("000001 4288 000001 4388 000001 4288"), "S.S");
  EXPECT_EQ(starts("000001 6588 000001 0CFF80 000001 4188"), "S.S");
  EXPECT_EQ(starts("000001 41 000001 41"), "S.");  // too short to say
}

TEST(H264AccessUnit, ParameterSetsWithoutAPictureAreNoUnitOfTheirOwn) {
  EXPECT_EQ(starts("000001 6742 000001 68EB 000001 0910 000001 6588"), "S...");
}

struct Counts {
  unsigned delimiters = 0, starts = 0, idr = 0, recoveryPoints = 0;
};

Counts count(const std::string& file) {
  const Bytes bytes = test::readFile(file);
  Random random(3);
  const auto pieces = test::cutAtRandom(bytes, random, 40);
  Units units;
  EXPECT_TRUE(findNalUnits(pieces, {}, units));
  Counts counts;
  H264UnitState state;
  for (const NalUnit& unit : units) {
    const bool begins = startsAccessUnit(pieces, unit, state);
    const bool delimiter = h264NalType(pieces, unit) == H264NalType::accessUnitDelimiter;
    EXPECT_EQ(begins, delimiter);
    counts.starts += begins ? 1 : 0;
    counts.delimiters += delimiter ? 1 : 0;
    const H264AccessUnit one = inspectH264(pieces, std::span(&unit, 1));
    counts.idr += one.idr ? 1 : 0;
    counts.recoveryPoints += one.recoveryPoint ? 1 : 0;
  }
  return counts;
}

TEST(H264AccessUnit, RealStreamsBeginWhereX264PutDelimiters) {
  const Counts openGop = count("open-gop-aud-2-slices.h264");
  EXPECT_EQ(openGop.starts, 12u);
  EXPECT_EQ(openGop.idr, 2u);  // two slices of one picture
  EXPECT_EQ(openGop.recoveryPoints, 1u);
  const Counts refresh = count("intra-refresh-aud-2-slices.h264");
  EXPECT_EQ(refresh.starts, 30u);
  EXPECT_EQ(refresh.idr, 2u);
  EXPECT_EQ(refresh.recoveryPoints, 2u);
}

}  // namespace
}  // namespace kvs::media
