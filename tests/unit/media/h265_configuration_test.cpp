// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "h265_streams.h"
#include "media/h265.h"
#include "media/h265_parameter_sets.h"
#include "support.h"

namespace kvs::media {
namespace {

using test::hex;
using test::joined;
using test::realH265Streams;
using test::toHex;

H265SetLists setsOf(const test::RealH265Stream& stream) {
  return {{hex(stream.vps)}, {hex(stream.sps)}, {hex(stream.pps)}};
}

StatusCode codeOf(const H265SetLists& sets) {
  const auto record = makeHevcDecoderConfiguration(sets);
  return record ? StatusCode::success : record.error().code;
}

TEST(HevcConfiguration, IsByteForByteWhatFfmpegWrites) {
  for (const auto& stream : realH265Streams) {
    SCOPED_TRACE(stream.name);
    const auto record = makeHevcDecoderConfiguration(setsOf(stream));
    ASSERT_TRUE(record) << record.error().message;
    EXPECT_EQ(toHex(*record), stream.hvcC);
  }
}

TEST(HevcConfiguration, ReadsBackWhatWasWritten) {
  for (const auto& stream : realH265Streams) {
    const auto parsed = parseHevcDecoderConfiguration(hex(stream.hvcC));
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->lengthSize, 4u);
    EXPECT_EQ(parsed->sets.vps, setsOf(stream).vps);
    EXPECT_EQ(parsed->sets.sps, setsOf(stream).sps);
    EXPECT_EQ(parsed->sets.pps, setsOf(stream).pps);
  }
}

TEST(HevcConfiguration, OtherArraysAreSteppedOver) {
  Bytes record = hex(realH265Streams[0].hvcC);
  record[22] = std::byte{4};
  const Bytes withSei = joined({record, hex("A7 0001 0003 4E0105")});
  const auto parsed = parseHevcDecoderConfiguration(withSei);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->sets.pps.size(), 1u);
  EXPECT_FALSE(parseHevcDecoderConfiguration(ByteView(withSei).first(withSei.size() - 1)));
}

TEST(HevcConfiguration, SeveralSetsShareFlagsAndTakeTheHighestLevel) {
  auto sets = setsOf(realH265Streams[0]);
  Bytes second = sets.sps[0];  // 4201 01 01 60000003 00 900000 030000 0300 78: level 120 at byte 17
  ASSERT_EQ(second[17], std::byte{0x78});
  second[4] = std::byte{0x20};
  second[17] = std::byte{0x96};
  sets.sps.push_back(second);
  const auto higher = makeHevcDecoderConfiguration(sets);
  ASSERT_TRUE(higher);
  EXPECT_EQ(toHex(ByteView(*higher).first(13)), "01012000000090000000000096");
  sets.sps[1][3] = std::byte{0x21};  // high tier of a lower level goes before the level of the main tier
  sets.sps[1][17] = std::byte{0x5A};
  EXPECT_EQ(toHex(ByteView(*makeHevcDecoderConfiguration(sets)).first(13)), "0121200000009000000000005a");
}

TEST(HevcConfiguration, SaysWhatIsMissing) {
  auto sets = setsOf(realH265Streams[0]);
  EXPECT_EQ(codeOf({{}, sets.sps, sets.pps}), StatusCode::mkvInvalidCodecPrivate);
  EXPECT_EQ(codeOf({sets.vps, {}, sets.pps}), StatusCode::mkvMissingSps);
  EXPECT_EQ(codeOf({sets.vps, sets.sps, {}}), StatusCode::mkvMissingPps);
  EXPECT_EQ(codeOf({sets.vps, {hex("4201")}, sets.pps}), StatusCode::mkvInvalidSps);
  EXPECT_EQ(codeOf({sets.vps, {sets.sps[0], hex("4201")}, sets.pps}), StatusCode::mkvInvalidSps);
  EXPECT_EQ(codeOf({sets.vps, sets.sps, {Bytes(65535)}}), StatusCode::success);
  EXPECT_EQ(codeOf({sets.vps, sets.sps, {Bytes(65536)}}), StatusCode::mkvInvalidCodecPrivateLength);
}

TEST(HevcConfiguration, EveryCutRecordIsRefused) {
  const Bytes whole = hex(realH265Streams[0].hvcC);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto parsed = parseHevcDecoderConfiguration(ByteView(whole).first(size));
    ASSERT_FALSE(parsed) << size;
    EXPECT_EQ(parsed.error().code, StatusCode::mkvInvalidCodecPrivate);
  }
  Bytes otherVersion = whole;
  otherVersion[0] = std::byte{2};
  EXPECT_FALSE(parseHevcDecoderConfiguration(otherVersion));
}

TEST(HevcConfiguration, TheLengthSizeAloneIsRaised) {
  for (unsigned lengthSize : {1u, 2u, 3u, 4u}) {
    Bytes record = hex(realH265Streams[1].hvcC);
    record[21] = static_cast<std::byte>(0x0C | (lengthSize - 1));
    ASSERT_EQ(parseHevcDecoderConfiguration(record)->lengthSize, lengthSize);
    EXPECT_EQ(toHex(*hevcWithFourByteLengths(record)), realH265Streams[1].hvcC);
  }
  EXPECT_FALSE(hevcWithFourByteLengths(hex("01")));
}

TEST(H265ParameterSets, ARepetitionIsNoChange) {
  const auto& stream = realH265Streams[0];
  H265ParameterSets sets;
  EXPECT_TRUE(sets.add(hex(stream.pps)).value());
  EXPECT_TRUE(sets.add(hex(stream.vps)).value());
  EXPECT_FALSE(sets.complete());
  EXPECT_TRUE(sets.add(hex(stream.sps)).value());
  EXPECT_TRUE(sets.complete());
  EXPECT_EQ(toHex(*sets.configurationRecord()), stream.hvcC);
  for (const auto unit : {stream.vps, stream.sps, stream.pps})
    EXPECT_FALSE(sets.add(hex(unit)).value());
  EXPECT_TRUE(sets.add(hex(realH265Streams[1].sps)).value());
  EXPECT_EQ(sets.newestSps()->width, 640u);
}

TEST(H265ParameterSets, OtherUnitsAndLayersAreNone) {
  H265ParameterSets sets;
  EXPECT_FALSE(sets.add(hex("2601AF")).value());
  EXPECT_FALSE(sets.add(hex("40090C")).value());  // a VPS of layer 1
  EXPECT_FALSE(sets.add({}).value());
  EXPECT_EQ(sets.add(hex("4001")).error().code, StatusCode::mkvInvalidCodecPrivate);
  EXPECT_EQ(sets.add(hex("4201")).error().code, StatusCode::mkvInvalidSps);
  EXPECT_EQ(sets.add(hex("4401")).error().code, StatusCode::mkvInvalidCodecPrivate);
  EXPECT_EQ(sets.add(hex("4401 0208")).error().code, StatusCode::mkvInvalidCodecPrivate);  // id 64
  EXPECT_FALSE(sets.complete());
}

TEST(H265ParameterSets, AreBounded) {
  H265ParameterSets sets;
  Bytes large = hex("4401C0");
  large.resize(H265ParameterSets::maxTotalSize + 1);
  EXPECT_EQ(sets.add(large).error().code, StatusCode::mkvInvalidCodecPrivateLength);
  large.pop_back();
  EXPECT_TRUE(sets.add(large).value());
  EXPECT_FALSE(sets.add(hex(realH265Streams[0].vps)));
}

}  // namespace
}  // namespace kvs::media
