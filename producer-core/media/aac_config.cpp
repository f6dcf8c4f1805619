// SPDX-License-Identifier: Apache-2.0
// AudioSpecificConfig, ISO/IEC 14496-3 1.6.2.1, and its signalling of HE-AAC, 1.6.5.
#include <cmath>

#include "media/aac.h"
#include "media/aac_program.h"
#include "media/bits.h"

namespace kvs::media {
namespace {

// audioObjectType, table 1.17
constexpr unsigned scalable = 6, spectralBandReplication = 5, erBsac = 22, erLowDelay = 23;
constexpr unsigned parametricStereo = 29, escape = 31, erScalable = 20;

constexpr unsigned escapeFrequency = 15;
constexpr std::uint32_t syncSbr = 0x2B7, syncParametricStereo = 0x548;  // 1.6.2.1

tl::unexpected<Error> bad(StatusCode code, const char* message) {
  return fail(code, ErrorKind::fatal, message);
}

unsigned readObjectType(BitReader& reader) {
  const unsigned type = reader.bits(5);
  return type == escape ? 32 + reader.bits(6) : type;
}

/// 0 for reserved values.
std::uint32_t readFrequency(BitReader& reader) {
  const unsigned index = reader.bits(4);
  return index == escapeFrequency ? reader.bits(24) : aacSamplingFrequency(index);
}

/// Those whose configuration is a GASpecificConfig (4.4.1).
bool isGeneralAudio(unsigned type) {
  return (type >= 1 && type <= 4) || type == scalable || type == 7 || type == 17 ||
         (type >= 19 && type <= erLowDelay);
}

bool isErrorResilient(unsigned type) {
  return type == 17 || (type >= 19 && type <= 27) || type == 39;
}

unsigned samplesPerFrame(unsigned type, bool shortFrames) {
  if (type == 7) return 0;  // TwinVQ
  if (type == erLowDelay) return shortFrames ? 480 : 512;
  return shortFrames ? 960 : 1024;
}

/// False where the channels cannot be.
bool readGeneralAudio(BitReader& reader, AudioSpecificConfig& config) {
  config.samplesPerFrame = samplesPerFrame(config.objectType, reader.flag());
  if (reader.flag()) reader.bits(14);  // coreCoderDelay
  const bool extended = reader.flag();
  if (config.channelConfiguration == 0) config.channels = readProgramConfig(reader);
  if (config.objectType == scalable || config.objectType == erScalable) reader.bits(3);  // layerNr
  if (extended) {
    const bool resilient = config.objectType == 17 || config.objectType == 19 ||
                           config.objectType == erScalable || config.objectType == erLowDelay;
    if (config.objectType == erBsac) reader.bits(5 + 11);
    if (resilient) reader.bits(3);
    reader.flag();  // extensionFlag3
  }
  return config.channels != 0;
}

/// The backward-compatible signalling of HE-AAC behind the core's configuration.
void readSyncExtension(BitReader& reader, AudioSpecificConfig& config) {
  if (reader.bitsLeft() < 16 || reader.bits(11) != syncSbr) return;
  if (readObjectType(reader) != spectralBandReplication || !reader.flag()) return;
  const std::uint32_t frequency = readFrequency(reader);
  if (reader.failed() || frequency == 0) return;
  config.sbr = true;
  config.extensionFrequency = frequency;
  if (reader.bitsLeft() >= 12 && reader.bits(11) == syncParametricStereo) {
    config.parametricStereo = reader.flag();
  }
}

/// The hierarchical signalling: the extension's type stands first, then the core's.
void readHierarchy(BitReader& reader, AudioSpecificConfig& config) {
  config.sbr = true;
  config.parametricStereo = config.objectType == parametricStereo;
  config.extensionFrequency = readFrequency(reader);
  config.objectType = readObjectType(reader);
  if (config.objectType == erBsac) reader.bits(4);  // extensionChannelConfiguration
}

Result<void> readSpecific(BitReader& reader, AudioSpecificConfig& config) {
  config.channels = aacChannels(config.channelConfiguration);
  if (!isGeneralAudio(config.objectType)) return {};
  if (!readGeneralAudio(reader, config) && !reader.failed()) {
    return bad(StatusCode::mkvInvalidAacChannelConfig,
               "The AAC codec data describes audio without channels.");
  }
  const unsigned protection = isErrorResilient(config.objectType) ? reader.bits(2) : 0;  // epConfig
  if (!config.sbr && protection < 2) readSyncExtension(reader, config);
  return {};
}

}  // namespace

std::uint32_t aacSamplingFrequency(unsigned index) {
  static constexpr std::array<std::uint32_t, 13> frequencies = {
      96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350};
  return index < frequencies.size() ? frequencies[index] : 0;
}

unsigned aacChannels(unsigned channelConfiguration) {
  static constexpr std::array<unsigned, 15> channels = {0, 1, 2, 3, 4, 5, 6, 8, 0, 0, 0, 7, 8, 24, 8};
  return channelConfiguration < channels.size() ? channels[channelConfiguration] : 0;
}

Result<AudioSpecificConfig> parseAudioSpecificConfig(ByteView bytes) {
  BitReader reader(bytes);
  AudioSpecificConfig config;
  config.objectType = readObjectType(reader);
  config.samplingFrequency = readFrequency(reader);
  config.channelConfiguration = reader.bits(4);
  if (config.objectType == spectralBandReplication || config.objectType == parametricStereo) {
    readHierarchy(reader, config);
  }
  const bool headRead = !reader.failed();
  if (headRead && (config.samplingFrequency == 0 || (config.sbr && config.extensionFrequency == 0))) {
    return bad(StatusCode::mkvInvalidAacSamplingIndex,
               "The AAC codec data has a sampling frequency that is reserved.");
  }
  if (headRead && config.channelConfiguration != 0 && aacChannels(config.channelConfiguration) == 0) {
    return bad(StatusCode::mkvInvalidAacChannelConfig,
               "The AAC codec data has a channel configuration that is reserved.");
  }
  if (auto specific = readSpecific(reader, config); !specific) return fail(specific.error());
  if (reader.failed() || config.objectType == 0) {
    return bad(StatusCode::mkvInvalidAac,
               "The AAC codec data is not an AudioSpecificConfig, or is truncated.");
  }
  return config;
}

std::optional<Nanoseconds> frameDuration(const AudioSpecificConfig& config) {
  constexpr std::uint64_t nanosecondsPerSecond = 1'000'000'000;
  if (config.samplesPerFrame == 0) return std::nullopt;
  return Nanoseconds(config.samplesPerFrame * nanosecondsPerSecond / config.samplingFrequency);
}

bool agrees(const AudioSpecificConfig& config, double samplingFrequency, unsigned channels) {
  const auto isRate = [samplingFrequency](double rate) { return std::abs(samplingFrequency - rate) < 1; };
  // Without explicit signalling the first frame's extension payload tells of SBR, at twice the rate.
  const bool doubled = isRate(2.0 * config.samplingFrequency);
  const bool rateFits = samplingFrequency == 0 || isRate(config.samplingFrequency) || doubled ||
                        (config.sbr && isRate(config.extensionFrequency));
  const bool mayBeStereo = config.channels == 1 && (config.sbr || doubled);
  const bool channelsFit =
      channels == 0 || config.channels == 0 || channels == config.channels || (channels == 2 && mayBeStereo);
  return rateFits && channelsFit;
}

}  // namespace kvs::media
