// SPDX-License-Identifier: Apache-2.0
#include "media/h264_parameter_sets.h"

#include <algorithm>
#include <vector>

#include "media/rbsp_reader.h"

namespace kvs::media {
namespace {

std::vector<ByteView> known(std::span<const Bytes> sets) {
  std::vector<ByteView> views;
  for (const Bytes& set : sets) {
    if (!set.empty()) views.emplace_back(set);
  }
  return views;
}

}  // namespace

Result<bool> H264ParameterSets::add(ByteView nal) {
  const auto type = nal.empty() ? H264NalType{} : static_cast<H264NalType>(nal.front() & std::byte{0x1F});
  if (type == H264NalType::sps) return addSps(nal);
  if (type == H264NalType::pps) return addPps(nal);
  return false;
}

Result<bool> H264ParameterSets::addSps(ByteView nal) {
  auto sps = parseSps(nal);
  if (!sps) return fail(sps.error());
  auto changed = store(sps_[sps->id], nal);
  if (changed) {
    hasSps_ = true;
    newestSps_ = *sps;
  }
  return changed;
}

Result<bool> H264ParameterSets::addPps(ByteView nal) {
  RbspReader reader(Pieces(&nal, 1), {0, nal.size()});
  reader.bits(8);  // the unit's header
  const std::uint32_t id = reader.ue();
  const std::uint32_t spsId = reader.ue();
  if (reader.failed() || id >= pps_.size() || spsId >= sps_.size()) {
    return fail(StatusCode::mkvInvalidCodecPrivate, ErrorKind::fatal,
                "An H.264 picture parameter set (PPS) has an id out of range.");
  }
  auto changed = store(pps_[id], nal);
  if (changed) hasPps_ = true;
  return changed;
}

Result<bool> H264ParameterSets::store(Bytes& slot, ByteView nal) {
  if (std::ranges::equal(slot, nal)) return false;
  const std::size_t size = totalSize_ - slot.size() + nal.size();
  if (size > maxTotalSize) {
    return fail(StatusCode::mkvInvalidCodecPrivateLength, ErrorKind::fatal,
                "The stream's H.264 parameter sets are unreasonably large; the source sends garbage.");
  }
  slot.assign(nal.begin(), nal.end());
  totalSize_ = size;
  return true;
}

Result<Bytes> H264ParameterSets::configurationRecord() const {
  return makeAvcDecoderConfiguration(known(sps_), known(pps_));
}

}  // namespace kvs::media
