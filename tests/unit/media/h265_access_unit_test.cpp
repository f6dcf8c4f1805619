// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "media/h265.h"
#include "support.h"

namespace kvs::media {
namespace {

using test::hex;
using Units = std::vector<NalUnit>;

H265AccessUnit inspect(std::string_view annexB) {
  const Bytes bytes = hex(annexB);
  const auto pieces = test::cutToBytes(bytes);
  Units units;
  EXPECT_TRUE(findNalUnits(pieces, {}, units));
  return inspectH265(pieces, units);
}

/// A unit of this type and layer with one byte behind its header.
std::string unit(unsigned type, unsigned layer = 0, unsigned first = 0x80) {
  const Bytes bytes = {std::byte{0},
                       std::byte{0},
                       std::byte{1},
                       static_cast<std::byte>(type << 1 | layer >> 5),
                       static_cast<std::byte>((layer & 31) << 3 | 1),
                       static_cast<std::byte>(first)};
  return test::toHex(bytes);
}

TEST(H265AccessUnit, KeyPicturesAreTheRandomAccessOnes) {
  for (unsigned type = 0; type < 64; ++type) {
    SCOPED_TRACE(type);
    const auto found = inspect(unit(type));
    EXPECT_EQ(found.hasSlice, type <= 9 || (type >= 16 && type <= 21));
    EXPECT_EQ(found.randomAccess, type >= 16 && type <= 21);
    EXPECT_EQ(found.mayHaveLeading, type == 16 || type == 17 || type == 19 || type == 21);
    EXPECT_EQ(found.hasParameterSets, type >= 32 && type <= 34);
    const auto ofLayer = inspect(unit(type, 33));
    EXPECT_FALSE(ofLayer.hasSlice || ofLayer.randomAccess || ofLayer.mayHaveLeading ||
                 ofLayer.hasParameterSets);
  }
}

TEST(H265AccessUnit, TheHeadersFieldsAreApart) {
  const Bytes bytes = hex("4B F6");  // 0 100101 111110 110
  const ByteView piece = bytes;
  const auto header = h265NalHeader(Pieces(&piece, 1), {0, 2});
  EXPECT_EQ(static_cast<unsigned>(header.type), 37u);
  EXPECT_EQ(header.layer, 62);
  EXPECT_EQ(header.temporalId, 5);
  EXPECT_EQ(static_cast<unsigned>(h265NalHeader(Pieces(&piece, 1), {0, 1}).type), 63u);
}

/// Which of these units begin an access unit.
std::string starts(std::string_view annexB) {
  const Bytes bytes = hex(annexB);
  const ByteView piece = bytes;
  Units units;
  EXPECT_TRUE(findNalUnits(Pieces(&piece, 1), {}, units));
  H265UnitState state;
  std::string out;
  for (const NalUnit& one : units)
    out += startsH265AccessUnit(Pieces(&piece, 1), one, state) ? 'S' : '.';
  return out;
}

TEST(H265AccessUnit, UnitsAheadOfThePictureBeginItOnce) {
  EXPECT_EQ(starts(unit(35) + unit(32) + unit(33) + unit(34) + unit(39) + unit(19)), "S.....");
  for (unsigned type : {32u, 33u, 34u, 35u, 39u, 41u, 44u, 48u, 55u}) {
    EXPECT_EQ(starts(unit(19) + unit(type) + unit(1)), "SS.") << type;
  }
}

TEST(H265AccessUnit, WhatFollowsASliceBeginsNothing) {
  for (unsigned type : {36u, 37u, 38u, 40u, 45u, 47u, 56u, 63u}) {
    EXPECT_EQ(starts(unit(19) + unit(type) + unit(1)), "S.S") << type;
  }
}

TEST(H265AccessUnit, TheFirstSliceSegmentBeginsAPicture) {
  EXPECT_EQ(starts(unit(19) + unit(19, 0, 0x40) + unit(1) + unit(1, 0, 0x40)), "S.S.");
  EXPECT_EQ(starts(unit(19) + "0000010201" + unit(1)), "S.S");  // too short to say
}

TEST(H265AccessUnit, OtherLayersBelongToTheBaseLayersPicture) {
  EXPECT_EQ(starts(unit(19) + unit(1, 1) + unit(34, 1) + unit(39, 2) + unit(1)), "S...S");
}

TEST(H265AccessUnit, RealStreamsBeginWhereX265PutDelimiters) {
  const Bytes bytes = test::readFile("open-gop-aud-2-slices.h265");
  Random random(7);
  const auto pieces = test::cutAtRandom(bytes, random, 40);
  Units units;
  ASSERT_TRUE(findNalUnits(pieces, {}, units));
  H265UnitState state;
  unsigned pictures = 0, idr = 0, cra = 0;
  for (const NalUnit& one : units) {
    const H265NalType type = h265NalHeader(pieces, one).type;
    EXPECT_EQ(startsH265AccessUnit(pieces, one, state), type == H265NalType::accessUnitDelimiter);
    pictures += type == H265NalType::accessUnitDelimiter ? 1 : 0;
    idr += type == H265NalType::idrWithoutLeading ? 1 : 0;
    cra += type == H265NalType::cra ? 1 : 0;
  }
  EXPECT_EQ(pictures, 14u);
  EXPECT_EQ(idr, 2u);  // two slices of one picture
  EXPECT_EQ(cra, 4u);
}

}  // namespace
}  // namespace kvs::media
