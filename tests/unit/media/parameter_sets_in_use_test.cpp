// SPDX-License-Identifier: Apache-2.0
// The configuration record follows what pictures use, and says when a session's header still holds.
#include <gtest/gtest.h>

#include "media/adapter.h"
#include "media/h264.h"
#include "media/h265.h"
#include "media/same_format.h"
#include "nal_writer.h"
#include "support.h"

namespace kvs::media {
namespace {

using kvs::test::ppsOf264;
using kvs::test::ppsOf265;
using kvs::test::recoveryPointOf264;
using kvs::test::recoveryPointOf265;
using kvs::test::SliceOf;
using kvs::test::sliceOf264;
using kvs::test::sliceOf265;
using kvs::test::SpsOf264;
using kvs::test::spsOf264;
using kvs::test::SpsOf265;
using kvs::test::spsOf265;
using kvs::test::vpsOf265;
using Units = std::vector<Bytes>;

FrameAdapter make(TrackFormat config) {
  auto adapter = FrameAdapter::create(config);
  EXPECT_TRUE(adapter) << adapter.error().message;
  return std::move(*adapter);
}

Adapted put(FrameAdapter& adapter, const Units& units) {
  Bytes payload;
  for (const Bytes& unit : units)
    payload = test::joined({payload, test::hex("00000001"), unit});
  const auto pieces = test::cutToBytes(payload);
  const auto found = adapter.inspect(pieces);
  EXPECT_TRUE(found) << found.error().message;
  return found.value_or(Adapted{});
}

AvcDecoderConfiguration avcOf(const FrameAdapter& adapter) {
  return parseAvcDecoderConfiguration(adapter.codecPrivate().value()).value();
}
H265SetLists hvcOf(const FrameAdapter& adapter) {
  return parseHevcDecoderConfiguration(adapter.codecPrivate().value())->sets;
}

Bytes sps264(unsigned id, unsigned bitRate = 0) {
  return spsOf264({.id = id, .vui = bitRate != 0, .bitRate = bitRate});
}

TEST(ParameterSetsInUse, H264IdsThatRiseForEverMakeRecordsOfOneSetEach) {
  auto adapter = make({});
  for (unsigned i = 0; i < 300; ++i) {
    const unsigned sps = i % 32, pps = i % 256;
    SCOPED_TRACE(i);
    const Bytes spsNal = sps264(sps, 10 + i), ppsNal = ppsOf264(pps, sps, i % 7);
    ASSERT_TRUE(put(adapter, {spsNal, ppsNal, sliceOf264(SliceOf::i, true, pps)}).codecChanged);
    EXPECT_EQ(avcOf(adapter).sps, Units{spsNal});
    EXPECT_EQ(avcOf(adapter).pps, Units{ppsNal});
    EXPECT_FALSE(put(adapter, {sliceOf264(SliceOf::p, false, pps)}).codecChanged);
  }
}

TEST(ParameterSetsInUse, H265IdsThatRiseForEverMakeRecordsOfOneSetEach) {
  auto adapter = make({.codec = Codec::h265});
  for (unsigned i = 0; i < 100; ++i) {
    const unsigned vps = i % 16, sps = (i + 3) % 16, pps = i % 64;
    SCOPED_TRACE(i);
    const Bytes vpsNal = vpsOf265(vps, i), spsNal = spsOf265({.id = sps, .vps = vps});
    const Bytes ppsNal = ppsOf265({.id = pps, .sps = sps, .variant = i});
    const Bytes cra = sliceOf265({.nalType = 21, .kind = 2, .pps = pps});
    ASSERT_TRUE(put(adapter, {vpsNal, spsNal, ppsNal, cra}).codecChanged);
    EXPECT_EQ(hvcOf(adapter).vps, Units{vpsNal});
    EXPECT_EQ(hvcOf(adapter).sps, Units{spsNal});
    EXPECT_EQ(hvcOf(adapter).pps, Units{ppsNal});
    put(adapter, {sliceOf265({.pps = pps})});
  }
}

TEST(ParameterSetsInUse, IdsThatRiseInPiecesOfAccessUnitsToo) {
  auto adapter = make({.nalAligned = true});
  for (unsigned i = 0; i < 70; ++i) {
    const unsigned sps = i % 32;
    put(adapter, {sps264(sps, 10 + i)});
    put(adapter, {ppsOf264(i, sps)});
    put(adapter, {recoveryPointOf264()});
    put(adapter, {sliceOf264(SliceOf::p, false, i)});
    EXPECT_EQ(avcOf(adapter).sps, Units{sps264(sps, 10 + i)});
    EXPECT_EQ(avcOf(adapter).pps, Units{ppsOf264(i, sps)});
    put(adapter, {sliceOf264(SliceOf::p, false, i)});
  }
}

TEST(ParameterSetsInUse, WhatLaterPicturesOfAGroupUseStaysInTheRecord) {
  auto adapter = make({});
  const Bytes second = ppsOf264(1, 0, 9);  // it comes once, and only delta pictures use it
  put(adapter, {sps264(0), ppsOf264(0, 0, 0), second, sliceOf264(SliceOf::i, true, 0)});
  EXPECT_EQ(avcOf(adapter).pps, (Units{ppsOf264(0, 0, 0), second}));
  for (unsigned i = 1; i < 5; ++i) {
    put(adapter, {sliceOf264(SliceOf::p, false, 1)});
    EXPECT_TRUE(put(adapter, {sps264(0), ppsOf264(0, 0, i), sliceOf264(SliceOf::i, true, 0)}).codecChanged);
    EXPECT_EQ(avcOf(adapter).pps, (Units{ppsOf264(0, 0, i), second})) << i;
  }
}

TEST(ParameterSetsInUse, OnesThatCameInAGroupsMiddleAreInTheNextRecord) {
  auto adapter = make({});
  put(adapter, {sps264(0), ppsOf264(0), sliceOf264(SliceOf::i, true, 0)});
  EXPECT_FALSE(put(adapter, {ppsOf264(1), sliceOf264(SliceOf::p, false, 1)}).codecChanged)
      << "the group's own record stays";
  EXPECT_TRUE(put(adapter, {sliceOf264(SliceOf::i, true, 0)}).codecChanged);
  EXPECT_EQ(avcOf(adapter).pps, (Units{ppsOf264(0), ppsOf264(1)}));
}

TEST(ParameterSetsInUse, SetsOfTheCapsStayUntilTheirSpsGoes) {
  const Bytes given = makeAvcDecoderConfiguration(std::vector<ByteView>{sps264(0)},
                                                  std::vector<ByteView>{ppsOf264(0), ppsOf264(1)})
                          .value();
  auto adapter = make({.codecPrivate = given});
  EXPECT_FALSE(put(adapter, {sliceOf264(SliceOf::i, true, 1)}).codecChanged);
  EXPECT_TRUE(put(adapter, {ppsOf264(0, 0, 3), sliceOf264(SliceOf::i, true, 0)}).codecChanged);
  EXPECT_EQ(avcOf(adapter).pps, (Units{ppsOf264(0, 0, 3), ppsOf264(1)}));
}

TEST(ParameterSetsInUse, WhatAKeyFrameDoesNotBringIsTold) {
  auto adapter = make({});
  const auto missing = [&](const Units& units) { return *put(adapter, units).outOfBand; };
  EXPECT_EQ(missing({sps264(0), ppsOf264(0), sliceOf264(SliceOf::i, true)}), Units{});
  EXPECT_EQ(missing({ppsOf264(0, 0, 1), sliceOf264(SliceOf::i, true)}), Units{sps264(0)});
  EXPECT_EQ(missing({sliceOf264(SliceOf::i, true)}), (Units{sps264(0), ppsOf264(0, 0, 1)}));
  EXPECT_FALSE(put(adapter, {sliceOf264(SliceOf::p)}).outOfBand);
  put(adapter, {sps264(0), ppsOf264(0)});  // a payload of its own, in front of its picture
  EXPECT_EQ(missing({sliceOf264(SliceOf::i, true)}), Units{});
}

// --- which pictures are intra ---

TEST(IntraPictures, H264TellsByEverySlice) {
  auto adapter = make({});
  const auto kinds = [&](const Units& units) {
    const Adapted found = put(adapter, units);
    return std::pair(found.hasIntra, found.hasInter);
  };
  const std::pair intra(true, false), inter(false, true), both(true, true), neither(false, false);
  EXPECT_EQ(kinds({sliceOf264(SliceOf::i)}), inter) << "without parameter sets nothing begins here";
  EXPECT_EQ(kinds({sps264(0), ppsOf264(0), sliceOf264(SliceOf::i)}), intra);
  EXPECT_EQ(kinds({sliceOf264(SliceOf::i, false, 1)}), inter) << "nor with those of another picture";
  EXPECT_EQ(kinds({sliceOf264(SliceOf::si)}), intra);
  for (const SliceOf kind : {SliceOf::p, SliceOf::b, SliceOf::sp})
    EXPECT_EQ(kinds({sliceOf264(kind)}), inter);
  EXPECT_EQ(kinds({sliceOf264(SliceOf(2)), sliceOf264(SliceOf(2), false, 0, 9)}), intra) << "types below 5";
  EXPECT_EQ(kinds({sliceOf264(SliceOf(2)), sliceOf264(SliceOf(0), false, 0, 9)}), both);
  EXPECT_EQ(kinds({test::hex("41")}), inter) << "too short to tell";
  Bytes partition = sliceOf264(SliceOf::i);
  partition[0] = std::byte{0x42};
  EXPECT_EQ(kinds({partition, test::hex("4388"), test::hex("4480")}), intra);
  EXPECT_EQ(kinds({test::hex("4388")}), neither) << "B and C say nothing of their slice";
  EXPECT_EQ(kinds({test::hex("0605 01FF80")}), neither);
}

TEST(IntraPictures, H265NeedsTheParameterSets) {
  auto adapter = make({.codec = Codec::h265});
  const auto kinds = [&](const Units& units) {
    const Adapted found = put(adapter, units);
    return std::pair(found.hasIntra, found.hasInter);
  };
  const std::pair intra(true, false), inter(false, true), both(true, true);
  const Bytes i = sliceOf265({.kind = 2});
  EXPECT_EQ(kinds({i}), inter) << "nobody knows where its type stands";
  EXPECT_EQ(kinds({vpsOf265(), spsOf265({}), ppsOf265(), i}), intra);
  EXPECT_EQ(kinds({sliceOf265({.kind = 1})}), inter);
  EXPECT_EQ(kinds({i, sliceOf265({.kind = 2, .address = 7})}), intra);
  EXPECT_EQ(kinds({i, sliceOf265({.kind = 0, .address = 7})}), both);
  EXPECT_FALSE(put(adapter, {i}).key);
  put(adapter, {ppsOf265({.dependentSegments = true, .extraBits = 2})});
  EXPECT_EQ(kinds({sliceOf265({.kind = 2, .extraBits = 2})}), intra);
  const auto dependent = [](unsigned address) {
    return sliceOf265({.address = address, .mayDepend = true, .dependent = true});
  };
  EXPECT_EQ(kinds({sliceOf265({.kind = 2, .extraBits = 2}), dependent(3)}), intra);
  EXPECT_EQ(kinds({sliceOf265({.kind = 1, .extraBits = 2}), dependent(3)}), inter);
}

TEST(IntraPictures, H265RecoveryPointsAreKeyFrames) {
  auto adapter = make({.codec = Codec::h265});
  put(adapter, {vpsOf265(), spsOf265({}), ppsOf265(), sliceOf265({.nalType = 20, .kind = 2})});
  const auto found = put(adapter, {recoveryPointOf265(), sliceOf265({.kind = 1})});
  EXPECT_TRUE(found.key);
  EXPECT_TRUE(found.mayHaveLeading);
  EXPECT_FALSE(put(adapter, {sliceOf265({.kind = 1})}).key);
  const auto idr = put(adapter, {recoveryPointOf265(), sliceOf265({.nalType = 20, .kind = 2})});
  EXPECT_TRUE(idr.key);
  EXPECT_FALSE(idr.mayHaveLeading) << "the picture itself says more";
  EXPECT_FALSE(put(adapter, {test::hex("4E01 06 00 80"), sliceOf265({.kind = 1})}).key) << "without bytes";
  EXPECT_FALSE(put(adapter, {test::hex("5001 06 01 D0 80"), sliceOf265({.kind = 1})}).key) << "a suffix";
  EXPECT_TRUE(put(adapter, {test::hex("4E01 05 02 AAAA 06 02 0A80 80"), sliceOf265({})}).key)
      << "behind another";
}

// --- which changes keep the header ---

Bytes recordOf264(const SpsOf264& sps, unsigned ppsVariant = 0) {
  const Bytes one = spsOf264(sps), pps = ppsOf264(0, sps.id, ppsVariant);
  return makeAvcDecoderConfiguration(std::vector<ByteView>{one}, std::vector<ByteView>{pps}).value();
}
Bytes recordOf265(const SpsOf265& sps, unsigned ppsVariant = 0) {
  return makeHevcDecoderConfiguration(
             {{vpsOf265(sps.vps)}, {spsOf265(sps)}, {ppsOf265({.sps = sps.id, .variant = ppsVariant})}})
      .value();
}

bool goesOn264(const SpsOf264& from, const SpsOf264& to, const Units& outOfBand = {}) {
  return isSameFormat(Codec::h264, recordOf264(from), recordOf264(to, 5), outOfBand);
}
bool goesOn265(const SpsOf265& from, const SpsOf265& to, const Units& outOfBand = {}) {
  return isSameFormat(Codec::h265, recordOf265(from), recordOf265(to, 5), outOfBand);
}

TEST(SameFormat, H264BufferModelsRatesAndIdsMayChange) {
  EXPECT_TRUE(goesOn264({}, {}));
  EXPECT_TRUE(goesOn264({.vui = true, .bitRate = 1000}, {.vui = true, .bitRate = 2000}));
  EXPECT_TRUE(goesOn264({.vui = true, .bitRate = 1000}, {}));
  EXPECT_TRUE(goesOn264({}, {.id = 7}));
  EXPECT_TRUE(goesOn264({}, {.level = 21}));
  EXPECT_TRUE(goesOn264({}, {.vui = true, .aspect = {3, 3}})) << "square, as what is not said";
}

TEST(SameFormat, ALowerLevelGoesOnWhereNeitherSaysHowFarPicturesAreReordered) {
  const SpsOf264 high{.level = 40, .widthMbs = 80, .heightMbs = 45, .orderType = 0};
  SpsOf264 low = high;
  low.level = 31;
  EXPECT_TRUE(goesOn264(high, low));
  EXPECT_FALSE(goesOn264(low, high));
}

TEST(SameFormat, H264PicturesThatChangeNeedAnotherHeader) {
  const SpsOf264 plain{.orderType = 0, .vui = true, .aspect = {4, 3}, .reorder = 1};
  ASSERT_TRUE(goesOn264(plain, plain));
  const auto other = [&plain](auto change) {
    SpsOf264 sps = plain;
    change(sps);
    return goesOn264(plain, sps);
  };
  EXPECT_FALSE(other([](SpsOf264& sps) { sps.widthMbs = 10; }));
  EXPECT_FALSE(other([](SpsOf264& sps) { sps.heightMbs = 10; }));
  EXPECT_FALSE(other([](SpsOf264& sps) { sps.cropRight = 1; }));
  EXPECT_FALSE(other([](SpsOf264& sps) { sps.level = 31; }));
  EXPECT_FALSE(other([](SpsOf264& sps) { sps.profile = 100; }));
  EXPECT_FALSE(other([](SpsOf264& sps) { sps.frameMbsOnly = false, sps.heightMbs = 8; }));
  EXPECT_FALSE(other([](SpsOf264& sps) { sps.aspect = {16, 11}; }));
  EXPECT_FALSE(other([](SpsOf264& sps) { sps.reorder = 2; }));
  EXPECT_FALSE(other([](SpsOf264& sps) { sps.vui = false, sps.aspect = {}; }))
      << "as far as the level allows";
}

TEST(SameFormat, H265BufferModelsRatesAndIdsMayChange) {
  EXPECT_TRUE(goesOn265({}, {}));
  EXPECT_TRUE(goesOn265({.vui = true, .ticks = 1}, {.vui = true, .ticks = 3}));
  EXPECT_TRUE(goesOn265({}, {.vui = true}));
  EXPECT_TRUE(goesOn265({}, {.id = 4, .vps = 2}));
  EXPECT_TRUE(goesOn265({}, {.level = 63}));
}

TEST(SameFormat, H265PicturesThatChangeNeedAnotherHeader) {
  EXPECT_FALSE(goesOn265({}, {.level = 120}));
  EXPECT_FALSE(goesOn265({}, {.profile = 2}));
  EXPECT_FALSE(goesOn265({}, {.width = 328}));
  EXPECT_FALSE(goesOn265({}, {.height = 248}));
  EXPECT_FALSE(goesOn265({}, {.reorder = 2}));
  EXPECT_FALSE(goesOn265({}, {.vui = true, .aspect = {4, 3}}));
  EXPECT_FALSE(goesOn265({}, {.vui = true, .fields = true}));
}

TEST(SameFormat, WhatDoesNotTravelWithThePicturesMustBeInTheHeader) {
  EXPECT_TRUE(goesOn264({}, {}, {spsOf264({})}));
  EXPECT_FALSE(goesOn264({}, {}, {ppsOf264(0, 0, 5)}));
  EXPECT_TRUE(goesOn265({}, {}, {vpsOf265(), spsOf265({})}));
  EXPECT_FALSE(goesOn265({}, {}, {ppsOf265({.variant = 5})}));
}

TEST(SameFormat, OtherCodecsAndBytesThatCannotBeReadAreNotTheSame) {
  EXPECT_FALSE(isSameFormat(Codec::aac, test::hex("1210"), test::hex("1210"), {}));
  EXPECT_FALSE(isSameFormat(Codec::h264, test::hex("0142"), recordOf264({}), {}));
  EXPECT_FALSE(isSameFormat(Codec::h265, recordOf265({}), test::hex("01"), {}));
}

}  // namespace
}  // namespace kvs::media
