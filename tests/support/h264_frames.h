// SPDX-License-Identifier: Apache-2.0
// H.264 access units made by hand around real parameter sets. Each carries a number in its slice, so
// that a test can tell which frame it meets at the other end; a decoder would not take them.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace kvs::test {

inline Bytes fromHex(std::string_view text) {
  Bytes out;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    out.push_back(static_cast<std::byte>(std::stoul(std::string(text.substr(i, 2)), nullptr, 16)));
  return out;
}

/// What x264 and h264parse made of a test picture.
struct ParameterSets {
  std::string_view sps;  // NAL units
  std::string_view pps;
  std::string_view avcC;
  unsigned width, height;
};
inline constexpr ParameterSets smallPicture{
    "6742c015d902c4ec05a830303528000003000800000300f478b17240", "68cb8cb2",
    "0142c015ffe1001c6742c015d902c4ec05a830303528000003000800000300f478b1724001000468cb8cb2", 176, 144};
inline constexpr ParameterSets largePicture{
    "674d401eeca05017fcb80b5060606a50000003001000000303c8f162d960", "68ebecb2",
    "014d401effe1001e674d401eeca05017fcb80b5060606a50000003001000000303c8f162d96001000468ebecb2", 640, 360};

namespace detail {
inline constexpr std::size_t numberDigits = 16;

inline void append(Bytes& out, ByteView bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

/// Up to `size` bytes that differ from number to number, and none of which is small.
inline void fill(Bytes& out, std::size_t size, std::uint64_t number) {
  if (out.size() >= size) return;
  const std::size_t begin = out.size();
  constexpr std::size_t period = 91;
  out.resize(size);
  for (std::size_t i = begin; i < std::min(size, begin + period); ++i)
    out[i] = static_cast<std::byte>(0x21 + (number + i) % period);
  for (std::size_t done = period; begin + done < size; done *= 2)
    std::memcpy(out.data() + begin + done, out.data() + begin, std::min(done, size - begin - done));
}
}  // namespace detail

/// A slice: its header byte, first_mb_in_slice 0, the number in hex, and bytes that need no emulation
/// prevention. At least 18 bytes.
inline Bytes slice(bool idr, std::uint64_t number, std::size_t size = 64) {
  static constexpr std::string_view digits = "0123456789abcdef";
  Bytes nal{std::byte{idr ? std::uint8_t{0x65} : std::uint8_t{0x41}}, std::byte{0x88}};
  for (std::size_t i = detail::numberDigits; i-- > 0;)
    nal.push_back(static_cast<std::byte>(digits[(number >> (4 * i)) & 15]));
  detail::fill(nal, size, number);
  return nal;
}

inline Bytes annexB(const std::vector<Bytes>& nals) {
  static constexpr std::array<std::byte, 4> startCode{std::byte{0}, std::byte{0}, std::byte{0}, std::byte{1}};
  Bytes out;
  for (const Bytes& nal : nals) {
    detail::append(out, startCode);
    detail::append(out, nal);
  }
  return out;
}

inline Bytes lengthPrefixed(const std::vector<Bytes>& nals) {
  Bytes out;
  for (const Bytes& nal : nals) {
    for (int shift : {24, 16, 8, 0})
      out.push_back(static_cast<std::byte>(nal.size() >> shift & 0xff));
    detail::append(out, nal);
  }
  return out;
}

/// The units of an access unit: a key frame brings its parameter sets along.
inline std::vector<Bytes> accessUnit(bool key, std::uint64_t number, std::size_t size = 64,
                                     const ParameterSets& sets = smallPicture) {
  if (!key) return {slice(false, number, size)};
  return {fromHex(sets.sps), fromHex(sets.pps), slice(true, number, size)};
}

/// Which frame this is, from a block with 4-byte lengths; nothing where it holds no slice of ours.
inline std::optional<std::uint64_t> frameNumber(ByteView block) {
  while (block.size() >= 4) {
    std::size_t size = 0;
    for (std::byte b : block.first(4))
      size = size << 8 | std::to_integer<std::size_t>(b);
    block = block.subspan(4);
    if (size > block.size()) return std::nullopt;
    const ByteView nal = block.first(size);
    block = block.subspan(size);
    const bool isSlice =
        nal.size() >= 2 + detail::numberDigits && (nal[0] == std::byte{0x65} || nal[0] == std::byte{0x41});
    if (isSlice) return std::stoull(std::string(asText(nal.subspan(2, detail::numberDigits))), nullptr, 16);
  }
  return std::nullopt;
}

// Sound that can be told apart, too: G.711 takes any bytes.
inline constexpr std::string_view audioMark = "SOUND";
/// Numbers of sounds stand apart from those of pictures.
inline constexpr std::uint64_t firstAudioNumber = std::uint64_t{1} << 40;

inline Bytes audioFrame(std::uint64_t number, std::size_t size) {
  Bytes out(audioMark.size() + sizeof(number));
  std::memcpy(out.data(), audioMark.data(), audioMark.size());
  std::memcpy(out.data() + audioMark.size(), &number, sizeof(number));
  detail::fill(out, size, number);
  return out;
}

/// Nothing where the block holds no sound of ours: silence, put in by the producer.
inline std::optional<std::uint64_t> audioNumber(ByteView block) {
  std::uint64_t number = 0;
  if (block.size() < audioMark.size() + sizeof(number) || !asText(block).starts_with(audioMark)) return {};
  std::memcpy(&number, block.data() + audioMark.size(), sizeof(number));
  return number;
}

}  // namespace kvs::test
