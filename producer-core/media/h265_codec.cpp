// SPDX-License-Identifier: Apache-2.0
#include "media/h265_codec.h"

#include <utility>

namespace kvs::media {

NalSummary H265Codec::read(Pieces payload, std::span<const NalUnit> units) {
  const H265AccessUnit found = inspectH265(payload, units);
  NalSummary summary;
  summary.hasSlice = found.hasSlice;
  summary.key = found.randomAccess;
  summary.mayHaveLeading = found.mayHaveLeading;
  summary.hasParameterSets = found.hasParameterSets;
  for (std::size_t i = 0; i < units.size(); ++i) {
    const bool starts = startsH265AccessUnit(payload, units[i], unit_);
    if (i == 0) summary.startsUnit = starts;
  }
  return summary;
}

Result<bool> H265Codec::collect(Pieces payload, std::span<const NalUnit> units) {
  for (const NalUnit& unit : units) {
    const H265NalType type = h265NalHeader(payload, unit).type;
    if (type < H265NalType::vps || type > H265NalType::pps) continue;
    scratch_.clear();
    VectorSink sink(scratch_);
    copyRange(payload, unit.offset, unit.size, sink);
    const auto added = sets_.add(scratch_);
    if (!added) return fail(added.error());
    changed_ |= *added;
  }
  return std::exchange(changed_, false);
}

Result<void> H265Codec::seed(ByteView configurationRecord) {
  const auto parsed = parseHevcDecoderConfiguration(configurationRecord);
  if (!parsed) return fail(parsed.error());
  // A set that cannot be read here may still be one that players can: the record travels as it is.
  for (const auto* sets : {&parsed->sets.vps, &parsed->sets.sps, &parsed->sets.pps}) {
    for (const Bytes& set : *sets)
      static_cast<void>(sets_.add(set));
  }
  return {};
}

PictureSize H265Codec::pictureSize() const {
  const auto& sps = sets_.newestSps();
  return sps ? PictureSize{sps->width, sps->height} : PictureSize{};
}

Result<unsigned> H265Codec::lengthSize(ByteView configurationRecord) const {
  return parseHevcDecoderConfiguration(configurationRecord).map([](const HevcDecoderConfiguration& parsed) {
    return parsed.lengthSize;
  });
}

Result<Bytes> H265Codec::withFourByteLengths(ByteView configurationRecord) const {
  return hevcWithFourByteLengths(configurationRecord);
}

}  // namespace kvs::media
