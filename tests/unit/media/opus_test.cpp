// SPDX-License-Identifier: Apache-2.0
#include "media/opus.h"

#include <gtest/gtest.h>

#include "support.h"

namespace kvs::media {
namespace {

using test::hex;

// "OpusHead", version 1, 2 channels, pre-skip, 48,000 Hz, no gain, family 0.
Bytes head(std::string_view preSkip) {
  return test::joined({hex("4F70757348656164 01 02"), hex(preSkip), hex("80BB0000 0000 00")});
}

TEST(Opus, ThePreSkipIsTheDelay) {
  EXPECT_EQ(opusCodecDelay(head("3801")), Nanoseconds(6'500'000)) << "312 samples of 48,000 a second";
  EXPECT_EQ(opusCodecDelay(head("000F")), Milliseconds(80));
  EXPECT_EQ(opusCodecDelay(head("0000")), Nanoseconds(0));
  EXPECT_EQ(opusCodecDelay(head("0100")), Nanoseconds(20'833)) << "rounded";
  EXPECT_EQ(opusCodecDelay(head("FFFF")), Nanoseconds(1'365'312'500));
}

TEST(Opus, OtherBytesTellNothing) {
  EXPECT_EQ(opusCodecDelay({}), std::nullopt);
  const Bytes whole = head("3801");
  EXPECT_EQ(opusCodecDelay(ByteView(whole).first(18)), std::nullopt);
  EXPECT_EQ(opusCodecDelay(hex("4F707573546167730102380180BB000000000000")), std::nullopt);
}

}  // namespace
}  // namespace kvs::media
