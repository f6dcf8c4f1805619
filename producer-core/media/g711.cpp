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

}  // namespace

Bytes makeG711Format(const TrackConfig& track) {
  const std::uint32_t channels = track.channels == 0 ? g711DefaultChannels : track.channels;
  const auto frequency = track.samplingFrequency <= 0
                             ? g711DefaultFrequency
                             : static_cast<std::uint32_t>(std::lround(track.samplingFrequency));
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

}  // namespace kvs::media
