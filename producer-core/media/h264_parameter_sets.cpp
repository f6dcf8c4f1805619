// SPDX-License-Identifier: Apache-2.0
#include "media/h264_parameter_sets.h"

#include "media/rbsp_reader.h"

namespace kvs::media {

namespace {
using Kind = ParameterSetStore::Kind;
constexpr std::uint32_t lastSps = 31, lastPps = 255;
}  // namespace

Result<bool> H264ParameterSets::add(ByteView nal) {
  const auto type = nal.empty() ? H264NalType{} : static_cast<H264NalType>(nal.front() & std::byte{0x1F});
  if (type == H264NalType::sps) return addSps(nal);
  if (type == H264NalType::pps) return addPps(nal);
  return false;
}

bool H264ParameterSets::complete() const {
  return store_.has(Kind::sps) && store_.has(Kind::pps);
}

Result<bool> H264ParameterSets::addSps(ByteView nal) {
  const auto sps = parseSps(nal);
  if (!sps) return fail(sps.error());
  auto changed = put(Kind::sps, sps->id, 0, nal);
  if (changed) newestSps_ = sps->id;
  return changed;
}

Result<bool> H264ParameterSets::addPps(ByteView nal) {
  RbspReader reader(Pieces(&nal, 1), {0, nal.size()});
  reader.bits(8);  // the unit's header
  const std::uint32_t id = reader.ue();
  const std::uint32_t spsId = reader.ue();
  if (reader.failed() || id > lastPps || spsId > lastSps) {
    return fail(StatusCode::mkvInvalidCodecPrivate, ErrorKind::fatal,
                "An H.264 picture parameter set (PPS) has an id out of range.");
  }
  return put(Kind::pps, id, spsId, nal);
}

Result<bool> H264ParameterSets::put(Kind kind, std::size_t id, std::size_t parent, ByteView nal) {
  const auto put = store_.put(kind, id, parent, nal);
  if (put != ParameterSetStore::Put::tooLarge) return put == ParameterSetStore::Put::changed;
  return fail(StatusCode::mkvInvalidCodecPrivateLength, ErrorKind::fatal,
              "The stream's H.264 parameter sets are unreasonably large; the source sends garbage.");
}

Result<Bytes> H264ParameterSets::configurationRecord() const {
  return makeAvcDecoderConfiguration(store_.wanted(Kind::sps), store_.wanted(Kind::pps));
}

std::optional<H264Sps> H264ParameterSets::newestSps() const {
  const auto sps = parseSps(store_.get(Kind::sps, store_.active().value_or(newestSps_)));
  return sps ? std::optional(*sps) : std::nullopt;
}

}  // namespace kvs::media
