// SPDX-License-Identifier: Apache-2.0
#include "media/h265_parameter_sets.h"

#include "media/rbsp_reader.h"

namespace kvs::media {

namespace {

using Kind = ParameterSetStore::Kind;

std::vector<Bytes> copies(const std::vector<ByteView>& sets) {
  std::vector<Bytes> out;
  out.reserve(sets.size());
  for (const ByteView set : sets)
    out.emplace_back(set.begin(), set.end());
  return out;
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

bool H265ParameterSets::complete() const {
  return store_.has(Kind::vps) && store_.has(Kind::sps) && store_.has(Kind::pps);
}

Result<bool> H265ParameterSets::addVps(ByteView nal) {
  RbspReader reader(Pieces(&nal, 1), {0, nal.size()});
  reader.bits(16);  // the unit's header
  const std::uint32_t id = reader.bits(4);
  if (reader.failed()) {
    return fail(StatusCode::mkvInvalidCodecPrivate, ErrorKind::fatal,
                "An H.265 video parameter set (VPS) is truncated.");
  }
  return put(Kind::vps, id, 0, nal);
}

Result<bool> H265ParameterSets::addSps(ByteView nal) {
  const auto sps = parseH265Sps(nal);
  if (!sps) return fail(sps.error());
  auto changed = put(Kind::sps, sps->id, sps->vpsId, nal);
  if (changed) newestSps_ = sps->id;
  return changed;
}

Result<bool> H265ParameterSets::addPps(ByteView nal) {
  const auto pps = parseH265Pps(nal);
  if (!pps) return fail(pps.error());
  return put(Kind::pps, pps->id, pps->spsId, nal);
}

Result<bool> H265ParameterSets::put(Kind kind, std::size_t id, std::size_t parent, ByteView nal) {
  const auto put = store_.put(kind, id, parent, nal);
  if (put != ParameterSetStore::Put::tooLarge) return put == ParameterSetStore::Put::changed;
  return fail(StatusCode::mkvInvalidCodecPrivateLength, ErrorKind::fatal,
              "The stream's H.265 parameter sets are unreasonably large; the source sends garbage.");
}

Result<Bytes> H265ParameterSets::configurationRecord() const {
  return makeHevcDecoderConfiguration(
      {copies(store_.wanted(Kind::vps)), copies(store_.wanted(Kind::sps)), copies(store_.wanted(Kind::pps))});
}

std::optional<H265Sps> H265ParameterSets::newestSps() const {
  const auto sps = parseH265Sps(store_.get(Kind::sps, store_.active().value_or(newestSps_)));
  return sps ? std::optional(*sps) : std::nullopt;
}

H265SliceKind H265ParameterSets::sliceKind(Pieces payload, NalUnit unit) const {
  const auto ppsId = h265SlicePps(payload, unit);
  const auto spsId = ppsId ? store_.spsOf(*ppsId) : std::nullopt;
  if (!spsId) return H265SliceKind::inter;
  const auto pps = parseH265Pps(store_.get(Kind::pps, *ppsId));
  const auto sps = parseH265Sps(store_.get(Kind::sps, *spsId));
  return pps && sps ? h265SliceKind(payload, unit, *pps, sps->codingBlocks) : H265SliceKind::inter;
}

}  // namespace kvs::media
