// SPDX-License-Identifier: Apache-2.0
// H.264 as ISO/IEC 14496-10 writes it and ISO/IEC 14496-15 stores it: sequence parameter sets, the
// decoder configuration record, and what an access unit holds. Nothing here decodes a picture.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/time.h"
#include "media/nal.h"
#include "media/pixel_aspect.h"

namespace kvs::media {

/// nal_unit_type, ISO/IEC 14496-10 table 7-1; those that this house tells apart.
enum class H264NalType : std::uint8_t {
  slice = 1,
  partitionA = 2,
  partitionB = 3,
  partitionC = 4,
  idrSlice = 5,
  sei = 6,
  sps = 7,
  pps = 8,
  accessUnitDelimiter = 9,
  subsetSps = 15,
  reserved18 = 18,
};

/// The fields of a sequence parameter set that streaming needs (7.3.2.1.1).
struct H264Sps {
  std::uint8_t profileIdc = 0;
  std::uint8_t constraintFlags = 0;  ///< the byte as it stands between profile_idc and level_idc
  std::uint8_t levelIdc = 0;
  std::uint8_t id = 0;                         ///< 0 to 31
  std::uint8_t chromaFormatIdc = 1;            ///< 0 monochrome, 1 4:2:0, 2 4:2:2, 3 4:4:4
  std::uint8_t bitDepthLuma = 8;               ///< 8 to 14
  std::uint8_t bitDepthChroma = 8;             ///< 8 to 14
  std::uint32_t width = 0;                     ///< pixels, cropping applied
  std::uint32_t height = 0;                    ///< pixels, cropping applied
  bool frameMbsOnly = true;                    ///< false: pictures may be fields or have field macroblocks
  bool planesApart = false;                    ///< separate_colour_plane_flag
  std::array<std::uint64_t, 4> cropping = {};  ///< pixels cut off left, right, top and bottom
  PixelAspect pixelAspect{1, 1};
  /// Pictures that may be decoded before one and shown after it: the VUI's word, else what level and size
  /// allow. Known of every SPS that was read.
  std::optional<std::uint32_t> reorderDepth;
  bool saysReorderDepth = false;  ///< the SPS itself says so
  /// Of one frame (two ticks, E.2.1), where the VUI declares a fixed rate.
  std::optional<Nanoseconds> frameDuration;
};

/// Reads a whole SPS NAL unit, header byte included. Never reads past `nal`, whatever is in it.
/// Errors: mkvInvalidSps (not one, cut short, a field out of its range), mkvInvalidSpsWidth and
/// mkvInvalidSpsHeight (nothing left after cropping).
Result<H264Sps> parseSps(ByteView nal);

/// Profiles whose SPS has chroma format, bit depths and scaling lists (7.3.2.1.1).
bool isHighProfile(std::uint8_t profileIdc);

/// AVCDecoderConfigurationRecord (ISO/IEC 14496-15 5.3.3.1) with 4-byte lengths, from whole NAL units.
/// The sets stand in the order given. Errors: mkvMissingSps, mkvMissingPps, mkvInvalidSps,
/// mkvInvalidCodecPrivateLength (over 31 SPS, 255 PPS, or 65,535 bytes in one of them).
Result<Bytes> makeAvcDecoderConfiguration(std::span<const ByteView> sps, std::span<const ByteView> pps);

struct AvcDecoderConfiguration {
  unsigned lengthSize = 4;  ///< 1, 2 or 4; 3 is not allowed by the standard and is tolerated
  std::uint8_t profile = 0;
  std::uint8_t compatibility = 0;
  std::uint8_t level = 0;
  std::vector<Bytes> sps;  ///< whole NAL units
  std::vector<Bytes> pps;  ///< whole NAL units
};

/// Error: mkvInvalidCodecPrivate. Bytes behind the parameter sets (the high profiles' extension, or
/// what a muxer left there) are not judged.
Result<AvcDecoderConfiguration> parseAvcDecoderConfiguration(ByteView record);

/// The same record with lengthSizeMinusOne = 3; every other byte untouched.
/// Error: mkvInvalidCodecPrivate.
Result<Bytes> withFourByteLengths(ByteView record);

H264NalType h264NalType(Pieces payload, NalUnit unit);

/// The beginning of slice_header() (7.3.3).
struct H264SliceHead {
  bool intra = false;             ///< of type I or SI: predicted from nothing but its own picture
  std::optional<unsigned> ppsId;  ///< 0 to 255; none where the slice ends before it
};

/// None where the unit has no slice header (partitions B and C among them) or ends within it.
std::optional<H264SliceHead> readH264SliceHead(Pieces payload, NalUnit unit);

/// What the units of one payload are.
struct H264AccessUnit {
  bool hasSlice = false;  ///< types 1 to 5: part of a primary coded picture
  bool idr = false;
  bool hasIntra = false;  ///< a slice of type I or SI
  /// A slice that is predicted from other pictures, or of which this cannot be told.
  bool hasInter = false;
  bool recoveryPoint = false;            ///< an SEI message of payload type 6 (D.1.8)
  std::uint32_t recoveryFrameCount = 0;  ///< pictures until the output is right; 0: at once
  bool hasSps = false;
  bool hasPps = false;
  bool hasSei = false;
  bool hasDelimiter = false;

  /// Decoding can start here.
  bool key() const { return idr || recoveryPoint; }
};

H264AccessUnit inspectH264(Pieces payload, std::span<const NalUnit> units);

/// What has been seen of the access unit under way, for startsAccessUnit().
struct H264UnitState {
  bool begun = false;     ///< any unit at all
  bool sawSlice = false;  ///< a slice of the primary coded picture
};

/// Whether this unit begins a new access unit (7.4.1.2.3), and moves `state` over it. A unit without a
/// slice never ends, since it holds no picture. A slice begins one where its first_mb_in_slice is 0: so
/// each field of a pair is a unit of its own, and arbitrary slice order (baseline only) needs delimiters.
bool startsAccessUnit(Pieces payload, NalUnit unit, H264UnitState& state);

}  // namespace kvs::media
