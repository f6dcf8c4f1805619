// SPDX-License-Identifier: Apache-2.0
#include "media/h265_codec.h"

namespace kvs::media {

NalSummary H265Codec::read(Pieces payload, std::span<const NalUnit> units, bool whole) {
  NalSummary summary;
  bool first = true;
  for (const NalUnit& unit : units) {
    const bool starts = startsH265AccessUnit(payload, unit, unit_);
    if (first) summary.startsUnit = starts;
    if (whole ? first && group_.hasSlice() : starts) group_.beginUnit();
    take(payload, unit, summary);
    first = false;
  }
  return summary;
}

/// A recovery point of a random access picture says nothing more.
void H265Codec::take(Pieces payload, const NalUnit& unit, NalSummary& summary) {
  const H265AccessUnit found = inspectH265(payload, std::span(&unit, 1));
  summary.hasSlice |= found.hasSlice;
  if (found.randomAccess && !found.mayHaveLeading) summary.closed = true;
  summary.key |= found.randomAccess || found.recoveryPoint;
  summary.mayHaveLeading = summary.key && !summary.closed;
  if (found.randomAccess || found.recoveryPoint) group_.randomAccess();
  if (found.hasParameterSets) {
    if (const auto added = add(payload, unit); !added) summary.badSet = added.error();
  }
  if (!found.hasSlice) return;
  const H265SliceKind kind = found.randomAccess ? H265SliceKind::intra : sets_.sliceKind(payload, unit);
  if (kind != H265SliceKind::dependent) intra_ = kind == H265SliceKind::intra;
  (intra_ ? summary.hasIntra : summary.hasInter) = true;
  summary.beginsGroup |= group_.slice(intra_, h265SlicePps(payload, unit));
}

Result<bool> H265Codec::add(Pieces payload, const NalUnit& unit) {
  scratch_.clear();
  VectorSink sink(scratch_);
  copyRange(payload, unit.offset, unit.size, sink);
  return sets_.add(scratch_);
}

Result<void> H265Codec::collect(Pieces payload, std::span<const NalUnit> units) {
  for (const NalUnit& unit : units) {
    const H265NalType type = h265NalHeader(payload, unit).type;
    if (type < H265NalType::vps || type > H265NalType::pps) continue;
    if (const auto added = add(payload, unit); !added) return fail(added.error());
  }
  return {};
}

Result<void> H265Codec::seed(ByteView configurationRecord) {
  const auto parsed = parseHevcDecoderConfiguration(configurationRecord);
  if (!parsed) return fail(parsed.error());
  // A set that cannot be read here may still be one that players can: the record travels as it is.
  for (const auto* sets : {&parsed->sets.vps, &parsed->sets.sps, &parsed->sets.pps}) {
    for (const Bytes& set : *sets)
      static_cast<void>(sets_.add(set));
  }
  sets_.store().takenFromRecord();
  return {};
}

PictureSize H265Codec::pictureSize() const {
  const auto sps = sets_.newestSps();
  return sps ? PictureSize{sps->width, sps->height} : PictureSize{};
}

std::optional<Nanoseconds> H265Codec::frameDuration() const {
  const auto sps = sets_.newestSps();
  return sps ? sps->frameDuration : std::nullopt;
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
