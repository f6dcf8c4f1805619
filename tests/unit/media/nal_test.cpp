// SPDX-License-Identifier: Apache-2.0
#include "media/nal.h"

#include <gtest/gtest.h>

#include "support.h"

namespace kvs::media {
namespace {

using test::cutAtRandom;
using test::cutToBytes;
using test::hex;

constexpr NalFraming annexB{NalFraming::Kind::annexB, 4};

NalFraming lengths(unsigned size) {
  return {NalFraming::Kind::lengthPrefixed, size};
}

using Units = std::vector<NalUnit>;

/// Finds the units in one piece and in pieces of one byte: both must agree.
Result<Units> find(const Bytes& payload, NalFraming framing) {
  Units whole, pieces;
  const ByteView one = payload;
  const auto found = findNalUnits(Pieces(&one, 1), framing, whole);
  const auto foundInPieces = findNalUnits(cutToBytes(payload), framing, pieces);
  EXPECT_EQ(found.has_value(), foundInPieces.has_value());
  EXPECT_EQ(whole, pieces);
  if (!found) return fail(found.error());
  return whole;
}

StatusCode codeOf(const Bytes& payload, NalFraming framing) {
  const auto found = find(payload, framing);
  return found ? StatusCode::success : found.error().code;
}

TEST(AnnexB, ThreeAndFourByteStartCodes) {
  EXPECT_EQ(find(hex("00000001 0910 000001 65AA 00000001 41"), annexB), (Units{{4, 2}, {9, 2}, {15, 1}}));
}

TEST(AnnexB, ZerosAheadBetweenAndBehindAreOfNoUnit) {
  EXPECT_EQ(find(hex("0000000000 000001 65AA 00000000 000001 41BB 000000"), annexB),
            (Units{{8, 2}, {17, 2}}));
}

TEST(AnnexB, EmptyUnitsAreLeftOut) {
  EXPECT_EQ(find(hex("000001 000001 65AA 000001"), annexB), (Units{{6, 2}}));
  EXPECT_EQ(find(hex("000001"), annexB), Units{});
  EXPECT_EQ(find(hex("00000001 0000"), annexB), Units{});
}

TEST(AnnexB, OnesAndZeroPairsInsideAUnitDoNotEndIt) {
  EXPECT_EQ(find(hex("000001 65 01 0001 0100 01 000003 01 02"), annexB), (Units{{3, 12}}));
}

TEST(AnnexB, RefusesWhatHasNoStartCodeOrBeginsWithSomethingElse) {
  EXPECT_EQ(codeOf({}, annexB), StatusCode::mkvInvalidAnnexBInFrame);
  EXPECT_EQ(codeOf(hex("65AABBCC"), annexB), StatusCode::mkvInvalidAnnexBInFrame);
  EXPECT_EQ(codeOf(hex("0001 65AA"), annexB), StatusCode::mkvInvalidAnnexBInFrame);
  EXPECT_EQ(codeOf(hex("0000000000"), annexB), StatusCode::mkvInvalidAnnexBInFrame);
  EXPECT_EQ(codeOf(hex("65 000001 65AA"), annexB), StatusCode::mkvInvalidAnnexBInFrame);
  EXPECT_EQ(codeOf(hex("00000A 65AA 000001 41"), annexB), StatusCode::mkvInvalidAnnexBInFrame);
}

TEST(LengthPrefixed, EachLengthSize) {
  EXPECT_EQ(find(hex("02 65AA 01 41"), lengths(1)), (Units{{1, 2}, {4, 1}}));
  EXPECT_EQ(find(hex("0002 65AA 0001 41"), lengths(2)), (Units{{2, 2}, {6, 1}}));
  EXPECT_EQ(find(hex("000002 65AA 000001 41"), lengths(3)), (Units{{3, 2}, {8, 1}}));
  EXPECT_EQ(find(hex("00000002 65AA 00000001 41"), lengths(4)), (Units{{4, 2}, {10, 1}}));
}

TEST(LengthPrefixed, EmptyUnitsAreLeftOut) {
  EXPECT_EQ(find(hex("00000000 00000001 41 00000000"), lengths(4)), (Units{{8, 1}}));
  EXPECT_EQ(find({}, lengths(4)), Units{});
}

TEST(LengthPrefixed, RefusesLengthsThatPassTheEnd) {
  EXPECT_EQ(codeOf(hex("00000003 65AA"), lengths(4)), StatusCode::mkvInvalidAvccInFrame);
  EXPECT_EQ(codeOf(hex("FFFFFFFF 65AA"), lengths(4)), StatusCode::mkvInvalidAvccInFrame);
  EXPECT_EQ(codeOf(hex("00000001 65 0000"), lengths(4)), StatusCode::mkvInvalidAvccInFrame);
  EXPECT_EQ(codeOf(hex("0001 65"), lengths(0)), StatusCode::mkvInvalidAvccInFrame);
  EXPECT_EQ(codeOf(hex("0001 65"), lengths(5)), StatusCode::mkvInvalidAvccInFrame);
}

Bytes written(Pieces payload, const Units& units,
              void (*write)(Pieces, std::span<const NalUnit>, ByteSink&)) {
  Bytes out;
  VectorSink sink(out);
  write(payload, units, sink);
  return out;
}

TEST(NalWriting, MeasuresWhatItWrites) {
  const Bytes payload = hex("000001 65AABB 000001 41");
  const auto units = find(payload, annexB);
  ASSERT_TRUE(units);
  const ByteView piece = payload;
  const Bytes prefixed = written(Pieces(&piece, 1), *units, writeLengthPrefixed);
  EXPECT_EQ(test::toHex(prefixed), "0000000365aabb0000000141");
  EXPECT_EQ(lengthPrefixedSize(*units), prefixed.size());
  const Bytes withStartCodes = written(Pieces(&piece, 1), *units, writeAnnexB);
  EXPECT_EQ(test::toHex(withStartCodes), "0000000165aabb0000000141");
  EXPECT_EQ(annexBSize(*units), withStartCodes.size());
}

/// A NAL unit as an encoder may write it: no start code inside, no zero at the end.
Bytes randomUnit(Random& random) {
  Bytes unit{static_cast<std::byte>(1 + random.next() % 31)};
  const std::size_t size = random.next() % 40;
  unsigned zeros = 0;
  while (unit.size() < size) {
    const auto byte = static_cast<std::byte>(random.next() % 4);  // mostly bytes that matter here
    if (zeros >= 2 && byte < std::byte{3}) continue;
    zeros = byte == std::byte{0} ? zeros + 1 : 0;
    unit.push_back(byte);
  }
  if (unit.back() == std::byte{0}) unit.push_back(std::byte{0x80});
  return unit;
}

TEST(NalProperty, UnitsSurviveEveryFramingAndEveryCut) {
  Random random(11);
  for (int round = 0; round < 3000; ++round) {
    std::vector<Bytes> units;
    Bytes stream(random.next() % 3);
    const std::size_t count = 1 + random.next() % 6;
    for (std::size_t i = 0; i < count; ++i) {
      units.push_back(randomUnit(random));
      stream.insert(stream.end(), 2 + random.next() % 3, std::byte{0});
      stream.push_back(std::byte{1});
      stream.insert(stream.end(), units.back().begin(), units.back().end());
    }
    Units found;
    const auto pieces = cutAtRandom(stream, random, 8);
    ASSERT_TRUE(findNalUnits(pieces, annexB, found));
    const Bytes prefixed = written(pieces, found, writeLengthPrefixed);
    ASSERT_EQ(prefixed.size(), lengthPrefixedSize(found));
    const auto prefixedPieces = cutAtRandom(prefixed, random, 8);
    ASSERT_TRUE(findNalUnits(prefixedPieces, lengths(4), found));
    ASSERT_EQ(found.size(), units.size());
    for (std::size_t i = 0; i < units.size(); ++i) {
      Bytes unit;
      VectorSink sink(unit);
      copyRange(prefixedPieces, found[i].offset, found[i].size, sink);
      ASSERT_EQ(unit, units[i]);
    }
  }
}

TEST(NalProperty, TheListIsReusedAndCleared) {
  Units units{{1, 2}, {3, 4}};
  const Bytes payload = hex("000001 65");
  const ByteView piece = payload;
  ASSERT_TRUE(findNalUnits(Pieces(&piece, 1), annexB, units));
  EXPECT_EQ(units, (Units{{3, 1}}));
  const Bytes garbage = hex("65");
  const ByteView bad = garbage;
  EXPECT_FALSE(findNalUnits(Pieces(&bad, 1), annexB, units));
  EXPECT_TRUE(units.empty());
}

}  // namespace
}  // namespace kvs::media
