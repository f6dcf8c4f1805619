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

/// Offsets of a window from left, right, top and bottom, in chroma units.
std::array<std::uint32_t, 4> readWindow(RbspReader& reader) {
  std::array<std::uint32_t, 4> window = {};
  if (!reader.flag()) return window;
  for (std::uint32_t& side : window)
    side = reader.ue();
  return window;
}

/// 0 where nothing is left.
std::uint32_t cropped(std::uint32_t size, std::uint64_t cut) {
  return cut < size ? size - static_cast<std::uint32_t>(cut) : 0;
}

struct CodedSize {
  std::uint32_t width = 0, height = 0;
};

/// Size within the conformance window (7.4.3.2.1, units of table 6-1).
Result<CodedSize> readSize(RbspReader& reader, H265Sps& sps) {
  sps.planesApart = sps.chromaFormatIdc == 3 && reader.flag();
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
  const auto window = readWindow(reader);
  const unsigned chromaArray = sps.planesApart ? 0 : sps.chromaFormatIdc;
  const std::uint64_t unitX = chromaArray == 1 || chromaArray == 2 ? 2 : 1;
  const std::uint64_t unitY = chromaArray == 1 ? 2 : 1;
  sps.cropping = {unitX * window[0], unitX * window[1], unitY * window[2], unitY * window[3]};
  sps.width = cropped(width, sps.cropping[0] + sps.cropping[1]);
  sps.height = cropped(height, sps.cropping[2] + sps.cropping[3]);
  return CodedSize{width, height};
}

void readReorderDepth(RbspReader& reader, H265Sps& sps) {
  const bool ofEachLayer = reader.flag();
  const unsigned layers = ofEachLayer ? sps.temporalLayers : 1;
  for (unsigned i = 0; i < layers && !reader.failed(); ++i) {
    reader.ue();  // sps_max_dec_pic_buffering_minus1
    sps.reorderDepth = reader.ue();
    reader.ue();  // sps_max_latency_increase_plus1
  }
}

/// False where the sizes of blocks are out of range.
bool readBlocks(RbspReader& reader, const CodedSize& size, H265Sps& sps) {
  constexpr std::uint32_t largest = 6;  // log2 of 64 (7.4.3.2.1)
  const std::uint32_t smallestLog2 = reader.ue(), difference = reader.ue();
  for (unsigned i = 0; i < 4; ++i)
    reader.ue();  // of transform blocks
  if (smallestLog2 > largest || difference > largest || smallestLog2 + 3 + difference > largest) return false;
  const std::uint32_t side = 1u << (smallestLog2 + 3 + difference);
  sps.codingBlocks = ((size.width + side - 1) / side) * ((size.height + side - 1) / side);
  return true;
}

void skipScalingLists(RbspReader& reader) {  // 7.3.4
  for (unsigned sizeId = 0; sizeId < 4; ++sizeId) {
    for (unsigned matrixId = 0; matrixId < 6 && !reader.failed(); matrixId += sizeId == 3 ? 3 : 1) {
      if (!reader.flag()) {
        reader.ue();
        continue;
      }
      if (sizeId > 1) reader.se();
      const unsigned coefficients = sizeId == 0 ? 16 : 64;
      for (unsigned i = 0; i < coefficients && !reader.failed(); ++i)
        reader.se();
    }
  }
}

/// st_ref_pic_set() (7.3.7). `pictures`: of the set before it; becomes those of this one.
bool skipReferencePictures(RbspReader& reader, bool first, std::uint32_t& pictures) {
  constexpr std::uint32_t most = 16;  // sps_max_dec_pic_buffering_minus1 at most
  if (!first && reader.flag()) {
    reader.flag();
    reader.ue();
    std::uint32_t count = 0;
    for (std::uint32_t i = 0; i <= pictures && !reader.failed(); ++i) {
      const bool used = reader.flag();
      count += used || reader.flag() ? 1 : 0;
    }
    pictures = count;
  } else {
    const std::uint32_t before = reader.ue(), behind = reader.ue();
    if (before > most || behind > most) return false;
    pictures = before + behind;
    for (std::uint32_t i = 0; i < pictures && !reader.failed(); ++i) {
      reader.ue();
      reader.flag();
    }
  }
  return !reader.failed() && pictures <= 2 * most;
}

bool skipReferences(RbspReader& reader, std::uint32_t orderBits) {
  constexpr std::uint32_t mostSets = 64, mostLongTerm = 32;
  const std::uint32_t sets = reader.ue();
  if (sets > mostSets) return false;
  std::uint32_t pictures = 0;
  for (std::uint32_t i = 0; i < sets; ++i) {
    if (!skipReferencePictures(reader, i == 0, pictures)) return false;
  }
  if (!reader.flag()) return true;
  const std::uint32_t longTerm = reader.ue();
  if (longTerm > mostLongTerm) return false;
  for (std::uint32_t i = 0; i < longTerm; ++i)
    reader.bits(orderBits + 1);
  return true;
}

/// From the scaling lists to the VUI. False where its fields are out of range.
bool skipTools(RbspReader& reader, std::uint32_t orderBits) {
  if (reader.flag() && reader.flag()) skipScalingLists(reader);
  reader.flag();        // amp_enabled_flag
  reader.flag();        // sample_adaptive_offset_enabled_flag
  if (reader.flag()) {  // pcm_enabled_flag
    reader.bits(8);
    reader.ue();
    reader.ue();
    reader.flag();
  }
  if (!skipReferences(reader, orderBits)) return false;
  reader.flag();  // sps_temporal_mvp_enabled_flag
  reader.flag();  // strong_intra_smoothing_enabled_flag
  return true;
}

/// A picture lasts one clock tick (E.3.1), where H.264 counts two.
std::optional<Nanoseconds> readFrameDuration(RbspReader& reader) {
  if (!reader.flag()) return std::nullopt;
  const std::uint64_t ticks = reader.bits(32);
  const std::uint64_t scale = reader.bits(32);
  if (reader.failed() || ticks == 0 || scale == 0) return std::nullopt;
  constexpr std::uint64_t nanosecondsPerSecond = 1'000'000'000;
  return Nanoseconds(ticks * nanosecondsPerSecond / scale);  // 2^32 * 2^30 < 2^63
}

void readVui(RbspReader& reader, H265Sps& sps) {  // E.2.1
  constexpr std::uint32_t extendedSar = 255;
  H265Sps read = sps;
  if (reader.flag()) {
    const std::uint32_t idc = reader.bits(8);
    const std::uint32_t width = idc == extendedSar ? reader.bits(16) : 0;
    const std::uint32_t height = idc == extendedSar ? reader.bits(16) : 0;
    read.pixelAspect = pixelAspect(idc, width, height);
  }
  if (reader.flag()) reader.flag();  // overscan
  if (reader.flag()) {               // video_signal_type
    reader.bits(4);
    if (reader.flag()) reader.bits(24);
  }
  if (reader.flag()) {  // chroma_loc_info
    reader.ue();
    reader.ue();
  }
  reader.flag();  // neutral_chroma_indication_flag
  read.fields = reader.flag();
  reader.flag();  // frame_field_info_present_flag
  read.displayWindow = readWindow(reader);
  if (reader.failed()) return;
  sps = read;
  sps.frameDuration = readFrameDuration(reader);
}

/// Behind what a record needs: fields that end too soon, or are out of range, cost themselves only.
void readRest(RbspReader& reader, const CodedSize& size, H265Sps& sps) {
  constexpr std::uint32_t mostOrderBits = 16;
  const std::uint32_t orderBits = reader.ue() + 4;  // log2_max_pic_order_cnt_lsb_minus4
  H265Sps read = sps;
  readReorderDepth(reader, read);
  if (orderBits > mostOrderBits || !readBlocks(reader, size, read) || reader.failed()) return;
  sps = read;
  if (skipTools(reader, orderBits) && reader.flag()) readVui(reader, sps);
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
  const auto size = readSize(reader, sps);
  if (!size) return fail(size.error());
  const std::uint32_t luma = reader.ue();
  const std::uint32_t chromaDepth = reader.ue();
  if (luma > 7 || chromaDepth > 7) return badSps("The H.265 SPS has a bit depth above 15.");
  sps.bitDepthLuma = static_cast<std::uint8_t>(8 + luma);
  sps.bitDepthChroma = static_cast<std::uint8_t>(8 + chromaDepth);
  if (auto checked = finish(sps, reader); !checked) return checked;
  readRest(reader, *size, sps);
  return sps;
}

}  // namespace kvs::media
