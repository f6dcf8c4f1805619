// SPDX-License-Identifier: Apache-2.0
#include "media/wave_format.h"

#include <cmath>
#include <numeric>

namespace kvs::media {
namespace {

void putLittle(Bytes& out, std::uint32_t value, unsigned bytes) {
  for (unsigned i = 0; i < bytes; ++i)
    out.push_back(static_cast<std::byte>(value >> (8 * i) & 0xFF));
}

std::uint32_t readLittle(ByteView bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;)
    value = value << 8 | std::to_integer<std::uint32_t>(bytes[i]);
  return value;
}

/// The fewest whole bytes that hold whole samples of all channels.
std::uint32_t blockAlignOf(const WaveFormat& format) {
  const std::uint32_t bits = format.channels * format.bitsPerSample;
  return bits / std::gcd(bits, 8U);
}

}  // namespace

WaveFormat waveFormat(const TrackFormat& track, ByteView waveFormatEx) {
  constexpr std::size_t channelsAt = 2, frequencyAt = 4, averageAt = 8, bitsAt = 14, end = 16;
  const WaveCodec& codec = rowOf(track.codec).wave;
  WaveFormat format;
  format.bitsPerSample = codec.bitsPerSample;
  if (waveFormatEx.size() >= averageAt) {
    format.channels = readLittle(waveFormatEx.subspan(channelsAt, 2));
    format.frequency = readLittle(waveFormatEx.subspan(frequencyAt, 4));
  }
  if (waveFormatEx.size() >= end) format.bitsPerSample = readLittle(waveFormatEx.subspan(bitsAt, 2));
  if (track.channels != 0) format.channels = track.channels;
  if (track.samplingFrequency > 0) {
    format.frequency = static_cast<std::uint32_t>(std::lround(track.samplingFrequency));
  }
  if (track.bitsPerSample != 0) format.bitsPerSample = track.bitsPerSample;
  if (!codec.bitsVary) format.bitsPerSample = codec.bitsPerSample;
  return format;
}

Bytes makeWaveFormatEx(const TrackFormat& track) {
  const WaveFormat format = waveFormat(track, {});
  Bytes out;
  putLittle(out, rowOf(track.codec).wave.formatTag, 2);                              // wFormatTag
  putLittle(out, format.channels, 2);                                                // nChannels
  putLittle(out, format.frequency, 4);                                               // nSamplesPerSec
  putLittle(out, format.frequency * format.channels * format.bitsPerSample / 8, 4);  // nAvgBytesPerSec
  putLittle(out, blockAlignOf(format), 2);                                           // nBlockAlign
  putLittle(out, format.bitsPerSample, 2);
  putLittle(out, 0, 2);  // cbSize
  return out;
}

}  // namespace kvs::media
