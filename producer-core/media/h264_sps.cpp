// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "media/h264.h"
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

/// True when the fields are in their ranges; `planesApart` is separate_colour_plane_flag.
bool readHighFields(RbspReader& reader, H264Sps& sps, bool& planesApart) {
  const std::uint32_t chroma = reader.ue();
  if (chroma > 3) return false;
  planesApart = chroma == 3 && reader.flag();
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

bool skipPictureOrder(RbspReader& reader) {
  if (reader.ue() > 12) return false;  // log2_max_frame_num_minus4
  const std::uint32_t type = reader.ue();
  if (type > 2) return false;
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
void setSize(H264Sps& sps, std::uint32_t widthMbs, std::uint32_t heightUnits, const Cropping& crop,
             bool planesApart) {
  const std::uint32_t fields = sps.frameMbsOnly ? 1 : 2;
  const unsigned chromaArray = planesApart ? 0 : sps.chromaFormatIdc;
  const std::uint64_t unitX = chromaArray == 1 || chromaArray == 2 ? 2 : 1;
  const std::uint64_t unitY = (chromaArray == 1 ? 2u : 1u) * fields;
  sps.width = cropped(widthMbs * 16, unitX * (crop.left + crop.right));
  sps.height = cropped(heightUnits * 16 * fields, unitY * (crop.top + crop.bottom));
}

/// VUI up to the timing (E.1.1). A VUI that is cut short costs the duration, not the SPS.
std::optional<Nanoseconds> readFrameDuration(RbspReader& reader) {
  constexpr std::uint32_t extendedSar = 255;
  if (reader.flag() && reader.bits(8) == extendedSar) reader.bits(32);
  if (reader.flag()) reader.flag();  // overscan
  if (reader.flag()) {               // video_signal_type
    reader.bits(4);
    if (reader.flag()) reader.bits(24);
  }
  if (reader.flag()) {  // chroma_loc_info
    reader.ue();
    reader.ue();
  }
  if (!reader.flag()) return std::nullopt;
  const std::uint64_t ticks = reader.bits(32);
  const std::uint64_t scale = reader.bits(32);
  const bool fixedRate = reader.flag();
  if (reader.failed() || !fixedRate || ticks == 0 || scale == 0) return std::nullopt;
  constexpr std::uint64_t nanosecondsPerSecond = 1'000'000'000;
  return Nanoseconds(2 * ticks * nanosecondsPerSecond / scale);  // 2^33 * 2^30 < 2^63
}

Result<H264Sps> finish(const H264Sps& sps, const RbspReader& reader) {
  if (reader.failed()) return badSps("The H.264 sequence parameter set is truncated.");
  if (sps.width == 0) return bad(StatusCode::mkvInvalidSpsWidth, "The H.264 SPS crops the whole width.");
  if (sps.height == 0) return bad(StatusCode::mkvInvalidSpsHeight, "The H.264 SPS crops the whole height.");
  return sps;
}

Result<H264Sps> readPictureFields(RbspReader& reader, H264Sps sps, bool planesApart) {
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
  setSize(sps, widthMinus1 + 1, heightMinus1 + 1, readCropping(reader), planesApart);
  const bool hasVui = reader.flag();
  auto result = finish(sps, reader);
  if (result && hasVui) result->frameDuration = readFrameDuration(reader);
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
  bool planesApart = false;
  if (isHighProfile(sps.profileIdc) && !readHighFields(reader, sps, planesApart)) {
    return badSps("The H.264 SPS has a chroma format or bit depth out of range.");
  }
  if (!skipPictureOrder(reader)) return badSps("The H.264 SPS has picture order fields out of range.");
  return readPictureFields(reader, sps, planesApart);
}

}  // namespace kvs::media
