// SPDX-License-Identifier: Apache-2.0
// Slice segment headers (7.3.6.1), as far as the slice's type.
#include <bit>

#include "media/h265.h"
#include "media/rbsp_reader.h"

namespace kvs::media {
namespace {

constexpr std::uint32_t lastPps = 63, lastSps = 15;

/// The fields in front of slice_pic_parameter_set_id; true for the first segment of a picture.
bool readFirst(RbspReader& reader, H265NalType type) {
  constexpr auto lastWithPriorPictures = static_cast<H265NalType>(23);
  reader.bits(16);  // the unit's header
  const bool first = reader.flag();
  if (type >= H265NalType::blaWithLeading && type <= lastWithPriorPictures) reader.flag();
  return first;
}

}  // namespace

Result<H265Pps> parseH265Pps(ByteView nal) {
  RbspReader reader(Pieces(&nal, 1), {0, nal.size()});
  reader.bits(16);  // the unit's header
  const std::uint32_t id = reader.ue();
  const std::uint32_t spsId = reader.ue();
  if (reader.failed() || id > lastPps || spsId > lastSps) {
    return fail(StatusCode::mkvInvalidCodecPrivate, ErrorKind::fatal,
                "An H.265 picture parameter set (PPS) has an id out of range.");
  }
  H265Pps pps;
  pps.id = static_cast<std::uint8_t>(id);
  pps.spsId = static_cast<std::uint8_t>(spsId);
  pps.dependentSegments = reader.flag();
  reader.flag();  // output_flag_present_flag
  pps.extraHeaderBits = static_cast<std::uint8_t>(reader.bits(3));
  return pps;
}

std::optional<unsigned> h265SlicePps(Pieces payload, NalUnit unit) {
  const H265NalHeader header = h265NalHeader(payload, unit);
  if (!isH265Slice(header)) return std::nullopt;
  RbspReader reader(payload, unit);
  readFirst(reader, header.type);
  const std::uint32_t id = reader.ue();
  return reader.failed() || id > lastPps ? std::nullopt : std::optional<unsigned>(id);
}

H265SliceKind h265SliceKind(Pieces payload, NalUnit unit, const H265Pps& pps, std::uint32_t codingBlocks) {
  constexpr std::uint32_t intra = 2;  // table 7-7
  RbspReader reader(payload, unit);
  const bool first = readFirst(reader, h265NalHeader(payload, unit).type);
  reader.ue();  // slice_pic_parameter_set_id
  if (!first) {
    if (codingBlocks == 0) return H265SliceKind::inter;
    if (pps.dependentSegments && reader.flag()) return H265SliceKind::dependent;
    reader.bits(static_cast<unsigned>(std::bit_width(codingBlocks - 1)));  // slice_segment_address
  }
  reader.bits(pps.extraHeaderBits);
  const std::uint32_t type = reader.ue();
  return !reader.failed() && type == intra ? H265SliceKind::intra : H265SliceKind::inter;
}

}  // namespace kvs::media
