// SPDX-License-Identifier: Apache-2.0
// What silence is made of; that it sounds so, FFmpeg judges (check_silence.py).
#include "media/silence.h"

#include <gtest/gtest.h>

#include <limits>

#include "media/aac.h"
#include "support.h"

namespace kvs::media {
namespace {

using test::hex;
using test::toHex;

TrackFormat track(Codec codec, std::string codecId = {}, double frequency = 0, std::uint32_t channels = 0,
                  std::uint32_t bits = 0) {
  TrackFormat config;
  config.codec = codec;
  config.codecId = std::move(codecId);
  config.samplingFrequency = frequency;
  config.channels = channels;
  config.bitsPerSample = bits;
  return config;
}

TEST(Silence, G711IdlesAtItsSmallestValue) {
  const auto alaw = silentUnit(track(Codec::alaw), {});
  ASSERT_TRUE(alaw);
  EXPECT_EQ(alaw->payload, Bytes(160, std::byte{0xD5}));
  EXPECT_EQ(alaw->duration, Milliseconds(20));
  const auto mulaw = silentUnit(track(Codec::mulaw, {}, 16000, 2), {});
  EXPECT_EQ(mulaw->payload, Bytes(640, std::byte{0xFF}));
  EXPECT_EQ(silentUnit(track(Codec::mulaw), hex("07000200803e0000"))->payload, mulaw->payload);
  const auto odd = silentUnit(track(Codec::mulaw, {}, 11025, 1), {});
  EXPECT_EQ(odd->payload.size(), 220u);
  EXPECT_EQ(odd->duration, Nanoseconds(19'954'648));
}

TEST(Silence, G726IsOnesWhereItHasACodeForNoDifference) {
  for (const std::uint32_t bits : {3U, 4U, 5U}) {
    const auto unit = silentUnit(track(Codec::g726, {}, 8000, 1, bits), {});
    ASSERT_TRUE(unit);
    EXPECT_EQ(unit->payload, Bytes(20 * bits, std::byte{0xFF}));
    EXPECT_EQ(unit->duration, Milliseconds(20));
  }
  EXPECT_FALSE(silentUnit(track(Codec::g726, {}, 8000, 1, 2), {}));
  EXPECT_FALSE(silentUnit(track(Codec::g726, {}, 11025, 1, 3), {})) << "no whole number of bytes";
}

TEST(Silence, PcmIsZerosOrTheMiddle) {
  const auto whole = silentUnit(track(Codec::other, "A_PCM/INT/LIT", 48000, 2, 16), {});
  EXPECT_EQ(whole->payload, Bytes(960 * 2 * 2));
  EXPECT_EQ(whole->duration, Milliseconds(20));
  EXPECT_EQ(silentUnit(track(Codec::other, "A_PCM/INT/BIG", 8000, 1, 24), {})->payload, Bytes(480));
  EXPECT_EQ(silentUnit(track(Codec::other, "A_PCM/FLOAT/IEEE", 8000, 1, 32), {})->payload, Bytes(640));
  EXPECT_EQ(silentUnit(track(Codec::other, "A_PCM/INT/LIT", 8000, 1, 8), {})->payload,
            Bytes(160, std::byte{0x80}));
}

TEST(Silence, PcmThatIsNotDescribedHasNone) {
  constexpr double notANumber = std::numeric_limits<double>::quiet_NaN();
  for (const auto& config :
       {track(Codec::other, "A_PCM/INT/LIT", 0, 1, 16),
        track(Codec::other, "A_PCM/INT/LIT", notANumber, 1, 16),
        track(Codec::other, "A_PCM/INT/LIT", 1e300, 1, 16), track(Codec::other, "A_PCM/INT/LIT", 8000, 0, 16),
        track(Codec::other, "A_PCM/INT/LIT", 8000, 65, 16), track(Codec::other, "A_PCM/INT/LIT", 8000, 1, 0),
        track(Codec::other, "A_PCM/INT/LIT", 8000, 1, 12)}) {
    EXPECT_FALSE(silentUnit(config, {}));
  }
}

TEST(Silence, OpusIsThreeBytes) {
  EXPECT_EQ(toHex(silentUnit(track(Codec::other, "A_OPUS", 48000, 1), {})->payload), "f8fffe");
  EXPECT_EQ(toHex(silentUnit(track(Codec::other, "A_OPUS", 48000, 2), {})->payload), "fcfffe");
  EXPECT_EQ(silentUnit(track(Codec::other, "A_OPUS", 48000, 2), {})->duration, Milliseconds(20));
  const Bytes stereoHead = hex("4f707573486561640102380180bb0000000000");
  EXPECT_EQ(toHex(silentUnit(track(Codec::other, "A_OPUS"), stereoHead)->payload), "fcfffe");
  EXPECT_FALSE(silentUnit(track(Codec::other, "A_OPUS", 48000, 6), {}));
  EXPECT_FALSE(silentUnit(track(Codec::other, "A_OPUS"), {}));
}

TEST(Silence, AacIsABlockOfEmptyElements) {
  const auto aac = [](std::string_view config) { return silentUnit(track(Codec::aac), hex(config)); };
  const auto mono = aac("1588");
  ASSERT_TRUE(mono);
  // 000 0000, 00000000, 0 00 0 000000 0, 000; 111
  EXPECT_EQ(toHex(mono->payload), "00000007");
  EXPECT_EQ(mono->duration, Milliseconds(128));
  const auto stereo = aac("1190");
  // 001 0000 1, 0 00 0 000000 0, 00, 2 x (00000000 000); 111
  EXPECT_EQ(toHex(stereo->payload), "21000000001c");
  EXPECT_EQ(aac("2b920800")->payload, stereo->payload);  // HE-AAC: its core's
  EXPECT_EQ(aac("2b920800")->duration, Nanoseconds(1024'000'000'000 / 22050));
  EXPECT_EQ(aac("1194")->duration, Milliseconds(20));
}

TEST(Silence, AacThatIsNotUnderstoodHasNone) {
  for (const char* config :
       {"0990", "1990", "2190", "118004c4040021100d4c61766335392e33372e313030", "12", "11e8", "11f0",
        "b9900000"}) {  // Main, SSR, LTP, channels in the frame, cut, 22.2, 7.1 top, LD
    EXPECT_FALSE(silentUnit(track(Codec::aac), hex(config))) << config;
  }
  EXPECT_FALSE(silentUnit(track(Codec::aac), {}));
}

TEST(Silence, OtherTracksHaveNone) {
  EXPECT_FALSE(silentUnit(track(Codec::h264), {}));
  EXPECT_FALSE(silentUnit(track(Codec::h265), {}));
  EXPECT_FALSE(silentUnit(track(Codec::other, "V_VP8"), {}));
  EXPECT_FALSE(silentUnit(track(Codec::other, "S_TEXT/UTF8"), {}));
}

}  // namespace
}  // namespace kvs::media
