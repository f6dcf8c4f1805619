// SPDX-License-Identifier: Apache-2.0
// The codecs that the core knows: a name and a row each. Samples of one size that carry Windows' WAVEFORMATEX
// as codec data are described by their row alone; the codecs whose bytes must be understood (NAL units, AAC)
// have files of their own beside this one.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace kvs::media {

enum class Codec { h264, h265, aac, alaw, mulaw, g726, other };

/// Of audio with the same number of bits in each sample, which travels as Matroska's A_MS/ACM.
struct WaveCodec {
  std::uint16_t formatTag = 0;  ///< wFormatTag; 0: the codec is none of this kind
  std::uint32_t bitsPerSample = 0;
  bool bitsVary = false;  ///< those above are the usual ones; a track may say others
  /// The byte whose repetition is silence; null: there is none.
  std::optional<std::byte> (*silence)(std::uint32_t bitsPerSample) = nullptr;
};

/// What the service and its players know the codec by; empty for Codec::other, whose track names its own.
struct CodecRow {
  Codec codec = Codec::other;
  std::string_view codecId;
  std::string_view contentType;
  WaveCodec wave{};
};

template <unsigned value>
constexpr std::optional<std::byte> always(std::uint32_t /*bitsPerSample*/) {
  return std::byte{value};
}

/// The silence of G.711 is the smallest positive value of its tables 1a and 2a.
/// G.726 of two bits has no code for a difference of zero, and so no silence.
constexpr std::optional<std::byte> silenceOfG726(std::uint32_t bitsPerSample) {
  return bitsPerSample > 2 ? std::optional(std::byte{0xFF}) : std::nullopt;
}

inline constexpr std::array codecTable{
    CodecRow{Codec::h264, "V_MPEG4/ISO/AVC", "video/h264"},
    CodecRow{Codec::h265, "V_MPEGH/ISO/HEVC", "video/h265"},
    CodecRow{Codec::aac, "A_AAC", "audio/aac"},
    CodecRow{Codec::alaw, "A_MS/ACM", "audio/alaw", {6, 8, false, always<0xD5>}},
    CodecRow{Codec::mulaw, "A_MS/ACM", "audio/mulaw", {7, 8, false, always<0xFF>}},
    CodecRow{Codec::g726, "A_MS/ACM", "audio/g726", {0x45, 4, true, silenceOfG726}},
    CodecRow{Codec::other, {}, {}},
};

constexpr const CodecRow& rowOf(Codec codec) {
  return *std::ranges::find(codecTable, codec, &CodecRow::codec);
}

constexpr bool isWaveCodec(Codec codec) {
  return rowOf(codec).wave.formatTag != 0;
}

}  // namespace kvs::media
