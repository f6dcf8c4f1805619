// SPDX-License-Identifier: Apache-2.0
// Writes a second of silence for each kind of track that has one, as a session would travel, for FFmpeg to
// judge:
//   write-silence FOLDER
// The files are named NAME.CHANNELS.mkv, CHANNELS being those that must be heard.
#include <cstdio>
#include <fstream>
#include <stdexcept>
#include <string>

#include "media/adapter.h"
#include "media/silence.h"
#include "mkv/cluster.h"
#include "mkv/header.h"
#include "support.h"

namespace {

using namespace kvs;
using media::Codec;
using media::TrackFormat;
using media::test::hex;

TrackFormat audio(Codec codec, std::string codecId, double frequency, std::uint32_t channels,
                  std::uint32_t bits = 0, Bytes codecPrivate = {}) {
  TrackFormat config;
  config.codec = codec;
  config.codecId = codecId.empty() ? std::string(media::rowOf(codec).codecId) : std::move(codecId);
  config.codecPrivate = std::move(codecPrivate);
  config.samplingFrequency = frequency;
  config.channels = channels;
  config.bitsPerSample = bits;
  return config;
}

Bytes session(const TrackFormat& config) {
  const auto adapter = media::FrameAdapter::create(config);
  if (!adapter) throw std::runtime_error(adapter.error().message);
  const Bytes codecPrivate = adapter->codecPrivate().value();
  const auto silence = media::silentUnit(config, codecPrivate);
  if (!silence) throw std::runtime_error("no silence for " + config.codecId);
  mkv::HeaderSpec spec;
  spec.segmentUid.fill(std::byte{0x42});
  spec.title = spec.muxingApp = spec.writingApp = "kvssink tests";
  spec.tracks.push_back({.kind = mkv::TrackKind::audio,
                         .codecId = config.codecId,
                         .name = "audio",
                         .codecPrivate = codecPrivate,
                         .samplingFrequency = adapter->samplingFrequency(),
                         .channels = adapter->channels(),
                         .bitDepth = config.bitsPerSample});
  const auto header = mkv::header(spec);
  if (!header) throw std::runtime_error(header.error().message);
  Bytes out = *header;
  VectorSink sink(out);
  sink.write(mkv::clusterHead(0));
  for (Nanoseconds time{0}; time < Seconds(1); time += silence->duration) {
    const auto unit = static_cast<std::int16_t>(std::chrono::floor<Milliseconds>(time).count());
    sink.write(mkv::simpleBlockHead(1, unit, {.key = true}, silence->payload.size()));
    sink.write(silence->payload);
  }
  return out;
}

void write(const std::string& folder, const std::string& name, const TrackFormat& config) {
  const Bytes bytes = session(config);
  std::ofstream(folder + "/" + name + "." + std::to_string(config.channels) + ".mkv", std::ios::binary)
      .write(asText(bytes).data(), static_cast<std::streamsize>(bytes.size()));
}

void writeAac(const std::string& folder) {
  constexpr std::uint32_t channels[] = {0, 1, 2, 3, 4, 5, 6, 8, 0, 0, 0, 7, 8};
  for (const unsigned configuration : {1u, 2u, 3u, 4u, 5u, 6u, 7u, 11u, 12u}) {
    const Bytes codecPrivate = {std::byte{0x11}, static_cast<std::byte>(0x80 | configuration << 3)};
    write(folder, "aac" + std::to_string(configuration),
          audio(Codec::aac, {}, 48000, channels[configuration], 0, codecPrivate));
  }
  write(folder, "aac-8000", audio(Codec::aac, {}, 8000, 1, 0, hex("1588")));
  write(folder, "aac-96000", audio(Codec::aac, {}, 96000, 2, 0, hex("1010")));
  write(folder, "aac-960", audio(Codec::aac, {}, 48000, 2, 0, hex("1194")));
  write(folder, "he-aac", audio(Codec::aac, {}, 22050, 2, 0, hex("2b920800")));
  write(folder, "he-aac-compatible", audio(Codec::aac, {}, 24000, 2, 0, hex("131056e598")));
}

void writeG726(const std::string& folder) {
  for (const std::uint32_t bits : {3u, 4u, 5u})
    write(folder, "g726-" + std::to_string(bits), audio(Codec::g726, {}, 8000, 1, bits));
}

void writeOthers(const std::string& folder) {
  for (const std::uint32_t channels : {1u, 2u}) {
    Bytes opusHead = hex("4f70757348656164010038 0180bb0000000000");
    opusHead[9] = static_cast<std::byte>(channels);
    write(folder, "alaw", audio(Codec::alaw, {}, 8000, channels));
    write(folder, "mulaw", audio(Codec::mulaw, {}, 16000, channels));
    write(folder, "pcm8", audio(Codec::other, "A_PCM/INT/LIT", 8000, channels, 8));
    write(folder, "pcm16", audio(Codec::other, "A_PCM/INT/LIT", 48000, channels, 16));
    write(folder, "pcm24-big", audio(Codec::other, "A_PCM/INT/BIG", 44100, channels, 24));
    write(folder, "pcm-float", audio(Codec::other, "A_PCM/FLOAT/IEEE", 44100, channels, 32));
    write(folder, "opus", audio(Codec::other, "A_OPUS", 48000, channels, 0, opusHead));
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  try {
    writeAac(argv[1]);
    writeG726(argv[1]);
    writeOthers(argv[1]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "write-silence: %s\n", error.what());
    return 1;
  }
  return 0;
}
