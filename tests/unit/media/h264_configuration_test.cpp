// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <array>

#include "media/h264.h"
#include "support.h"

namespace kvs::media {
namespace {

using test::hex;
using test::realStreams;
using test::toHex;

Result<Bytes> make(std::span<const Bytes> sps, std::span<const Bytes> pps) {
  return makeAvcDecoderConfiguration(std::vector<ByteView>(sps.begin(), sps.end()),
                                     std::vector<ByteView>(pps.begin(), pps.end()));
}

TEST(AvcConfiguration, IsByteForByteWhatFfmpegWrites) {
  for (const auto& stream : realStreams) {
    SCOPED_TRACE(stream.name);
    const std::array sps = {hex(stream.sps)}, pps = {hex(stream.pps)};
    const auto record = make(sps, pps);
    ASSERT_TRUE(record) << record.error().message;
    EXPECT_EQ(toHex(*record), stream.avcC);
  }
}

TEST(AvcConfiguration, ReadsBackWhatWasWritten) {
  for (const auto& stream : realStreams) {
    const auto parsed = parseAvcDecoderConfiguration(hex(stream.avcC));
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->lengthSize, 4u);
    EXPECT_EQ(parsed->profile, stream.profile);
    EXPECT_EQ(parsed->level, stream.level);
    EXPECT_EQ(parsed->sps, std::vector<Bytes>{hex(stream.sps)});
    EXPECT_EQ(parsed->pps, std::vector<Bytes>{hex(stream.pps)});
  }
}

TEST(AvcConfiguration, SeveralSetsShareFlagsAndTakeTheHighestLevel) {
  Bytes first = hex(realStreams[1].sps), second = first;
  first[2] = std::byte{0xC0};
  second[2] = std::byte{0x40};
  second[3] = std::byte{51};
  const std::array sps = {first, second}, pps = {hex("68ebecb2"), hex("6855")};
  const auto record = make(sps, pps);
  ASSERT_TRUE(record);
  EXPECT_EQ(toHex(ByteView(*record).first(6)), "014d4033ffe2");
  const auto parsed = parseAvcDecoderConfiguration(*record);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->sps, (std::vector{first, second}));
  EXPECT_EQ(parsed->pps, (std::vector{hex("68ebecb2"), hex("6855")}));
}

TEST(AvcConfiguration, SetsOfMoreThan255BytesReadBack) {
  const std::array sps = {hex(realStreams[0].sps)}, pps = {Bytes(0x1234, std::byte{0x68})};
  const auto record = make(sps, pps);
  ASSERT_TRUE(record);
  const auto parsed = parseAvcDecoderConfiguration(*record);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->pps[0], pps[0]);
}

TEST(AvcConfiguration, SaysWhatIsMissing) {
  const std::array sps = {hex(realStreams[0].sps)}, pps = {hex(realStreams[0].pps)};
  EXPECT_EQ(make({}, pps).error().code, StatusCode::mkvMissingSps);
  EXPECT_EQ(make(sps, {}).error().code, StatusCode::mkvMissingPps);
  const std::array notSps = {hex("6742")};
  EXPECT_EQ(make(notSps, pps).error().code, StatusCode::mkvInvalidSps);
}

TEST(AvcConfiguration, RefusesMoreThanTheRecordHolds) {
  const Bytes sps = hex(realStreams[0].sps), pps = hex(realStreams[0].pps);
  const auto codeOf = [](const std::vector<Bytes>& s, const std::vector<Bytes>& p) {
    const auto record = make(s, p);
    return record ? StatusCode::success : record.error().code;
  };
  EXPECT_EQ(codeOf(std::vector(31, sps), std::vector(255, pps)), StatusCode::success);
  EXPECT_EQ(codeOf(std::vector(32, sps), {pps}), StatusCode::mkvInvalidCodecPrivateLength);
  EXPECT_EQ(codeOf({sps}, std::vector(256, pps)), StatusCode::mkvInvalidCodecPrivateLength);
  EXPECT_EQ(codeOf({sps}, {Bytes(65536)}), StatusCode::mkvInvalidCodecPrivateLength);
}

TEST(AvcConfiguration, EveryCutRecordIsRefused) {
  const Bytes whole = hex(realStreams[0].avcC);  // no extension behind the sets
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto parsed = parseAvcDecoderConfiguration(ByteView(whole).first(size));
    ASSERT_FALSE(parsed) << size;
    EXPECT_EQ(parsed.error().code, StatusCode::mkvInvalidCodecPrivate);
  }
  Bytes otherVersion = whole;
  otherVersion[0] = std::byte{2};
  EXPECT_FALSE(parseAvcDecoderConfiguration(otherVersion));
}

TEST(AvcConfiguration, TheLengthSizeAloneIsRaised) {
  for (unsigned lengthSize : {1u, 2u, 3u, 4u}) {
    Bytes record = hex(realStreams[2].avcC);
    record[4] = static_cast<std::byte>(0xFC | (lengthSize - 1));
    ASSERT_EQ(parseAvcDecoderConfiguration(record)->lengthSize, lengthSize);
    const auto raised = withFourByteLengths(record);
    ASSERT_TRUE(raised);
    EXPECT_EQ(toHex(*raised), realStreams[2].avcC);
  }
  Bytes withReservedBitsClear = hex("0142c01e 01 01");
  EXPECT_FALSE(withFourByteLengths(withReservedBitsClear));
}

}  // namespace
}  // namespace kvs::media
