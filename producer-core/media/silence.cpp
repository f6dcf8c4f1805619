// SPDX-License-Identifier: Apache-2.0
#include "media/silence.h"

#include <array>
#include <cmath>
#include <span>
#include <string_view>

#include "media/aac.h"
#include "media/bits.h"
#include "media/wave_format.h"

namespace kvs::media {
namespace {

constexpr std::uint64_t nanosecondsPerSecond = 1'000'000'000;
constexpr std::uint64_t unitsPerSecond = 50;  // of 20 ms, what telephony and Opus are used to
constexpr double maxFrequency = 768'000;      // Hz; what is above is no sound, and would make large frames
constexpr std::uint32_t maxChannels = 64;
constexpr std::uint32_t maxBits = 64;  // of a sample

/// syntactic elements of a raw_data_block (ISO/IEC 14496-3 table 4.85)
enum class Element : std::uint32_t { single = 0, pair = 1, lowFrequency = 3, end = 7 };

std::optional<SilentUnit> samples(double samplingFrequency, std::uint32_t channels, std::uint32_t bits,
                                  std::byte value) {
  if (!(samplingFrequency >= unitsPerSecond && samplingFrequency <= maxFrequency)) return std::nullopt;
  if (channels == 0 || channels > maxChannels || bits == 0 || bits > maxBits) return std::nullopt;
  const auto frequency = static_cast<std::uint64_t>(std::llround(samplingFrequency));
  const std::uint64_t count = frequency / unitsPerSecond;
  if (count * channels * bits % 8 != 0) return std::nullopt;
  return SilentUnit{Bytes(count * channels * bits / 8, value),
                    Nanoseconds(count * nanosecondsPerSecond / frequency)};
}

std::optional<SilentUnit> silentWave(const TrackFormat& track, ByteView waveFormatEx) {
  const auto [frequency, channels, bits] = waveFormat(track, waveFormatEx);
  const auto idle = rowOf(track.codec).wave.silence(bits);
  return idle ? samples(frequency, channels, bits, *idle) : std::nullopt;
}

/// Integers of 8 bits are unsigned in Matroska, larger ones and floats have their silence at 0.
std::optional<SilentUnit> silentPcm(const TrackFormat& track) {
  const std::uint32_t bits = track.bitsPerSample;
  if (bits % 8 != 0) return std::nullopt;
  const bool isUnsigned = bits == 8 && track.codecId != "A_PCM/FLOAT/IEEE";
  return samples(track.samplingFrequency, track.channels, bits, isUnsigned ? std::byte{0x80} : std::byte{0});
}

/// A CELT frame of 20 ms over the full band whose range coder finds the silence flag set (RFC 6716 3.1,
/// 4.3). An OpusHead tells the channels at its tenth byte (RFC 7845 5.1).
std::optional<SilentUnit> silentOpus(const TrackFormat& track, ByteView opusHead) {
  constexpr std::size_t channelsAt = 9;
  constexpr std::byte monoToc{0xF8}, stereoToc{0xFC};
  std::uint32_t channels = track.channels;
  if (opusHead.size() > channelsAt) channels = std::to_integer<std::uint32_t>(opusHead[channelsAt]);
  if (channels != 1 && channels != 2) return std::nullopt;
  return SilentUnit{{channels == 1 ? monoToc : stereoToc, std::byte{0xFF}, std::byte{0xFE}},
                    Nanoseconds(nanosecondsPerSecond / unitsPerSecond)};
}

/// ics_info (4.4.2.1, table 4.6): one long window, no scale factor band, no prediction.
void putInfo(BitWriter& out) {
  out.put(0, 1 + 2 + 1);  // ics_reserved_bit, ONLY_LONG_SEQUENCE, window_shape
  out.put(0, 6);          // max_sfb
  out.put(0, 1);          // predictor_data_present
}

/// individual_channel_stream (table 4.50) without a band: no section, scale factor or spectrum follows.
void putChannel(BitWriter& out, bool commonWindow) {
  out.put(0, 8);  // global_gain
  if (!commonWindow) putInfo(out);
  out.put(0, 3);  // pulse, temporal noise shaping, gain control: none
}

void putElement(BitWriter& out, Element element, std::uint32_t tag) {
  out.put(static_cast<std::uint32_t>(element), 3);
  out.put(tag, 4);
  if (element != Element::pair) {
    putChannel(out, false);
    return;
  }
  out.put(1, 1);  // common_window
  putInfo(out);
  out.put(0, 2);  // ms_mask_present
  putChannel(out, true);
  putChannel(out, true);
}

/// The elements of a channel configuration, in its order (table 1.19).
std::span<const Element> elementsOf(unsigned channelConfiguration) {
  constexpr Element s = Element::single, p = Element::pair, l = Element::lowFrequency;
  static constexpr std::array seven = {s, p, p, p, l};
  static constexpr std::array six = {s, p, p, l};
  static constexpr std::array rearCentre = {s, p, p, s, l};
  static constexpr std::array upToFive = {s, p, s};
  static constexpr std::array pairsOnly = {p};
  switch (channelConfiguration) {
    case 1:
      return std::span(upToFive).first(1);
    case 2:
      return pairsOnly;
    case 3:
      return std::span(upToFive).first(2);
    case 4:
      return upToFive;
    case 5:
      return std::span(six).first(3);
    case 6:
      return six;
    case 7:
    case 12:
      return seven;
    case 11:
      return rearCentre;
    default:
      return {};
  }
}

std::optional<SilentUnit> silentAac(ByteView codecPrivate) {
  const auto config = parseAudioSpecificConfig(codecPrivate);
  if (!config || config->objectType != aacLowComplexity) return std::nullopt;
  const auto elements = elementsOf(config->channelConfiguration);
  const auto duration = frameDuration(*config);
  if (elements.empty() || !duration) return std::nullopt;
  BitWriter out;
  std::array<std::uint32_t, 4> tags{};  // elements of one kind are told apart by their tags
  for (const Element element : elements)
    putElement(out, element, tags.at(static_cast<std::size_t>(element))++);
  out.put(static_cast<std::uint32_t>(Element::end), 3);
  return SilentUnit{out.take(), *duration};
}

bool isPcm(std::string_view codecId) {
  return codecId == "A_PCM/INT/LIT" || codecId == "A_PCM/INT/BIG" || codecId == "A_PCM/FLOAT/IEEE";
}

}  // namespace

std::optional<SilentUnit> silentUnit(const TrackFormat& track, ByteView codecPrivate) {
  if (isWaveCodec(track.codec)) return silentWave(track, codecPrivate);
  if (track.codec == Codec::aac) return silentAac(codecPrivate);
  if (track.codec != Codec::other) return std::nullopt;
  if (isPcm(track.codecId)) return silentPcm(track);
  if (track.codecId == "A_OPUS") return silentOpus(track, codecPrivate);
  return std::nullopt;
}

}  // namespace kvs::media
