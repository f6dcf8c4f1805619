// SPDX-License-Identifier: Apache-2.0
#include "media/h264.h"
#include "media/rbsp_reader.h"

namespace kvs::media {
namespace {

bool hasSliceHeader(H264NalType type) {
  return type == H264NalType::slice || type == H264NalType::partitionA || type == H264NalType::idrSlice;
}

/// Table 7-6: the types from 5 on say the same of all slices of the picture.
bool isIntra(std::uint32_t sliceType) {
  constexpr std::uint32_t i = 2, si = 4, kinds = 5;
  return sliceType % kinds == i || sliceType % kinds == si;
}

}  // namespace

std::optional<H264SliceHead> readH264SliceHead(Pieces payload, NalUnit unit) {
  constexpr std::uint32_t lastType = 9, lastPps = 255;
  if (!hasSliceHeader(h264NalType(payload, unit))) return std::nullopt;
  RbspReader reader(payload, unit);
  reader.bits(8);  // the unit's header
  reader.ue();     // first_mb_in_slice
  const std::uint32_t type = reader.ue();
  if (reader.failed() || type > lastType) return std::nullopt;
  H264SliceHead head;
  head.intra = isIntra(type);
  const std::uint32_t ppsId = reader.ue();
  if (!reader.failed() && ppsId <= lastPps) head.ppsId = ppsId;
  return head;
}

}  // namespace kvs::media
