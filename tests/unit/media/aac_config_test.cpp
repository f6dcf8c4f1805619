// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "media/aac.h"
#include "media/bits.h"
#include "support.h"

namespace kvs::media {
namespace {

using test::hex;

AudioSpecificConfig parse(std::string_view text) {
  const auto config = parseAudioSpecificConfig(hex(text));
  EXPECT_TRUE(config) << config.error().message;
  return config.value_or(AudioSpecificConfig{});
}

StatusCode codeOf(const Bytes& bytes) {
  const auto config = parseAudioSpecificConfig(bytes);
  return config ? StatusCode::success : config.error().code;
}

TEST(AudioSpecificConfig, ReadsWhatFfmpegWrote) {
  struct Real {
    std::string_view bytes;
    std::uint32_t frequency;
    unsigned configuration, channels;
  };
  // ffmpeg -f lavfi -i aevalsrc=0:s=RATE:c=LAYOUT -c:a aac, as its mov muxer stores it; the last ones'
  // layouts (quad, 2.1, 7.1(wide)) fit no channel configuration
  for (const Real& real : {Real{"1588", 8000, 1, 1},
                           {"1190", 48000, 2, 2},
                           {"1230", 44100, 6, 6},
                           {"1008", 96000, 1, 1},
                           {"1608", 7350, 1, 1},
                           {"11b856e500", 48000, 7, 8},
                           {"118004c404002110 0d4c61766335392e33372e31303056e500", 48000, 0, 4},
                           {"118004c401002000 0d4c61766335392e33372e31303056e500", 48000, 0, 3},
                           {"118004c848002000c640 0d4c61766335392e33372e31303056e500", 48000, 0, 8}}) {
    SCOPED_TRACE(real.bytes);
    const auto config = parse(real.bytes);
    EXPECT_EQ(config.objectType, aacLowComplexity);
    EXPECT_EQ(config.samplingFrequency, real.frequency);
    EXPECT_EQ(config.channelConfiguration, real.configuration);
    EXPECT_EQ(config.channels, real.channels);
    EXPECT_EQ(config.samplesPerFrame, 1024u);
    EXPECT_FALSE(config.sbr || config.parametricStereo);
    EXPECT_EQ(frameDuration(config), Nanoseconds(1024'000'000'000 / real.frequency));
  }
}

TEST(AudioSpecificConfig, HeAacIsReadInEachOfItsSignallings) {
  const auto hierarchical = parse("2b920800");  // object type 5, 22,050 Hz, stereo, SBR 44,100 Hz, core 2
  EXPECT_TRUE(hierarchical.sbr);
  EXPECT_FALSE(hierarchical.parametricStereo);
  EXPECT_EQ(hierarchical.objectType, aacLowComplexity);
  EXPECT_EQ(hierarchical.samplingFrequency, 22050u);
  EXPECT_EQ(hierarchical.extensionFrequency, 44100u);
  EXPECT_EQ(hierarchical.channels, 2u);
  const auto second = parse("eb8a0800");  // object type 29
  EXPECT_TRUE(second.sbr && second.parametricStereo);
  EXPECT_EQ(second.channels, 1u);
  const auto compatible = parse("131056e59d4880");  // 24,000 Hz, sync extension: SBR 48,000 Hz, PS
  EXPECT_TRUE(compatible.sbr && compatible.parametricStereo);
  EXPECT_EQ(compatible.objectType, aacLowComplexity);
  EXPECT_EQ(compatible.samplingFrequency, 24000u);
  EXPECT_EQ(compatible.extensionFrequency, 48000u);
  const auto withoutPs = parse("131056e598");
  EXPECT_TRUE(withoutPs.sbr);
  EXPECT_FALSE(withoutPs.parametricStereo);
  EXPECT_FALSE(parse("131056e500").sbr);
}

TEST(AudioSpecificConfig, ExplicitFrequenciesAndObjectTypesAreRead) {
  BitWriter out;
  out.put(31, 5);
  out.put(42 - 32, 6);
  out.put(15, 4);
  out.put(12345, 24);
  out.put(2, 4);
  const auto config = parseAudioSpecificConfig(out.take());
  ASSERT_TRUE(config);
  EXPECT_EQ(config->objectType, 42u);
  EXPECT_EQ(config->samplingFrequency, 12345u);
  EXPECT_EQ(config->channels, 2u);
  EXPECT_EQ(frameDuration(*config), std::nullopt);
}

TEST(AudioSpecificConfig, ShortFramesAreShorter) {
  EXPECT_EQ(parse("1194").samplesPerFrame, 960u);
  EXPECT_EQ(frameDuration(parse("1194")), Milliseconds(20));
  EXPECT_EQ(parse("b9900000").samplesPerFrame, 512u);  // ER AAC LD
  EXPECT_EQ(parse("b9940000").samplesPerFrame, 480u);
}

TEST(AudioSpecificConfig, EveryChannelConfigurationHasItsChannels) {
  constexpr std::array<unsigned, 16> channels = {0, 1, 2, 3, 4, 5, 6, 8, 0, 0, 0, 7, 8, 24, 8, 0};
  for (unsigned configuration = 1; configuration < channels.size(); ++configuration) {
    SCOPED_TRACE(configuration);
    BitWriter out;
    out.put(2, 5);
    out.put(3, 4);
    out.put(configuration, 4);
    out.put(0, 3);
    const auto config = parseAudioSpecificConfig(out.take());
    if (channels[configuration] == 0) {
      EXPECT_EQ(config.error().code, StatusCode::mkvInvalidAacChannelConfig);
    } else {
      ASSERT_TRUE(config);
      EXPECT_EQ(config->channels, channels[configuration]);
    }
  }
}

TEST(AudioSpecificConfig, RefusesWhatCannotBe) {
  EXPECT_EQ(codeOf({}), StatusCode::mkvInvalidAac);
  EXPECT_EQ(codeOf(hex("12")), StatusCode::mkvInvalidAac);
  EXPECT_EQ(codeOf(hex("0190")), StatusCode::mkvInvalidAac);               // object type 0
  EXPECT_EQ(codeOf(hex("1690")), StatusCode::mkvInvalidAacSamplingIndex);  // index 13
  EXPECT_EQ(codeOf(hex("178000000010")), StatusCode::mkvInvalidAacSamplingIndex);
  const Bytes withProgram = hex("118004c4040021100d4c61766335392e33372e313030");
  EXPECT_EQ(codeOf(withProgram), StatusCode::success);
  for (std::size_t size = 0; size < withProgram.size(); ++size) {
    EXPECT_EQ(codeOf(Bytes(withProgram.begin(), withProgram.begin() + static_cast<std::ptrdiff_t>(size))),
              StatusCode::mkvInvalidAac)
        << size;
  }
  EXPECT_EQ(codeOf(hex("118004c00000000000")), StatusCode::mkvInvalidAacChannelConfig);  // no element
}

TEST(AudioSpecificConfig, AgreesWithCapsOfTheCoreAndOfWhatIsHeard) {
  const auto stereo = parse("1190"), mono = parse("1308");  // 48,000 Hz, 24,000 Hz
  EXPECT_TRUE(agrees(stereo, 48000, 2));
  EXPECT_TRUE(agrees(stereo, 0, 0));
  EXPECT_TRUE(agrees(stereo, 96000, 2));
  EXPECT_FALSE(agrees(stereo, 44100, 2));
  EXPECT_FALSE(agrees(stereo, 48000, 1));
  EXPECT_FALSE(agrees(stereo, 24000, 2));
  EXPECT_TRUE(agrees(mono, 48000, 2));   // HE-AAC v2, signalled in the frames
  EXPECT_FALSE(agrees(mono, 24000, 2));  // no SBR, so no parametric stereo either
  const auto second = parse("eb8a0800");
  EXPECT_TRUE(agrees(second, 44100, 2));
  EXPECT_TRUE(agrees(second, 22050, 1));
  EXPECT_FALSE(agrees(second, 44100, 6));
}

}  // namespace
}  // namespace kvs::media
