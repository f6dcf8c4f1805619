// SPDX-License-Identifier: Apache-2.0
// H.265 as ISO/IEC 23008-2 (ITU-T H.265) writes it and ISO/IEC 14496-15 stores it: parameter sets, the
// decoder configuration record, and what an access unit holds. Nothing here decodes a picture. Clauses
// without a name are those of H.265. Of a stream in layers only the base layer is read; the others' units
// travel with it.
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

/// nal_unit_type, table 7-1; those that this house tells apart.
enum class H265NalType : std::uint8_t {
  lastReference = 9,  ///< 0 to 9: slices of pictures that are no random access point
  blaWithLeading = 16,
  blaWithRadl = 17,
  blaWithoutLeading = 18,
  idrWithRadl = 19,
  idrWithoutLeading = 20,
  cra = 21,
  vps = 32,
  sps = 33,
  pps = 34,
  accessUnitDelimiter = 35,
  prefixSei = 39,
  reserved41 = 41,
  reserved44 = 44,
  unspecified48 = 48,
  unspecified55 = 55,
};

/// The two bytes in front of every unit (7.3.1.2).
struct H265NalHeader {
  H265NalType type{};
  std::uint8_t layer = 0;       ///< nuh_layer_id; 0 is the base layer
  std::uint8_t temporalId = 0;  ///< 0 to 6
};

/// A unit of one byte has the type 63, which nobody uses.
H265NalHeader h265NalHeader(Pieces payload, NalUnit unit);

/// Slices of the base layer: types 0 to 9 and 16 to 21.
bool isH265Slice(H265NalHeader header);
/// Types 16 to 21: decoding can start here (IRAP pictures).
bool isH265RandomAccess(H265NalType type);

/// general_* of profile_tier_level() (7.3.3).
struct H265Profile {
  std::uint8_t space = 0;  ///< general_profile_space, 0 to 3
  bool highTier = false;
  std::uint8_t idc = 0;                          ///< general_profile_idc, 0 to 31
  std::uint32_t compatibility = 0;               ///< general_profile_compatibility_flag[0] is the highest bit
  std::array<std::uint8_t, 6> constraints = {};  ///< from general_progressive_source_flag on
  std::uint8_t levelIdc = 0;                     ///< 30 times the level
};

/// The fields of a sequence parameter set that streaming needs (7.3.2.2.1).
struct H265Sps {
  H265Profile profile;
  std::uint8_t id = 0;                         ///< 0 to 15
  std::uint8_t vpsId = 0;                      ///< 0 to 15
  std::uint8_t temporalLayers = 1;             ///< sps_max_sub_layers_minus1 + 1, 1 to 7
  bool temporalIdNested = false;               ///< sps_temporal_id_nesting_flag
  std::uint8_t chromaFormatIdc = 1;            ///< 0 monochrome, 1 4:2:0, 2 4:2:2, 3 4:4:4
  std::uint8_t bitDepthLuma = 8;               ///< 8 to 15: the record has three bits for the rest
  std::uint8_t bitDepthChroma = 8;             ///< 8 to 15
  std::uint32_t width = 0;                     ///< pixels, conformance window applied
  std::uint32_t height = 0;                    ///< pixels, conformance window applied
  bool planesApart = false;                    ///< separate_colour_plane_flag
  std::array<std::uint64_t, 4> cropping = {};  ///< pixels cut off left, right, top and bottom
  /// Pictures that may be decoded before one and shown after it, in the highest temporal layer.
  std::uint32_t reorderDepth = 0;
  std::uint32_t codingBlocks = 0;  ///< PicSizeInCtbsY: how many coding tree blocks a picture has
  // Of the VUI: as if it were not there where it ends too soon.
  PixelAspect pixelAspect{1, 1};
  bool fields = false;                              ///< field_seq_flag: each picture is a field
  std::array<std::uint32_t, 4> displayWindow = {};  ///< the default display window's offsets
  std::optional<Nanoseconds> frameDuration;         ///< vui_timing_info: of one picture
};

/// Reads a whole SPS NAL unit, header bytes included. Never reads past `nal`, whatever is in it.
/// Errors: mkvInvalidSps (not one, cut short, a field out of its range), mkvInvalidSpsWidth and
/// mkvInvalidSpsHeight (nothing left within the conformance window, or more than any level allows).
Result<H265Sps> parseH265Sps(ByteView nal);

/// Whole NAL units.
struct H265SetLists {
  std::vector<Bytes> vps;
  std::vector<Bytes> sps;
  std::vector<Bytes> pps;
};

struct HevcDecoderConfiguration {
  unsigned lengthSize = 4;  ///< 1, 2 or 4; 3 is not allowed by the standard and is tolerated
  H265SetLists sets;
};

/// HEVCDecoderConfigurationRecord (ISO/IEC 14496-15 8.3.3.1) with 4-byte lengths. The sets stand in the
/// order given, their arrays not marked complete: the same sets stay in the frames. Errors:
/// mkvInvalidCodecPrivate (no VPS), mkvMissingSps, mkvMissingPps, mkvInvalidSps,
/// mkvInvalidCodecPrivateLength (over 65,535 sets of a kind, or bytes in one of them).
Result<Bytes> makeHevcDecoderConfiguration(const H265SetLists& sets);

/// Error: mkvInvalidCodecPrivate. Arrays of other units (SEI) are stepped over; bytes behind the arrays
/// are not judged.
Result<HevcDecoderConfiguration> parseHevcDecoderConfiguration(ByteView record);

/// The same record with lengthSizeMinusOne = 3; every other byte untouched.
/// Error: mkvInvalidCodecPrivate.
Result<Bytes> hevcWithFourByteLengths(ByteView record);

/// What a picture parameter set says of the slices that refer to it (7.3.2.3.1).
struct H265Pps {
  std::uint8_t id = 0;               ///< 0 to 63
  std::uint8_t spsId = 0;            ///< 0 to 15
  bool dependentSegments = false;    ///< dependent_slice_segments_enabled_flag
  std::uint8_t extraHeaderBits = 0;  ///< num_extra_slice_header_bits, 0 to 7
};

/// Error: mkvInvalidCodecPrivate.
Result<H265Pps> parseH265Pps(ByteView nal);

/// The id of the picture parameter set that a slice of the base layer refers to (7.3.6.1); none of other
/// units, and where the slice ends before it.
std::optional<unsigned> h265SlicePps(Pieces payload, NalUnit unit);

enum class H265SliceKind {
  intra,      ///< predicted from nothing but its own picture
  inter,      ///< from other pictures; or it cannot be told
  dependent,  ///< as the slice segment before it
};

/// Of a slice segment that refers to these sets.
H265SliceKind h265SliceKind(Pieces payload, NalUnit unit, const H265Pps& pps, std::uint32_t codingBlocks);

/// What the units of one payload are.
struct H265AccessUnit {
  bool hasSlice = false;  ///< of the base layer
  bool randomAccess = false;
  bool recoveryPoint = false;   ///< an SEI message of payload type 6 (D.2.8)
  bool mayHaveLeading = false;  ///< CRA, IDR_W_RADL, BLA_W_LP, BLA_W_RADL
  bool hasParameterSets = false;
};

H265AccessUnit inspectH265(Pieces payload, std::span<const NalUnit> units);

/// What has been seen of the access unit under way, for startsH265AccessUnit().
struct H265UnitState {
  bool begun = false;     ///< any unit at all
  bool sawSlice = false;  ///< a slice of the base layer
};

/// Whether this unit begins a new access unit (7.4.2.4.4), and moves `state` over it. A unit without a
/// slice never ends, since it holds no picture.
bool startsH265AccessUnit(Pieces payload, NalUnit unit, H265UnitState& state);

}  // namespace kvs::media
