// SPDX-License-Identifier: Apache-2.0
// AAC and G.711 through the adapter.
#include <gtest/gtest.h>

#include "adts_frames.h"
#include "media/adapter.h"
#include "support.h"

namespace kvs::media {
namespace {

using test::adts;
using test::hex;
using test::joined;
using test::toHex;

TrackFormat aac(TrackFormat config) {
  config.codec = Codec::aac;
  return config;
}

FrameAdapter make(const TrackFormat& config) {
  auto adapter = FrameAdapter::create(config);
  EXPECT_TRUE(adapter) << adapter.error().message;
  return std::move(*adapter);
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

std::string refusal(const TrackFormat& config) {
  const auto adapter = FrameAdapter::create(config);
  return adapter ? "" : adapter.error().message;
}

TEST(AacAdapter, RawFramesTravelAsTheyCome) {
  auto adapter = make(aac({.codecPrivate = hex("1190")}));
  EXPECT_EQ(adapter.samplingFrequency(), 48000);
  EXPECT_EQ(adapter.channels(), 2u);
  EXPECT_EQ(adapter.frameDuration(), Nanoseconds(21'333'333));
  const auto out = put(adapter, hex("DE0200"));
  ASSERT_TRUE(out.found);
  EXPECT_EQ(out.bytes, "de0200");
  EXPECT_TRUE(out.found->key && out.found->isFrame && out.found->startsUnit);
  EXPECT_FALSE(out.found->codecChanged || out.found->mayHaveLeading);
  EXPECT_EQ(put(adapter, {}).found.error().code, StatusCode::mkvInvalidFrameData);
}

TEST(AacAdapter, RawTracksRefuseFramedOnes) {
  auto adapter = make(aac({.codecPrivate = hex("1190")}));
  EXPECT_NE(put(adapter, adts({})).found.error().message.find("ADTS"), std::string::npos);
  EXPECT_NE(put(adapter, hex("56e0050000000000")).found.error().message.find("LOAS"), std::string::npos);
  EXPECT_NE(refusal(aac({})), "");
}

TEST(AacAdapter, HeAacsSignallingIsKeptAsGiven) {
  for (const char* given : {"2b920800", "eb8a0800", "131056e59d4880"}) {
    EXPECT_EQ(toHex(*make(aac({.codecPrivate = hex(given)})).codecPrivate()), given);
  }
  auto second = make(aac({.codecPrivate = hex("eb8a0800"), .samplingFrequency = 44100, .channels = 2}));
  EXPECT_EQ(second.samplingFrequency(), 44100);
  EXPECT_EQ(second.channels(), 2u);
  EXPECT_EQ(second.frameDuration(), Nanoseconds(1024'000'000'000 / 22050));
  EXPECT_EQ(make(aac({.codecPrivate = hex("eb8a0800")})).channels(), 2u);
}

TEST(AacAdapter, CapsThatContradictTheCodecDataAreRefused) {
  const auto message = refusal(aac({.codecPrivate = hex("1190"), .samplingFrequency = 44100, .channels = 2}));
  EXPECT_NE(message.find("48000 Hz"), std::string::npos) << message;
  EXPECT_NE(message.find("44100 Hz"), std::string::npos) << message;
  EXPECT_NE(refusal(aac({.codecPrivate = hex("1190"), .channels = 1})), "");
  EXPECT_NE(refusal(aac({.codecPrivate = hex("12")})), "");
}

TEST(AacAdapter, AdtsMakesTheCodecDataAndLosesItsHeader) {
  auto adapter = make(aac({.adts = true}));
  EXPECT_FALSE(adapter.codecPrivate());
  EXPECT_EQ(adapter.frameDuration(), std::nullopt);
  const auto first = put(adapter, adts({.crc = true, .sound = hex("010203")}));
  ASSERT_TRUE(first.found);
  EXPECT_TRUE(first.found->codecChanged);
  EXPECT_EQ(first.bytes, "010203");
  EXPECT_EQ(toHex(*adapter.codecPrivate()), "1210");
  EXPECT_EQ(adapter.samplingFrequency(), 44100);
  EXPECT_EQ(adapter.channels(), 2u);
  EXPECT_FALSE(put(adapter, adts({})).found->codecChanged);
  EXPECT_EQ(adapter.frameDuration(), Nanoseconds(23'219'954));
  EXPECT_TRUE(put(adapter, adts({.blocks = 3})).found);
  EXPECT_EQ(adapter.frameDuration(), Nanoseconds(3 * 23'219'954));
}

TEST(AacAdapter, AChangedAdtsHeaderIsChangedCodecData) {
  auto adapter = make(aac({.samplingFrequency = 44100, .channels = 2, .adts = true}));
  put(adapter, adts({}));
  EXPECT_FALSE(put(adapter, adts({.mpeg2 = true})).found->codecChanged);  // the sound is the same
  EXPECT_TRUE(put(adapter, adts({.index = 3, .channels = 1})).found->codecChanged);
  EXPECT_EQ(toHex(*adapter.codecPrivate()), "1188");
  EXPECT_EQ(adapter.samplingFrequency(), 48000);
  EXPECT_EQ(adapter.channels(), 1u);
  EXPECT_TRUE(put(adapter, adts({})).found->codecChanged);
}

TEST(AacAdapter, TheFirstAdtsHeaderIsHeldAgainstWhatIsKnown) {
  auto known = make(aac({.codecPrivate = hex("1190"), .adts = true}));
  const auto refused = put(known, adts({}));
  ASSERT_FALSE(refused.found);
  EXPECT_EQ(refused.found.error().code, StatusCode::mkvInvalidAac);
  EXPECT_NE(refused.found.error().message.find("44100"), std::string::npos);
  EXPECT_NE(refused.found.error().message.find("48000"), std::string::npos);
  EXPECT_FALSE(put(known, adts({.index = 3, .channels = 1})).found);
  EXPECT_FALSE(put(known, adts({.profile = 0, .index = 3})).found);
  EXPECT_FALSE(put(known, adts({.index = 3})).found->codecChanged);
  EXPECT_TRUE(put(known, adts({})).found->codecChanged);  // from then on it is a change
  auto announced = make(aac({.samplingFrequency = 48000, .channels = 2, .adts = true}));
  EXPECT_EQ(put(announced, adts({})).found.error().code, StatusCode::mkvInvalidAac);
  EXPECT_TRUE(put(announced, adts({.index = 3})).found->codecChanged);
  auto heAac = make(aac({.codecPrivate = hex("2b920800"), .adts = true}));
  EXPECT_FALSE(put(heAac, adts({.index = 7})).found->codecChanged);
  EXPECT_EQ(toHex(*heAac.codecPrivate()), "2b920800");
}

TEST(AacAdapter, AnAdtsPayloadIsOneFrame) {
  auto adapter = make(aac({.adts = true}));
  const Bytes frame = adts({});
  EXPECT_FALSE(put(adapter, joined({frame, frame})).found);
  EXPECT_FALSE(put(adapter, ByteView(frame).first(frame.size() - 1)).found);
  EXPECT_FALSE(put(adapter, hex("DE0200")).found);
  EXPECT_FALSE(adapter.codecPrivate());
}

TEST(G711Adapter, MakesWindowsFormat) {
  auto alaw = make({.codec = Codec::alaw});
  EXPECT_EQ(toHex(*alaw.codecPrivate()), "06000100401f0000401f0000010008000000");
  EXPECT_EQ(alaw.samplingFrequency(), 8000);
  EXPECT_EQ(alaw.channels(), 1u);
  auto mulaw = make({.codec = Codec::mulaw, .samplingFrequency = 16000, .channels = 2});
  EXPECT_EQ(toHex(*mulaw.codecPrivate()), "07000200803e0000007d0000020008000000");
  auto given = make({.codec = Codec::mulaw, .codecPrivate = hex("0700")});
  EXPECT_EQ(toHex(*given.codecPrivate()), "0700");
  EXPECT_EQ(given.samplingFrequency(), 8000);
  EXPECT_EQ(put(given, hex("D5FF")).bytes, "d5ff");
  auto told = make({.codec = Codec::mulaw, .codecPrivate = hex("07000200803e0000007d0000020008000000")});
  EXPECT_EQ(told.samplingFrequency(), 16000);
  EXPECT_EQ(told.channels(), 2u);
}

// What FFmpeg writes before the same samples.
TEST(G726Adapter, MakesWindowsFormat) {
  const auto codecData = [](std::uint32_t bits) {
    return toHex(*make({.codec = Codec::g726, .bitsPerSample = bits}).codecPrivate());
  };
  EXPECT_EQ(codecData(0), codecData(4)) << "32 kbit/s is the usual rate";
  EXPECT_EQ(codecData(2), "45000100401f0000d0070000010002000000");
  EXPECT_EQ(codecData(3), "45000100401f0000b80b0000030003000000");
  EXPECT_EQ(codecData(4), "45000100401f0000a00f0000010004000000");
  EXPECT_EQ(codecData(5), "45000100401f000088130000050005000000");
}

TEST(G726Adapter, APayloadLastsAsLongAsItsSamples) {
  auto adapter = make({.codec = Codec::g726, .bitsPerSample = 3});
  ASSERT_TRUE(adapter.inspect(Pieces(std::array{ByteView(Bytes(60))})));
  EXPECT_EQ(adapter.frameDuration(), Milliseconds(20));
  auto byCodecData =
      make({.codec = Codec::g726, .codecPrivate = hex("45000100401f0000d0070000010002000000")});
  ASSERT_TRUE(byCodecData.inspect(Pieces(std::array{ByteView(Bytes(60))})));
  EXPECT_EQ(byCodecData.frameDuration(), Milliseconds(30));
}

}  // namespace
}  // namespace kvs::media
