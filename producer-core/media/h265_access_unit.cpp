// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "media/h265.h"
#include "media/sei.h"

namespace kvs::media {
namespace {

/// first_slice_segment_in_pic_flag is the first bit behind the header (7.3.6.1).
bool startsPicture(Pieces payload, NalUnit unit) {
  std::array<std::byte, 1> first{};
  return unit.size > 2 && peek(payload, unit.offset + 2, first) == 1 &&
         (first[0] & std::byte{0x80}) != std::byte{0};
}

/// Types that cannot stand behind a slice of their own picture (7.4.2.4.4).
bool standsAheadOfPicture(H265NalType type) {
  return (type >= H265NalType::vps && type <= H265NalType::accessUnitDelimiter) ||
         type == H265NalType::prefixSei ||
         (type >= H265NalType::reserved41 && type <= H265NalType::reserved44) ||
         (type >= H265NalType::unspecified48 && type <= H265NalType::unspecified55);
}

bool allowsLeading(H265NalType type) {
  return type == H265NalType::blaWithLeading || type == H265NalType::blaWithRadl ||
         type == H265NalType::idrWithRadl || type == H265NalType::cra;
}

/// A recovery point message (D.2.8), whose recovery_poc_cnt may be negative.
bool hasRecoveryPoint(Pieces payload, NalUnit unit) {
  constexpr std::uint32_t recoveryPointSei = 6;
  constexpr std::int64_t farthest = 32768;  // MaxPicOrderCntLsb / 2
  RbspReader reader(payload, unit);
  reader.bits(16);  // the unit's header
  if (!findSei(reader, recoveryPointSei)) return false;
  const std::int64_t distance = reader.se();
  return !reader.failed() && distance >= -farthest && distance < farthest;
}

}  // namespace

H265NalHeader h265NalHeader(Pieces payload, NalUnit unit) {
  constexpr unsigned unused = 63;
  std::array<std::byte, 2> bytes{};
  if (unit.size < bytes.size() || peek(payload, unit.offset, bytes) != bytes.size()) {
    return {static_cast<H265NalType>(unused), 0, 0};
  }
  const auto high = std::to_integer<unsigned>(bytes[0]), low = std::to_integer<unsigned>(bytes[1]);
  const unsigned temporalIdPlus1 = low & 7;
  return {static_cast<H265NalType>(high >> 1 & 0x3F), static_cast<std::uint8_t>((high & 1) << 5 | low >> 3),
          static_cast<std::uint8_t>(temporalIdPlus1 == 0 ? 0 : temporalIdPlus1 - 1)};
}

bool isH265RandomAccess(H265NalType type) {
  return type >= H265NalType::blaWithLeading && type <= H265NalType::cra;
}

bool isH265Slice(H265NalHeader header) {
  return header.layer == 0 && (header.type <= H265NalType::lastReference || isH265RandomAccess(header.type));
}

H265AccessUnit inspectH265(Pieces payload, std::span<const NalUnit> units) {
  H265AccessUnit out;
  for (const NalUnit& unit : units) {
    const H265NalHeader header = h265NalHeader(payload, unit);
    if (header.layer != 0) continue;
    out.hasSlice |= isH265Slice(header);
    out.randomAccess |= isH265RandomAccess(header.type);
    out.mayHaveLeading |= allowsLeading(header.type);
    if (header.type == H265NalType::prefixSei) out.recoveryPoint |= hasRecoveryPoint(payload, unit);
    out.hasParameterSets |= header.type >= H265NalType::vps && header.type <= H265NalType::pps;
  }
  return out;
}

bool startsH265AccessUnit(Pieces payload, NalUnit unit, H265UnitState& state) {
  const H265NalHeader header = h265NalHeader(payload, unit);
  const bool slice = isH265Slice(header);
  const bool ahead = header.layer == 0 && standsAheadOfPicture(header.type);
  const bool starts = !state.begun || (state.sawSlice && (ahead || (slice && startsPicture(payload, unit))));
  if (starts) state.sawSlice = false;
  state.begun = true;
  state.sawSlice |= slice;
  return starts;
}

}  // namespace kvs::media
