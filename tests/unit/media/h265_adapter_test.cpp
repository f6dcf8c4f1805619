// SPDX-License-Identifier: Apache-2.0
// H.265 through the adapter, and what H.264 says of leading pictures there.
#include <gtest/gtest.h>

#include "h265_streams.h"
#include "media/adapter.h"
#include "support.h"

namespace kvs::media {
namespace {

using test::hex;
using test::joined;
using test::realH265Streams;
using test::toHex;

const auto& stream = realH265Streams[0];
const Bytes vps = hex(stream.vps), sps = hex(stream.sps), pps = hex(stream.pps), hvcC = hex(stream.hvcC);
const Bytes idr = hex("2801AF"), delta = hex("0201D0");

TrackFormat h265(TrackFormat config = {}) {
  config.codec = Codec::h265;
  return config;
}

constexpr NalFraming hvc(unsigned lengthSize) {
  return {NalFraming::Kind::lengthPrefixed, lengthSize};
}

FrameAdapter make(const TrackFormat& config) {
  auto adapter = FrameAdapter::create(config);
  EXPECT_TRUE(adapter) << adapter.error().message;
  return std::move(*adapter);
}

struct Output {
  Adapted found;
  std::string bytes;
};

Output put(FrameAdapter& adapter, ByteView payload) {
  const auto pieces = test::cutToBytes(payload);
  const auto found = adapter.inspect(pieces);
  EXPECT_TRUE(found) << found.error().message;
  if (!found) return {};
  Bytes bytes;
  VectorSink sink(bytes);
  adapter.write(pieces, sink);
  EXPECT_EQ(bytes.size(), found->size);
  return {*found, toHex(bytes)};
}

Bytes annexB(std::initializer_list<ByteView> units) {
  Bytes out;
  for (ByteView unit : units)
    out = joined({out, hex("00000001"), unit});
  return out;
}

Bytes withLengths(std::initializer_list<ByteView> units, unsigned lengthSize = 4) {
  Bytes out;
  for (ByteView unit : units) {
    out.resize(out.size() + lengthSize - 1);
    out.push_back(static_cast<std::byte>(unit.size()));
    out.insert(out.end(), unit.begin(), unit.end());
  }
  return out;
}

TEST(H265Adapter, CodecDataInBandIsToldOnceAndAgainWhenItChanges) {
  auto adapter = make(h265());
  EXPECT_FALSE(adapter.codecPrivate());
  const auto first = put(adapter, annexB({vps, sps, pps, idr}));
  EXPECT_TRUE(first.found.codecChanged && first.found.key && first.found.isFrame);
  EXPECT_EQ(first.bytes, toHex(withLengths({vps, sps, pps, idr})));
  EXPECT_EQ(toHex(*adapter.codecPrivate()), stream.hvcC);
  EXPECT_EQ(adapter.width(), 1920u);
  EXPECT_EQ(adapter.height(), 1080u);
  EXPECT_FALSE(put(adapter, annexB({vps, sps, pps, idr})).found.codecChanged);
  const auto other = put(adapter, annexB({delta}));
  EXPECT_FALSE(other.found.codecChanged || other.found.key);
  EXPECT_TRUE(put(adapter, annexB({hex(realH265Streams[1].sps), idr})).found.codecChanged);
  EXPECT_EQ(adapter.width(), 640u);
}

TEST(H265Adapter, NothingIsKnownUntilAllThreeSetsAre) {
  auto adapter = make(h265({.nalAligned = true}));
  EXPECT_FALSE(put(adapter, annexB({sps})).found.codecChanged);
  EXPECT_FALSE(put(adapter, annexB({pps})).found.codecChanged);
  EXPECT_FALSE(adapter.codecPrivate());
  EXPECT_TRUE(put(adapter, annexB({vps})).found.codecChanged);
  EXPECT_EQ(toHex(*adapter.codecPrivate()), stream.hvcC);
}

TEST(H265Adapter, RecordsTellTheLengthSizeAndLeaveWithFour) {
  for (unsigned lengthSize : {1u, 2u, 4u}) {
    Bytes record = hvcC;
    record[21] = static_cast<std::byte>(0x0C | (lengthSize - 1));
    auto adapter = make(h265({.codecPrivate = record, .inputFraming = hvc(4)}));
    EXPECT_EQ(toHex(*adapter.codecPrivate()), stream.hvcC);
    EXPECT_EQ(adapter.height(), 1080u);
    EXPECT_EQ(put(adapter, withLengths({idr}, lengthSize)).bytes, toHex(withLengths({idr})));
  }
}

TEST(H265Adapter, TheSameSetsInBandAsInTheCapsAreNoChange) {  // hev1
  auto adapter = make(h265({.codecPrivate = hvcC, .inputFraming = hvc(4)}));
  EXPECT_FALSE(put(adapter, withLengths({vps, sps, pps, idr})).found.codecChanged);
  EXPECT_TRUE(put(adapter, withLengths({hex(realH265Streams[1].sps), idr})).found.codecChanged);
}

TEST(H265Adapter, ARecordWithoutSetsWaitsForThem) {
  Bytes empty(hvcC.begin(), hvcC.begin() + 22);
  empty.push_back(std::byte{0});
  auto adapter = make(h265({.codecPrivate = empty, .inputFraming = hvc(4)}));
  EXPECT_FALSE(adapter.codecPrivate());
  EXPECT_TRUE(put(adapter, withLengths({vps, sps, pps, idr})).found.codecChanged);
}

TEST(H265Adapter, TheGuidesFiveValues) {
  auto none = make(h265({.codecPrivate = hvcC, .adaptation = NalAdaptation::none}));
  EXPECT_EQ(put(none, hex("2801AF")).bytes, "2801af");
  auto frames =
      make(h265({.codecPrivate = hvcC, .adaptation = NalAdaptation::annexBFrames, .inputFraming = hvc(4)}));
  EXPECT_EQ(put(frames, annexB({idr})).bytes, toHex(withLengths({idr})));
  auto toAnnexB =
      make(h265({.codecPrivate = hvcC, .adaptation = NalAdaptation::avccFrames, .inputFraming = hvc(2)}));
  EXPECT_EQ(put(toAnnexB, withLengths({vps, idr})).bytes, toHex(annexB({vps, idr})));
  EXPECT_EQ(*toAnnexB.codecPrivate(), hvcC);
  const Bytes sets = annexB({vps, sps, pps});
  auto privateOnly = make(h265({.codecPrivate = sets, .adaptation = NalAdaptation::annexBCodecPrivate}));
  EXPECT_EQ(*privateOnly.codecPrivate(), hvcC);
  EXPECT_EQ(privateOnly.width(), 1920u);
  EXPECT_EQ(put(privateOnly, withLengths({idr})).bytes, toHex(withLengths({idr})));
  auto both = make(h265({.codecPrivate = sets, .adaptation = NalAdaptation::annexBCodecPrivateAndFrames}));
  EXPECT_EQ(*both.codecPrivate(), hvcC);
  EXPECT_EQ(put(both, annexB({idr})).bytes, toHex(withLengths({idr})));
}

TEST(H265Adapter, CodecDataThatCannotBeUsedIsRefused) {
  const auto codeOf = [](const Bytes& codecPrivate) {
    const auto adapter = FrameAdapter::create(h265({.codecPrivate = codecPrivate}));
    return adapter ? StatusCode::success : adapter.error().code;
  };
  EXPECT_EQ(codeOf(hex("0164")), StatusCode::mkvInvalidCodecPrivate);
  EXPECT_EQ(codeOf(hex("DEADBEEF")), StatusCode::mkvInvalidAnnexBInCodecPrivate);
  EXPECT_EQ(codeOf(annexB({sps, pps})), StatusCode::mkvInvalidCodecPrivate);
  EXPECT_EQ(codeOf(annexB({vps, pps})), StatusCode::mkvMissingSps);
  EXPECT_EQ(codeOf(annexB({vps, sps})), StatusCode::mkvMissingPps);
  EXPECT_EQ(codeOf(annexB({vps, hex("420101"), pps})), StatusCode::mkvInvalidSps);
}

TEST(H265Adapter, TellsWherePicturesMayBeShownBeforeTheKeyFrame) {
  auto adapter = make(h265());
  EXPECT_TRUE(put(adapter, annexB({hex("2A01AF")})).found.mayHaveLeading);   // CRA
  EXPECT_TRUE(put(adapter, annexB({hex("2601AF")})).found.mayHaveLeading);   // IDR_W_RADL
  EXPECT_FALSE(put(adapter, annexB({hex("2801AF")})).found.mayHaveLeading);  // IDR_N_LP
  EXPECT_FALSE(put(adapter, annexB({delta})).found.mayHaveLeading);
  auto h264 = make({});
  EXPECT_TRUE(put(h264, hex("000001 0606 01C480 000001 4188")).found.mayHaveLeading);
  EXPECT_FALSE(put(h264, hex("000001 0606 01C480 000001 6588")).found.mayHaveLeading);
  EXPECT_FALSE(put(h264, hex("000001 6588")).found.mayHaveLeading);
}

TEST(H265Adapter, NalAlignedInputTellsWhereUnitsBegin) {
  auto adapter = make(h265({.nalAligned = true}));
  const auto begins = [&adapter](const Bytes& unit) { return put(adapter, annexB({unit})).found.startsUnit; };
  EXPECT_TRUE(begins(hex("460150")));
  EXPECT_FALSE(begins(vps));
  EXPECT_FALSE(begins(idr));
  EXPECT_FALSE(begins(hex("28012F")));
  EXPECT_TRUE(begins(delta));
  EXPECT_FALSE(put(adapter, annexB({hex("4E0105")})).found.isFrame);
}

TEST(H265Adapter, ARealStreamsKeyFramesAreItsRandomAccessPoints) {
  const Bytes bytes = test::readFile("open-gop-aud-2-slices.h265");
  auto adapter = make(h265({.nalAligned = true}));
  std::vector<NalUnit> units;
  const ByteView whole = bytes;
  ASSERT_TRUE(findNalUnits(Pieces(&whole, 1), {}, units));
  unsigned begun = 0, keySlices = 0, changes = 0;
  for (const NalUnit& unit : units) {
    const auto found = put(adapter, annexB({whole.subspan(unit.offset, unit.size)})).found;
    begun += found.startsUnit ? 1 : 0;
    keySlices += found.key ? 1 : 0;
    changes += found.codecChanged ? 1 : 0;
  }
  EXPECT_EQ(begun, 14u);
  EXPECT_EQ(keySlices, 6u);
  EXPECT_EQ(changes, 1u);
  EXPECT_EQ(adapter.width(), 64u);
  EXPECT_EQ(adapter.height(), 48u);
}

}  // namespace
}  // namespace kvs::media
