// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "media/h264.h"
#include "media/pixel_aspect.h"
#include "media/rbsp_reader.h"

namespace kvs::media {
namespace {

// Four times the widest picture that level 6.2 allows (A.3.1: PicWidthInMbs <= Sqrt(MaxFS * 8)).
constexpr std::uint32_t maxMacroblocksPerSide = 4096;

tl::unexpected<Error> bad(StatusCode code, const char* message) {
  return fail(code, ErrorKind::fatal, message);
}

tl::unexpected<Error> badSps(const char* message) {
  return bad(StatusCode::mkvInvalidSps, message);
}

void skipScalingList(RbspReader& reader, unsigned size) {  // 7.3.2.1.1.1
  std::int64_t next = 8;
  for (unsigned i = 0; i < size && next != 0 && !reader.failed(); ++i) {
    next = (next + reader.se() + 256) % 256;
  }
}

void skipScalingMatrix(RbspReader& reader, std::uint32_t chromaFormatIdc) {
  const unsigned lists = chromaFormatIdc == 3 ? 12 : 8;
  for (unsigned i = 0; i < lists && !reader.failed(); ++i) {
    if (reader.flag()) skipScalingList(reader, i < 6 ? 16 : 64);
  }
}

/// True when the fields are in their ranges.
bool readHighFields(RbspReader& reader, H264Sps& sps) {
  const std::uint32_t chroma = reader.ue();
  if (chroma > 3) return false;
  sps.planesApart = chroma == 3 && reader.flag();
  const std::uint32_t luma = reader.ue();
  const std::uint32_t chromaDepth = reader.ue();
  if (luma > 6 || chromaDepth > 6) return false;
  reader.flag();  // qpprime_y_zero_transform_bypass_flag
  if (reader.flag()) skipScalingMatrix(reader, chroma);
  sps.chromaFormatIdc = static_cast<std::uint8_t>(chroma);
  sps.bitDepthLuma = static_cast<std::uint8_t>(8 + luma);
  sps.bitDepthChroma = static_cast<std::uint8_t>(8 + chromaDepth);
  return true;
}

bool readPictureOrder(RbspReader& reader, H264Sps& sps) {
  if (reader.ue() > 12) return false;  // log2_max_frame_num_minus4
  const std::uint32_t type = reader.ue();
  if (type > 2) return false;
  if (type == 2) sps.reorderDepth = 0;      // output order is decoding order (8.2.1)
  if (type == 0) return reader.ue() <= 12;  // log2_max_pic_order_cnt_lsb_minus4
  if (type == 1) {
    reader.flag();
    reader.se();
    reader.se();
    const std::uint32_t cycle = reader.ue();
    if (cycle > 255) return false;
    for (std::uint32_t i = 0; i < cycle && !reader.failed(); ++i)
      reader.se();
  }
  return true;
}

struct Cropping {
  std::uint64_t left = 0, right = 0, top = 0, bottom = 0;  // in crop units
};

Cropping readCropping(RbspReader& reader) {
  Cropping crop;
  if (reader.flag()) {
    crop.left = reader.ue();
    crop.right = reader.ue();
    crop.top = reader.ue();
    crop.bottom = reader.ue();
  }
  return crop;
}

/// 0 where nothing is left.
std::uint32_t cropped(std::uint32_t size, std::uint64_t cut) {
  return cut < size ? size - static_cast<std::uint32_t>(cut) : 0;
}

/// Sizes by 7.4.2.1.1 (7-13 to 7-22).
void setSize(H264Sps& sps, std::uint32_t widthMbs, std::uint32_t heightUnits, const Cropping& crop) {
  const std::uint32_t fields = sps.frameMbsOnly ? 1 : 2;
  const unsigned chromaArray = sps.planesApart ? 0 : sps.chromaFormatIdc;
  const std::uint64_t unitX = chromaArray == 1 || chromaArray == 2 ? 2 : 1;
  const std::uint64_t unitY = (chromaArray == 1 ? 2u : 1u) * fields;
  sps.width = cropped(widthMbs * 16, unitX * (crop.left + crop.right));
  sps.height = cropped(heightUnits * 16 * fields, unitY * (crop.top + crop.bottom));
  sps.cropping = {unitX * crop.left, unitX * crop.right, unitY * crop.top, unitY * crop.bottom};
}

/// MaxDpbFrames (A.3.1 h), which bounds how far pictures are reordered where the VUI does not (E.2.1).
std::uint32_t mostReordered(const H264Sps& sps, std::uint32_t macroblocks) {
  struct Level {
    unsigned idc;
    std::uint32_t maxDpbMbs;
  };
  static constexpr std::array<Level, 18> levels = {{{10, 396},
                                                    {11, 900},
                                                    {12, 2376},
                                                    {13, 2376},
                                                    {20, 2376},
                                                    {21, 4752},
                                                    {22, 8100},
                                                    {30, 8100},
                                                    {31, 18000},
                                                    {32, 20480},
                                                    {40, 32768},
                                                    {41, 32768},
                                                    {42, 34816},
                                                    {50, 110400},
                                                    {51, 184320},
                                                    {52, 184320},
                                                    {60, 696320},
                                                    {61, 696320}}};
  constexpr std::uint32_t mostFrames = 16;
  constexpr std::uint8_t constraintSet3 = 0x10;  // of the profiles with that flag all pictures are intra
  if (isHighProfile(sps.profileIdc) && (sps.constraintFlags & constraintSet3) != 0) return 0;
  const auto* level = std::find_if(levels.begin(), levels.end(),
                                   [&sps](const Level& one) { return one.idc >= sps.levelIdc; });
  return level == levels.end() ? mostFrames : std::min(level->maxDpbMbs / macroblocks, mostFrames);
}

void readAspectRatio(RbspReader& reader, H264Sps& sps) {
  constexpr std::uint32_t extendedSar = 255;
  if (!reader.flag()) return;
  const std::uint32_t idc = reader.bits(8);
  const std::uint32_t width = idc == extendedSar ? reader.bits(16) : 0;
  const std::uint32_t height = idc == extendedSar ? reader.bits(16) : 0;
  if (!reader.failed()) sps.pixelAspect = pixelAspect(idc, width, height);
}

std::optional<Nanoseconds> readFrameDuration(RbspReader& reader) {
  if (!reader.flag()) return std::nullopt;
  const std::uint64_t ticks = reader.bits(32);
  const std::uint64_t scale = reader.bits(32);
  const bool fixedRate = reader.flag();
  if (reader.failed() || !fixedRate || ticks == 0 || scale == 0) return std::nullopt;
  constexpr std::uint64_t nanosecondsPerSecond = 1'000'000'000;
  return Nanoseconds(2 * ticks * nanosecondsPerSecond / scale);  // 2^33 * 2^30 < 2^63
}

/// False where there are none.
bool skipHrd(RbspReader& reader) {  // E.1.2
  if (!reader.flag()) return false;
  const std::uint32_t schedules = reader.ue() + 1;
  reader.bits(8);
  for (std::uint32_t i = 0; i < schedules && !reader.failed(); ++i) {
    reader.ue();
    reader.ue();
    reader.flag();
  }
  reader.bits(20);
  return true;
}

void readReorderDepth(RbspReader& reader, H264Sps& sps) {
  if (!reader.flag()) return;  // bitstream_restriction_flag
  reader.flag();
  for (unsigned i = 0; i < 4; ++i)
    reader.ue();  // bytes and bits of a picture, lengths of motion vectors
  const std::uint32_t depth = reader.ue();
  if (!reader.failed()) sps.reorderDepth = depth;
}

/// E.1.1. One that is cut short costs what it would have said, not the SPS.
void readVui(RbspReader& reader, H264Sps& sps) {
  readAspectRatio(reader, sps);
  if (reader.flag()) reader.flag();  // overscan
  if (reader.flag()) {               // video_signal_type
    reader.bits(4);
    if (reader.flag()) reader.bits(24);
  }
  if (reader.flag()) {  // chroma_loc_info
    reader.ue();
    reader.ue();
  }
  sps.frameDuration = readFrameDuration(reader);
  const bool nal = skipHrd(reader), vcl = skipHrd(reader);
  if (nal || vcl) reader.flag();  // low_delay_hrd_flag
  reader.flag();                  // pic_struct_present_flag
  readReorderDepth(reader, sps);
}

Result<H264Sps> finish(const H264Sps& sps, const RbspReader& reader) {
  if (reader.failed()) return badSps("The H.264 sequence parameter set is truncated.");
  if (sps.width == 0) return bad(StatusCode::mkvInvalidSpsWidth, "The H.264 SPS crops the whole width.");
  if (sps.height == 0) return bad(StatusCode::mkvInvalidSpsHeight, "The H.264 SPS crops the whole height.");
  return sps;
}

Result<H264Sps> readPictureFields(RbspReader& reader, H264Sps sps) {
  reader.ue();    // max_num_ref_frames
  reader.flag();  // gaps_in_frame_num_value_allowed_flag
  const std::uint32_t widthMinus1 = reader.ue();
  const std::uint32_t heightMinus1 = reader.ue();
  if (widthMinus1 >= maxMacroblocksPerSide) {
    return bad(StatusCode::mkvInvalidSpsWidth, "The H.264 SPS declares a width that no level allows.");
  }
  if (heightMinus1 >= maxMacroblocksPerSide) {
    return bad(StatusCode::mkvInvalidSpsHeight, "The H.264 SPS declares a height that no level allows.");
  }
  sps.frameMbsOnly = reader.flag();
  if (!sps.frameMbsOnly) reader.flag();  // mb_adaptive_frame_field_flag
  reader.flag();                         // direct_8x8_inference_flag
  setSize(sps, widthMinus1 + 1, heightMinus1 + 1, readCropping(reader));
  const bool hasVui = reader.flag();
  auto result = finish(sps, reader);
  if (!result) return result;
  if (hasVui) readVui(reader, *result);
  const std::uint32_t macroblocks = (widthMinus1 + 1) * (heightMinus1 + 1) * (result->frameMbsOnly ? 1u : 2u);
  result->saysReorderDepth = result->reorderDepth.has_value();
  if (!result->saysReorderDepth) result->reorderDepth = mostReordered(*result, macroblocks);
  return result;
}

}  // namespace

bool isHighProfile(std::uint8_t profileIdc) {
  static constexpr std::array<std::uint8_t, 13> high = {100, 110, 122, 244, 44,  83, 86,
                                                        118, 128, 138, 139, 134, 135};
  return std::find(high.begin(), high.end(), profileIdc) != high.end();
}

Result<H264Sps> parseSps(ByteView nal) {
  RbspReader reader(Pieces(&nal, 1), {0, nal.size()});
  reader.bits(3);  // forbidden_zero_bit, nal_ref_idc
  if (reader.bits(5) != static_cast<std::uint32_t>(H264NalType::sps))
    return badSps("This is not an H.264 SPS.");
  H264Sps sps;
  sps.profileIdc = static_cast<std::uint8_t>(reader.bits(8));
  sps.constraintFlags = static_cast<std::uint8_t>(reader.bits(8));
  sps.levelIdc = static_cast<std::uint8_t>(reader.bits(8));
  const std::uint32_t id = reader.ue();
  if (id > 31) return badSps("The H.264 SPS has an id above 31.");
  sps.id = static_cast<std::uint8_t>(id);
  if (isHighProfile(sps.profileIdc) && !readHighFields(reader, sps)) {
    return badSps("The H.264 SPS has a chroma format or bit depth out of range.");
  }
  if (!readPictureOrder(reader, sps)) return badSps("The H.264 SPS has picture order fields out of range.");
  return readPictureFields(reader, sps);
}

}  // namespace kvs::media
