// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "media/h264.h"
#include "media/rbsp_reader.h"
#include "media/sei.h"

namespace kvs::media {
namespace {

constexpr std::uint32_t recoveryPointSei = 6;           // D.1.1
constexpr std::uint32_t maxRecoveryFrameCount = 65535;  // D.2.8: 0 to MaxFrameNum - 1

/// The recovery_frame_cnt of the first recovery point message, if there is one.
std::optional<std::uint32_t> findRecoveryPoint(Pieces payload, NalUnit unit) {
  RbspReader reader(payload, unit);
  reader.bits(8);  // the unit's header
  if (!findSei(reader, recoveryPointSei)) return std::nullopt;
  const std::uint32_t count = reader.ue();
  return reader.failed() || count > maxRecoveryFrameCount ? std::nullopt : std::optional(count);
}

/// first_mb_in_slice is ue(v): 0 is the single bit 1 behind the header byte (7.3.3).
bool startsPicture(Pieces payload, NalUnit unit) {
  std::array<std::byte, 2> head{};
  return peek(payload, unit.offset, std::span(head).first(unit.size < 2 ? 1 : 2)) == 2 &&
         (head[1] & std::byte{0x80}) != std::byte{0};
}

bool isSlice(H264NalType type) {
  return type >= H264NalType::slice && type <= H264NalType::idrSlice;
}

/// Partitions B and C of a slice follow their A.
bool hasSliceHeader(H264NalType type) {
  return type == H264NalType::slice || type == H264NalType::partitionA || type == H264NalType::idrSlice;
}

/// Types that cannot stand between a picture's slices (7.4.1.2.3). The prefix NAL unit (14) can: in
/// a scalable stream it stands before each slice, so alone it tells nothing.
bool standsAheadOfPicture(H264NalType type) {
  return (type >= H264NalType::sei && type <= H264NalType::accessUnitDelimiter) ||
         (type >= H264NalType::subsetSps && type <= H264NalType::reserved18);
}

void takeSei(Pieces payload, NalUnit unit, H264AccessUnit& out) {
  out.hasSei = true;
  if (out.recoveryPoint) return;
  if (const auto count = findRecoveryPoint(payload, unit)) {
    out.recoveryPoint = true;
    out.recoveryFrameCount = *count;
  }
}

}  // namespace

H264NalType h264NalType(Pieces payload, NalUnit unit) {
  std::array<std::byte, 1> header{};
  peek(payload, unit.offset, header);
  return static_cast<H264NalType>(header[0] & std::byte{0x1F});
}

H264AccessUnit inspectH264(Pieces payload, std::span<const NalUnit> units) {
  H264AccessUnit out;
  for (const NalUnit& unit : units) {
    const H264NalType type = h264NalType(payload, unit);
    out.hasSlice |= isSlice(type);
    out.idr |= type == H264NalType::idrSlice;
    out.hasSps |= type == H264NalType::sps;
    out.hasPps |= type == H264NalType::pps;
    out.hasDelimiter |= type == H264NalType::accessUnitDelimiter;
    if (hasSliceHeader(type)) {
      const auto head = readH264SliceHead(payload, unit);
      (head && head->intra ? out.hasIntra : out.hasInter) = true;
    }
    if (type == H264NalType::sei) takeSei(payload, unit, out);
  }
  return out;
}

bool startsAccessUnit(Pieces payload, NalUnit unit, H264UnitState& state) {
  const H264NalType type = h264NalType(payload, unit);
  const bool nextPicture = hasSliceHeader(type) && startsPicture(payload, unit);
  const bool starts = !state.begun || (state.sawSlice && (nextPicture || standsAheadOfPicture(type)));
  if (starts) state.sawSlice = false;
  state.begun = true;
  state.sawSlice |= isSlice(type);
  return starts;
}

}  // namespace kvs::media
