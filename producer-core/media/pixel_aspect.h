// SPDX-License-Identifier: Apache-2.0
// How wide a pixel is for its height, as the VUI of H.264 (table E-1) and of H.265 (table E.1) say it alike.
// Inside of the media room.
#pragma once

#include <array>
#include <cstdint>
#include <numeric>
#include <utility>

namespace kvs::media {

/// Width and height without a common factor.
using PixelAspect = std::pair<std::uint32_t, std::uint32_t>;

/// What is not specified counts as square, since players take it so. `width` and `height` are those of
/// the extended ratio, whose `idc` is 255.
inline PixelAspect pixelAspect(std::uint32_t idc, std::uint32_t width, std::uint32_t height) {
  constexpr std::uint32_t extended = 255;
  static constexpr std::array<std::pair<std::uint8_t, std::uint8_t>, 17> named = {{{1, 1},
                                                                                   {1, 1},
                                                                                   {12, 11},
                                                                                   {10, 11},
                                                                                   {16, 11},
                                                                                   {40, 33},
                                                                                   {24, 11},
                                                                                   {20, 11},
                                                                                   {32, 11},
                                                                                   {80, 33},
                                                                                   {18, 11},
                                                                                   {15, 11},
                                                                                   {64, 33},
                                                                                   {160, 99},
                                                                                   {4, 3},
                                                                                   {3, 2},
                                                                                   {2, 1}}};
  if (idc < named.size()) return {named[idc].first, named[idc].second};
  if (idc != extended || width == 0 || height == 0) return {1, 1};
  const std::uint32_t factor = std::gcd(width, height);
  return {width / factor, height / factor};
}

}  // namespace kvs::media
