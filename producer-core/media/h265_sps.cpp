// SPDX-License-Identifier: Apache-2.0
#include "media/h265.h"
#include "media/rbsp_reader.h"

namespace kvs::media {
namespace {

// Above the widest picture of any level (A.4.1: width <= Sqrt(MaxLumaPs * 8), which is 33,777 at 8.x).
constexpr std::uint32_t maxSide = 65535;

tl::unexpected<Error> badSps(const char* message) {
  return fail(StatusCode::mkvInvalidSps, ErrorKind::fatal, message);
}

H265Profile readGeneralProfile(RbspReader& reader) {
  H265Profile profile;
  profile.space = static_cast<std::uint8_t>(reader.bits(2));
  profile.highTier = reader.flag();
  profile.idc = static_cast<std::uint8_t>(reader.bits(5));
  profile.compatibility = reader.bits(32);
  for (std::uint8_t& byte : profile.constraints)
    byte = static_cast<std::uint8_t>(reader.bits(8));
  profile.levelIdc = static_cast<std::uint8_t>(reader.bits(8));
  return profile;
}

/// The part of profile_tier_level() that tells of the sub-layers (7.3.3).
void skipSubLayers(RbspReader& reader, unsigned maxSubLayersMinus1) {
  constexpr unsigned slots = 8;
  if (maxSubLayersMinus1 == 0) return;
  std::array<bool, slots> hasProfile{}, hasLevel{};
  for (unsigned i = 0; i < slots; ++i) {  // those past the last sub-layer are two reserved bits
    hasProfile[i] = reader.flag();
    hasLevel[i] = reader.flag();
  }
  for (unsigned i = 0; i < maxSubLayersMinus1; ++i) {
    if (hasProfile[i]) {
      reader.bits(32);
      reader.bits(32);
      reader.bits(24);
    }
    if (hasLevel[i]) reader.bits(8);
  }
}

struct Window {
  std::uint64_t horizontal = 0, vertical = 0;  // cut away, in chroma units
};

Window readConformanceWindow(RbspReader& reader) {
  Window window;
  if (reader.flag()) {
    window.horizontal = reader.ue();
    window.horizontal += reader.ue();
    window.vertical = reader.ue();
    window.vertical += reader.ue();
  }
  return window;
}

/// 0 where nothing is left.
std::uint32_t cropped(std::uint32_t size, std::uint64_t cut) {
  return cut < size ? size - static_cast<std::uint32_t>(cut) : 0;
}

/// Size within the conformance window (7.4.3.2.1, units of table 6-1).
Result<void> readSize(RbspReader& reader, H265Sps& sps) {
  const bool planesApart = sps.chromaFormatIdc == 3 && reader.flag();
  const std::uint32_t width = reader.ue();
  const std::uint32_t height = reader.ue();
  if (width > maxSide) {
    return fail(StatusCode::mkvInvalidSpsWidth, ErrorKind::fatal,
                "The H.265 SPS declares a width that no level allows.");
  }
  if (height > maxSide) {
    return fail(StatusCode::mkvInvalidSpsHeight, ErrorKind::fatal,
                "The H.265 SPS declares a height that no level allows.");
  }
  const Window window = readConformanceWindow(reader);
  const unsigned chromaArray = planesApart ? 0 : sps.chromaFormatIdc;
  sps.width = cropped(width, window.horizontal * (chromaArray == 1 || chromaArray == 2 ? 2 : 1));
  sps.height = cropped(height, window.vertical * (chromaArray == 1 ? 2 : 1));
  return {};
}

Result<H265Sps> finish(const H265Sps& sps, const RbspReader& reader) {
  if (reader.failed()) return badSps("The H.265 sequence parameter set is truncated.");
  if (sps.width == 0) {
    return fail(StatusCode::mkvInvalidSpsWidth, ErrorKind::fatal, "The H.265 SPS crops the whole width.");
  }
  if (sps.height == 0) {
    return fail(StatusCode::mkvInvalidSpsHeight, ErrorKind::fatal, "The H.265 SPS crops the whole height.");
  }
  return sps;
}

}  // namespace

Result<H265Sps> parseH265Sps(ByteView nal) {
  const Pieces payload(&nal, 1);
  const NalUnit unit{0, nal.size()};
  if (h265NalHeader(payload, unit).type != H265NalType::sps) return badSps("This is not an H.265 SPS.");
  RbspReader reader(payload, unit);
  reader.bits(16);  // the unit's header
  H265Sps sps;
  sps.vpsId = static_cast<std::uint8_t>(reader.bits(4));
  const std::uint32_t maxSubLayersMinus1 = reader.bits(3);
  if (maxSubLayersMinus1 > 6) return badSps("The H.265 SPS has more than 7 temporal layers.");
  sps.temporalLayers = static_cast<std::uint8_t>(maxSubLayersMinus1 + 1);
  sps.temporalIdNested = reader.flag();
  sps.profile = readGeneralProfile(reader);
  skipSubLayers(reader, maxSubLayersMinus1);
  const std::uint32_t id = reader.ue();
  const std::uint32_t chroma = reader.ue();
  if (id > 15 || chroma > 3) return badSps("The H.265 SPS has an id or a chroma format out of range.");
  sps.id = static_cast<std::uint8_t>(id);
  sps.chromaFormatIdc = static_cast<std::uint8_t>(chroma);
  if (auto size = readSize(reader, sps); !size) return fail(size.error());
  const std::uint32_t luma = reader.ue();
  const std::uint32_t chromaDepth = reader.ue();
  if (luma > 7 || chromaDepth > 7) return badSps("The H.265 SPS has a bit depth above 15.");
  sps.bitDepthLuma = static_cast<std::uint8_t>(8 + luma);
  sps.bitDepthChroma = static_cast<std::uint8_t>(8 + chromaDepth);
  return finish(sps, reader);
}

}  // namespace kvs::media
