// SPDX-License-Identifier: Apache-2.0
#include "media/h264_parameter_sets.h"

#include <gtest/gtest.h>

#include "support.h"

namespace kvs::media {
namespace {

using test::hex;
using test::realStreams;
using test::toHex;

const Bytes sps = hex(realStreams[2].sps), pps = hex(realStreams[2].pps);
// pps_id 1 (010), sps_id 0 (1), then anything
const Bytes secondPps = hex("685F");

TEST(H264ParameterSets, BecomesTheRecordOnceBothAreThere) {
  H264ParameterSets sets;
  EXPECT_FALSE(sets.complete());
  EXPECT_EQ(sets.configurationRecord().error().code, StatusCode::mkvMissingSps);
  EXPECT_EQ(sets.add(sps), true);
  EXPECT_FALSE(sets.complete());
  EXPECT_EQ(sets.configurationRecord().error().code, StatusCode::mkvMissingPps);
  EXPECT_EQ(sets.add(pps), true);
  EXPECT_TRUE(sets.complete());
  EXPECT_EQ(toHex(*sets.configurationRecord()), realStreams[2].avcC);
  EXPECT_EQ(sets.newestSps()->width, 1920u);
}

TEST(H264ParameterSets, ARepetitionIsNoChange) {
  H264ParameterSets sets;
  ASSERT_TRUE(sets.add(sps) && sets.add(pps));
  EXPECT_EQ(sets.add(sps), false);
  EXPECT_EQ(sets.add(pps), false);
  EXPECT_EQ(sets.add(hex("0910")), false);
  EXPECT_EQ(sets.add({}), false);
}

TEST(H264ParameterSets, AnotherOneOfTheSameIdTakesItsPlace) {
  H264ParameterSets sets;
  ASSERT_TRUE(sets.add(hex(realStreams[3].sps)) && sets.add(pps));
  EXPECT_EQ(sets.add(sps), true);
  EXPECT_EQ(toHex(*sets.configurationRecord()), realStreams[2].avcC);
}

TEST(H264ParameterSets, TheOrderIsThatOfTheIds) {
  H264ParameterSets sets;
  ASSERT_TRUE(sets.add(secondPps) && sets.add(sps) && sets.add(pps));
  const auto parsed = parseAvcDecoderConfiguration(*sets.configurationRecord());
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->pps, (std::vector{pps, secondPps}));
}

TEST(H264ParameterSets, WhatCannotBeReadIsNotTaken) {
  H264ParameterSets sets;
  ASSERT_TRUE(sets.add(sps) && sets.add(pps));
  EXPECT_EQ(sets.add(hex("6742")).error().code, StatusCode::mkvInvalidSps);
  EXPECT_EQ(sets.add(hex("68")).error().code, StatusCode::mkvInvalidCodecPrivate);
  EXPECT_EQ(sets.add(hex("68 00 80 80 80")).error().code, StatusCode::mkvInvalidCodecPrivate);  // id 256
  EXPECT_EQ(sets.add(hex("68 82 18")).error().code, StatusCode::mkvInvalidCodecPrivate);        // of SPS 32
  EXPECT_EQ(toHex(*sets.configurationRecord()), realStreams[2].avcC);
}

TEST(H264ParameterSets, TheirSizeIsBounded) {
  H264ParameterSets sets;
  Bytes large(200 * 1024, std::byte{0x55});
  large[0] = std::byte{0x68};
  unsigned taken = 0;
  for (unsigned head : {0xC0u, 0x50u, 0x70u}) {  // pps ids 0, 1, 2 of SPS 0
    large[1] = static_cast<std::byte>(head);
    taken += sets.add(large) ? 1 : 0;
  }
  EXPECT_EQ(taken, 2u);
  EXPECT_EQ(sets.add(large).error().code, StatusCode::mkvInvalidCodecPrivateLength);
}

}  // namespace
}  // namespace kvs::media
