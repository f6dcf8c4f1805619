// SPDX-License-Identifier: Apache-2.0
// AudioSpecificConfig as caps bring it: the input is one. What can be read makes a track, and silence.
#include "fuzz_input.h"
#include "media/adapter.h"
#include "media/silence.h"

namespace {

using namespace kvs;
using namespace kvs::media;
using fuzz::require;

void checkRanges(const AudioSpecificConfig& config) {
  require(config.objectType >= 1 && config.objectType <= 95, "object type in range");
  require(config.samplingFrequency > 0 && config.samplingFrequency < 1u << 24, "frequency in range");
  require(config.channelConfiguration <= 15, "channel configuration in range");
  require(config.channels <= 15 * 3 * 2 + 3, "channels in range");
  require(config.samplesPerFrame <= 1024, "frame length in range");
  require(config.sbr == (config.extensionFrequency != 0), "SBR has a frequency");
  require(agrees(config, config.samplingFrequency, config.channels), "it agrees with itself");
}

void checkSilence(const TrackFormat& config) {
  const auto silence = silentUnit(config, config.codecPrivate);
  if (!silence) return;
  require(!silence->payload.empty() && silence->payload.size() < 64, "silence is small");
  require(silence->duration.count() > 0, "and takes time");
  auto adapter = FrameAdapter::create(config);
  const ByteView payload = silence->payload;
  require(adapter && adapter->inspect(Pieces(&payload, 1)).has_value(), "its own track takes it");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  TrackFormat config;
  config.codec = Codec::aac;
  const ByteView bytes = std::as_bytes(std::span(data, size));
  config.codecPrivate.assign(bytes.begin(), bytes.end());
  const auto parsed = parseAudioSpecificConfig(bytes);
  const auto adapter = FrameAdapter::create(config);
  if (!parsed) {
    require(!adapter, "what cannot be read makes no track");
    return 0;
  }
  checkRanges(*parsed);
  if (size <= 1024 * 1024)
    require(adapter && adapter->codecPrivate() == config.codecPrivate, "kept as given");
  checkSilence(config);
  return 0;
}
