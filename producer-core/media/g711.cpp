// SPDX-License-Identifier: Apache-2.0
#include "media/g711.h"

#include <cmath>

namespace kvs::media {
namespace {

constexpr std::uint32_t formatAlaw = 6, formatMulaw = 7;
constexpr std::uint32_t bitsPerSample = 8;

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

}  // namespace

Bytes makeG711Format(const TrackConfig& track) {
  const auto [frequency, channels] = g711Format(track, {});
  Bytes out;
  putLittle(out, track.codec == Codec::alaw ? formatAlaw : formatMulaw, 2);  // wFormatTag
  putLittle(out, channels, 2);                                               // nChannels
  putLittle(out, frequency, 4);                                              // nSamplesPerSec
  putLittle(out, frequency * channels, 4);                                   // nAvgBytesPerSec
  putLittle(out, channels, 2);                                               // nBlockAlign
  putLittle(out, bitsPerSample, 2);
  putLittle(out, 0, 2);  // cbSize
  return out;
}

G711Format g711Format(const TrackConfig& track, ByteView waveFormat) {
  constexpr std::size_t channelsAt = 2, frequencyAt = 4, end = 8;
  G711Format format;
  if (waveFormat.size() >= end) {
    format.channels = readLittle(waveFormat.subspan(channelsAt, 2));
    format.frequency = readLittle(waveFormat.subspan(frequencyAt, 4));
  }
  if (track.channels != 0) format.channels = track.channels;
  if (track.samplingFrequency > 0) {
    format.frequency = static_cast<std::uint32_t>(std::lround(track.samplingFrequency));
  }
  return format;
}

}  // namespace kvs::media
