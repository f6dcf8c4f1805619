// SPDX-License-Identifier: Apache-2.0
#include "media/adapter.h"

#include <gtest/gtest.h>

#include <set>

#include "media/frame.h"
#include "support.h"

namespace kvs::media {
namespace {

using test::hex;
using test::joined;
using test::readFile;
using test::realStreams;
using test::toHex;

const Bytes sps = hex(realStreams[2].sps), pps = hex(realStreams[2].pps);
const Bytes avcC = hex(realStreams[2].avcC);
constexpr NalFraming avc(unsigned lengthSize) {
  return {NalFraming::Kind::lengthPrefixed, lengthSize};
}

FrameAdapter make(const TrackFormat& config) {
  auto adapter = FrameAdapter::create(config);
  EXPECT_TRUE(adapter) << adapter.error().message;
  return std::move(*adapter);
}

StatusCode createCode(const TrackFormat& config) {
  const auto adapter = FrameAdapter::create(config);
  return adapter ? StatusCode::success : adapter.error().code;
}

struct Output {
  Result<Adapted> found;
  std::string bytes;
};

Output put(FrameAdapter& adapter, ByteView payload) {
  const auto pieces = test::cutToBytes(payload);
  Output out{adapter.inspect(pieces), {}};
  if (!out.found) return out;
  Bytes bytes;
  VectorSink sink(bytes);
  adapter.write(pieces, sink);
  EXPECT_EQ(bytes.size(), out.found->size);
  out.bytes = toHex(bytes);
  return out;
}

Output put(FrameAdapter& adapter, std::string_view payload) {
  return put(adapter, hex(payload));
}

Bytes annexB(std::initializer_list<ByteView> units) {
  Bytes out;
  for (ByteView unit : units)
    out = joined({out, hex("00000001"), unit});
  return out;
}

TEST(FrameAdapter, AnnexBLeavesWithFourByteLengthsAndAllItsUnits) {
  auto adapter = make({});
  const auto out = put(adapter, "000001 0910 00000001 0605 01FF80 000001 6588AA 000001 0CFF80 000000");
  ASSERT_TRUE(out.found);
  EXPECT_EQ(out.bytes, "00000002091000000005060501ff80000000036588aa000000030cff80");
  EXPECT_TRUE(out.found->key);
  EXPECT_TRUE(out.found->isFrame);
  EXPECT_TRUE(out.found->startsUnit);
  EXPECT_FALSE(out.found->codecChanged);
}

TEST(FrameAdapter, EachLengthSizeLeavesAsFour) {
  for (unsigned lengthSize : {1u, 2u, 3u, 4u}) {
    auto adapter = make({.inputFraming = avc(lengthSize)});
    const Bytes prefix(lengthSize - 1);
    const auto out = put(adapter, joined({prefix, hex("02 4188"), prefix, hex("03 0CFF80")}));
    ASSERT_TRUE(out.found);
    EXPECT_EQ(out.bytes, "000000024188000000030cff80");
    EXPECT_FALSE(out.found->key);
  }
}

TEST(FrameAdapter, FourByteLengthsAreOneCopyOfTheSameBytes) {
  auto adapter = make({.codecPrivate = avcC, .inputFraming = avc(4)});
  const Bytes payload = hex("00000000 00000002 6588 00000001 0C");
  const ByteView piece = payload;
  ASSERT_TRUE(adapter.inspect(Pieces(&piece, 1)));
  struct Counting final : ByteSink {
    void write(ByteView bytes) override {
      ++writes;
      size += bytes.size();
    }
    unsigned writes = 0;
    std::size_t size = 0;
  } sink;
  adapter.write(Pieces(&piece, 1), sink);
  EXPECT_EQ(sink.writes, 1u);
  EXPECT_EQ(sink.size, payload.size());
}

TEST(FrameAdapter, TheRecordsLengthSizeGoesBeforeTheCaps) {
  Bytes record = avcC;
  record[4] = std::byte{0xFD};
  auto adapter = make({.codecPrivate = record, .inputFraming = avc(4)});
  EXPECT_EQ(put(adapter, "0002 6588").bytes, "000000026588");
  EXPECT_EQ(toHex(*adapter.codecPrivate()), realStreams[2].avcC);
}

TEST(FrameAdapter, KeyIsIdrOrRecoveryPoint) {
  auto adapter = make({});
  EXPECT_TRUE(put(adapter, "000001 6588").found->key);
  EXPECT_TRUE(put(adapter, "000001 0606 01C480 000001 4188").found->key);
  EXPECT_FALSE(put(adapter, "000001 4188").found->key);
}

TEST(FrameAdapter, CodecDataOfTheCapsIsKnownAtOnce) {
  auto adapter = make({.codecPrivate = avcC, .inputFraming = avc(4)});
  EXPECT_EQ(toHex(*adapter.codecPrivate()), realStreams[2].avcC);
  EXPECT_EQ(adapter.width(), 1920u);
  EXPECT_EQ(adapter.height(), 1080u);
}

TEST(FrameAdapter, CodecDataInAnnexBBecomesARecord) {
  const Bytes given = annexB({sps, pps});
  for (auto adaptation : {std::optional<NalAdaptation>(), std::optional(NalAdaptation::annexBCodecPrivate),
                          std::optional(NalAdaptation::annexBCodecPrivateAndFrames)}) {
    auto adapter = make({.codecPrivate = given, .adaptation = adaptation});
    EXPECT_EQ(toHex(*adapter.codecPrivate()), realStreams[2].avcC);
    EXPECT_EQ(adapter.width(), 1920u);
  }
}

TEST(FrameAdapter, CodecDataInBandIsToldOnceAndAgainWhenItChanges) {
  auto adapter = make({});
  EXPECT_FALSE(adapter.codecPrivate());
  EXPECT_EQ(adapter.width(), 0u);
  const auto first = put(adapter, annexB({sps, pps, hex("6588")}));
  EXPECT_TRUE(first.found->codecChanged);
  EXPECT_EQ(toHex(*adapter.codecPrivate()), realStreams[2].avcC);
  EXPECT_EQ(adapter.height(), 1080u);
  EXPECT_FALSE(put(adapter, annexB({sps, pps, hex("6588")})).found->codecChanged);
  EXPECT_FALSE(put(adapter, annexB({hex("4188")})).found->codecChanged);
  EXPECT_TRUE(put(adapter, annexB({hex(realStreams[3].sps), pps, hex("6588")})).found->codecChanged);
  EXPECT_EQ(toHex(*adapter.codecPrivate()), realStreams[3].avcC);
  EXPECT_EQ(adapter.width(), 322u);
}

TEST(FrameAdapter, SetsThatComeOneByOneAreTold) {
  auto adapter = make({.nalAligned = true});
  EXPECT_FALSE(put(adapter, annexB({sps})).found->codecChanged);
  EXPECT_TRUE(put(adapter, annexB({pps})).found->codecChanged);
  EXPECT_TRUE(adapter.codecPrivate());
}

TEST(FrameAdapter, TheSameSetsInBandAsInTheCapsAreNoChange) {
  auto adapter = make({.codecPrivate = avcC, .inputFraming = avc(4)});
  const auto withLength = [](ByteView unit) {
    return joined({hex("000000"), Bytes{static_cast<std::byte>(unit.size())}, unit});
  };
  const Bytes same = joined({withLength(sps), withLength(pps), withLength(hex("6588"))});
  EXPECT_FALSE(put(adapter, same).found->codecChanged);
  const Bytes other = joined({withLength(hex(realStreams[3].sps)), withLength(hex("6588"))});
  EXPECT_TRUE(put(adapter, other).found->codecChanged);
  EXPECT_EQ(toHex(*adapter.codecPrivate()), realStreams[3].avcC);
}

TEST(FrameAdapter, ARecordWithoutSetsWaitsForThem) {  // avc3
  auto adapter = make({.codecPrivate = hex("01640028 FF E0 00"), .inputFraming = avc(4)});
  EXPECT_FALSE(adapter.codecPrivate());
}

TEST(FrameAdapter, TheCapsSizeStandsUntilTheBytesChange) {
  auto adapter = make({.width = 960, .height = 540});
  EXPECT_EQ(adapter.width(), 960u);
  put(adapter, annexB({sps, pps, hex("6588")}));
  EXPECT_EQ(adapter.width(), 960u);
  put(adapter, annexB({hex(realStreams[3].sps), hex("6588")}));
  EXPECT_EQ(adapter.width(), 322u);
  EXPECT_EQ(adapter.height(), 182u);
}

TEST(FrameAdapter, ASetThatCannotBeReadCostsTheFrameOnlyAtTheBeginning) {
  auto fresh = make({});
  const Bytes damaged = annexB({hex("6742"), pps, hex("6588")});
  EXPECT_EQ(put(fresh, damaged).found.error().code, StatusCode::mkvInvalidSps);
  EXPECT_EQ(put(fresh, damaged).found.error().code, StatusCode::mkvInvalidSps);
  EXPECT_TRUE(put(fresh, annexB({sps, pps, hex("6588")})).found->codecChanged);
  const auto later = put(fresh, damaged);
  ASSERT_TRUE(later.found);
  EXPECT_TRUE(later.found->isFrame);
  EXPECT_FALSE(later.found->codecChanged);
}

TEST(FrameAdapter, AChangeAheadOfADamagedSetIsNotForgotten) {
  auto adapter = make({.codecPrivate = avcC});
  EXPECT_FALSE(put(adapter, annexB({hex(realStreams[3].sps), hex("68"), hex("6588")})).found->codecChanged);
  EXPECT_TRUE(put(adapter, annexB({hex(realStreams[3].sps), pps, hex("6588")})).found->codecChanged);
}

TEST(FrameAdapter, APayloadWithoutASliceIsNoFrame) {
  auto adapter = make({});
  const auto out = put(adapter, annexB({hex("0910"), sps, pps, hex("0605 01FF80")}));
  EXPECT_FALSE(out.found->isFrame);
  EXPECT_TRUE(out.found->codecChanged);
  EXPECT_GT(out.found->size, 0u);
}

TEST(FrameAdapter, NalAlignedInputTellsWhereUnitsBegin) {
  auto adapter = make({.nalAligned = true});
  const auto begins = [&adapter](std::string_view unit) { return put(adapter, unit).found->startsUnit; };
  EXPECT_TRUE(begins("00000001 0910"));
  EXPECT_FALSE(begins("00000001 6588"));
  EXPECT_FALSE(begins("00000001 6548"));
  EXPECT_TRUE(begins("00000001 4188"));
  EXPECT_TRUE(begins("00000001 0605 01FF80"));
  EXPECT_FALSE(begins("00000001 4188"));
  EXPECT_TRUE(begins("00000001 0605 01FF80 00000001 4188"));
  EXPECT_TRUE(begins("00000001 4188"));
  auto aligned = make({});
  put(aligned, "000001 6588");
  EXPECT_TRUE(put(aligned, "000001 6548").found->startsUnit);
}

TEST(FrameAdapter, NoneTouchesAndReadsNothing) {
  auto adapter = make({.codecPrivate = hex("000001 67"), .adaptation = NalAdaptation::none});
  EXPECT_EQ(toHex(*adapter.codecPrivate()), "00000167");
  const auto out = put(adapter, "00000188 41");
  ASSERT_TRUE(out.found);
  EXPECT_EQ(out.bytes, "0000018841");
  EXPECT_TRUE(out.found->key && out.found->isFrame && out.found->startsUnit);
  EXPECT_TRUE(make({.adaptation = NalAdaptation::none}).codecPrivate()->empty());
}

TEST(FrameAdapter, TheGuidesOtherValues) {
  auto toAnnexB =
      make({.codecPrivate = avcC, .adaptation = NalAdaptation::avccFrames, .inputFraming = avc(2)});
  EXPECT_EQ(put(toAnnexB, "00000002 6588 00000001 0C").bytes,
            "00000001658800000001"
            "0c");
  EXPECT_EQ(*toAnnexB.codecPrivate(), avcC);
  auto frames =
      make({.codecPrivate = avcC, .adaptation = NalAdaptation::annexBFrames, .inputFraming = avc(4)});
  EXPECT_EQ(put(frames, "000001 6588").bytes, "000000026588");
  auto both = make({.adaptation = NalAdaptation::annexBCodecPrivateAndFrames});
  EXPECT_TRUE(put(both, annexB({sps, pps, hex("6588")})).found->codecChanged);
  auto privateOnly =
      make({.codecPrivate = annexB({sps, pps}), .adaptation = NalAdaptation::annexBCodecPrivate});
  EXPECT_EQ(put(privateOnly, "00000002 6588").bytes, "000000026588");
}

TEST(FrameAdapter, OtherCodecsPassAsTheyCome) {
  for (Codec codec : {Codec::aac, Codec::alaw, Codec::mulaw, Codec::other}) {
    auto adapter = make({.codec = codec, .codecPrivate = hex("1210")});
    const auto out = put(adapter, "0102030405");
    EXPECT_EQ(out.bytes, "0102030405");
    EXPECT_TRUE(out.found->key && out.found->isFrame && out.found->startsUnit);
    EXPECT_EQ(toHex(*adapter.codecPrivate()), "1210");
  }
  EXPECT_TRUE(make({.codec = Codec::other}).codecPrivate()->empty());
}

TEST(FrameAdapter, CodecDataThatCannotBeUsedIsRefused) {
  EXPECT_EQ(createCode({.codecPrivate = hex("0164")}), StatusCode::mkvInvalidCodecPrivate);
  EXPECT_EQ(createCode({.codecPrivate = hex("DEADBEEF")}), StatusCode::mkvInvalidAnnexBInCodecPrivate);
  EXPECT_EQ(createCode({.codecPrivate = annexB({sps})}), StatusCode::mkvMissingPps);
  EXPECT_EQ(createCode({.codecPrivate = annexB({pps})}), StatusCode::mkvMissingSps);
  EXPECT_EQ(createCode({.codecPrivate = annexB({hex("6742"), pps})}), StatusCode::mkvInvalidSps);
  EXPECT_EQ(createCode({.codecPrivate = annexB({sps, pps}), .adaptation = NalAdaptation::annexBFrames}),
            StatusCode::mkvInvalidCodecPrivate);
  EXPECT_EQ(createCode({.codec = Codec::other, .codecPrivate = Bytes(1024 * 1024 + 1)}),
            StatusCode::mkvInvalidCodecPrivateLength);
  EXPECT_EQ(createCode({.codec = Codec::other, .codecPrivate = Bytes(1024 * 1024)}), StatusCode::success);
}

TEST(FrameAdapter, FramesThatCannotBeUsedAreRefusedAndTheNextOneIsNot) {
  auto adapter = make({});
  EXPECT_EQ(put(adapter, "").found.error().code, StatusCode::mkvInvalidFrameData);
  EXPECT_EQ(put(adapter, "6588").found.error().code, StatusCode::mkvInvalidAnnexBInFrame);
  EXPECT_TRUE(put(adapter, "000001 6588").found);
  auto lengths = make({.inputFraming = avc(4)});
  EXPECT_EQ(put(lengths, "00000009 65").found.error().code, StatusCode::mkvInvalidAvccInFrame);
}

TEST(FrameAdapter, ARealStreamKeepsEveryUnit) {
  const Bytes stream = readFile("open-gop-aud-2-slices.h264");
  Random random(5);
  for (int round = 0; round < 50; ++round) {
    auto forward = make({});
    const auto pieces = test::cutAtRandom(stream, random, 30);
    const auto found = forward.inspect(pieces);
    ASSERT_TRUE(found);
    EXPECT_EQ(forward.width(), 64u);
    EXPECT_EQ(forward.height(), 48u);
    Bytes adapted;
    VectorSink sink(adapted);
    forward.write(pieces, sink);
    ASSERT_EQ(adapted.size(), found->size);
    auto back = make({.adaptation = NalAdaptation::avccFrames});
    const auto adaptedPieces = test::cutAtRandom(adapted, random, 30);
    ASSERT_TRUE(back.inspect(adaptedPieces));
    Bytes again;
    VectorSink sinkAgain(again);
    back.write(adaptedPieces, sinkAgain);
    // x264 writes 3-byte start codes too, we write 4 bytes always: the units must be the same
    std::vector<NalUnit> unitsBefore, unitsAfter;
    const ByteView before = stream, after = again;
    ASSERT_TRUE(findNalUnits(Pieces(&before, 1), {}, unitsBefore));
    ASSERT_TRUE(findNalUnits(Pieces(&after, 1), {}, unitsAfter));
    ASSERT_EQ(unitsBefore.size(), unitsAfter.size());
    for (std::size_t i = 0; i < unitsBefore.size(); ++i) {
      ASSERT_TRUE(std::ranges::equal(before.subspan(unitsBefore[i].offset, unitsBefore[i].size),
                                     after.subspan(unitsAfter[i].offset, unitsAfter[i].size)));
    }
  }
}

TEST(Track, DefaultsAreThoseOfTheServicesTable) {
  EXPECT_EQ(rowOf(Codec::h264).codecId, "V_MPEG4/ISO/AVC");
  EXPECT_EQ(rowOf(Codec::h265).codecId, "V_MPEGH/ISO/HEVC");
  EXPECT_EQ(rowOf(Codec::aac).codecId, "A_AAC");
  EXPECT_EQ(rowOf(Codec::alaw).codecId, "A_MS/ACM");
  EXPECT_EQ(rowOf(Codec::mulaw).codecId, "A_MS/ACM");
  EXPECT_EQ(rowOf(Codec::g726).codecId, "A_MS/ACM");
  EXPECT_EQ(rowOf(Codec::other).codecId, "");
  std::set<std::string_view> types;
  for (Codec codec : {Codec::h264, Codec::h265, Codec::aac, Codec::alaw, Codec::mulaw, Codec::g726}) {
    types.insert(rowOf(codec).contentType);
  }
  EXPECT_EQ(types, (std::set<std::string_view>{"video/h264", "video/h265", "audio/aac", "audio/alaw",
                                               "audio/mulaw", "audio/g726"}));
}

}  // namespace
}  // namespace kvs::media
