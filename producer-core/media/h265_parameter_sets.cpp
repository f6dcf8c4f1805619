// SPDX-License-Identifier: Apache-2.0
#include "media/h265_parameter_sets.h"

#include <algorithm>
#include <span>
#include <vector>

#include "media/rbsp_reader.h"

namespace kvs::media {
namespace {

std::vector<Bytes> known(std::span<const Bytes> sets) {
  std::vector<Bytes> out;
  std::ranges::copy_if(sets, std::back_inserter(out), [](const Bytes& set) { return !set.empty(); });
  return out;
}

tl::unexpected<Error> badId(const char* message) {
  return fail(StatusCode::mkvInvalidCodecPrivate, ErrorKind::fatal, message);
}

}  // namespace

Result<bool> H265ParameterSets::add(ByteView nal) {
  const H265NalHeader header = h265NalHeader(Pieces(&nal, 1), {0, nal.size()});
  if (header.layer != 0) return false;
  if (header.type == H265NalType::vps) return addVps(nal);
  if (header.type == H265NalType::sps) return addSps(nal);
  if (header.type == H265NalType::pps) return addPps(nal);
  return false;
}

Result<bool> H265ParameterSets::addVps(ByteView nal) {
  RbspReader reader(Pieces(&nal, 1), {0, nal.size()});
  reader.bits(16);  // the unit's header
  const std::uint32_t id = reader.bits(4);
  if (reader.failed()) return badId("An H.265 video parameter set (VPS) is truncated.");
  auto changed = store(vps_[id], nal);
  if (changed) hasVps_ = true;
  return changed;
}

Result<bool> H265ParameterSets::addSps(ByteView nal) {
  auto sps = parseH265Sps(nal);
  if (!sps) return fail(sps.error());
  auto changed = store(sps_[sps->id], nal);
  if (changed) {
    hasSps_ = true;
    newestSps_ = *sps;
  }
  return changed;
}

Result<bool> H265ParameterSets::addPps(ByteView nal) {
  RbspReader reader(Pieces(&nal, 1), {0, nal.size()});
  reader.bits(16);  // the unit's header
  const std::uint32_t id = reader.ue();
  const std::uint32_t spsId = reader.ue();
  if (reader.failed() || id >= pps_.size() || spsId >= sps_.size()) {
    return badId("An H.265 picture parameter set (PPS) has an id out of range.");
  }
  auto changed = store(pps_[id], nal);
  if (changed) hasPps_ = true;
  return changed;
}

Result<bool> H265ParameterSets::store(Bytes& slot, ByteView nal) {
  if (std::ranges::equal(slot, nal)) return false;
  const std::size_t size = totalSize_ - slot.size() + nal.size();
  if (size > maxTotalSize) {
    return fail(StatusCode::mkvInvalidCodecPrivateLength, ErrorKind::fatal,
                "The stream's H.265 parameter sets are unreasonably large; the source sends garbage.");
  }
  slot.assign(nal.begin(), nal.end());
  totalSize_ = size;
  return true;
}

Result<Bytes> H265ParameterSets::configurationRecord() const {
  return makeHevcDecoderConfiguration({known(vps_), known(sps_), known(pps_)});
}

}  // namespace kvs::media
