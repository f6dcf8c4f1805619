// SPDX-License-Identifier: Apache-2.0
#include "media/h264_codec.h"

namespace kvs::media {

NalSummary H264Codec::read(Pieces payload, std::span<const NalUnit> units, bool whole) {
  NalSummary summary;
  bool first = true;
  for (const NalUnit& unit : units) {
    const bool starts = startsAccessUnit(payload, unit, unit_);
    if (first) summary.startsUnit = starts;
    if (whole ? first && group_.hasSlice() : starts) group_.beginUnit();
    take(payload, unit, summary);
    first = false;
  }
  return summary;
}

/// A recovery point of an IDR picture says nothing more.
void H264Codec::take(Pieces payload, const NalUnit& unit, NalSummary& summary) {
  const H264AccessUnit found = inspectH264(payload, std::span(&unit, 1));
  summary.hasSlice |= found.hasSlice;
  if (found.idr) summary.closed = true;
  summary.key |= found.key();
  summary.mayHaveLeading = summary.key && !summary.closed;
  if (found.key()) group_.randomAccess();
  if (found.hasSps || found.hasPps) {
    if (const auto added = add(payload, unit); !added) summary.badSet = added.error();
  }
  if (!found.hasIntra && !found.hasInter) return;
  const auto head = readH264SliceHead(payload, unit);
  const auto pps = head ? head->ppsId : std::nullopt;
  // Without its parameter sets nothing can begin at a picture, whatever its slices are.
  const bool intra = found.hasIntra && pps && sets_.store().spsOf(*pps);
  (intra ? summary.hasIntra : summary.hasInter) = true;
  summary.beginsGroup |= group_.slice(intra, pps);
}

Result<bool> H264Codec::add(Pieces payload, const NalUnit& unit) {
  scratch_.clear();
  VectorSink sink(scratch_);
  copyRange(payload, unit.offset, unit.size, sink);
  return sets_.add(scratch_);
}

Result<void> H264Codec::collect(Pieces payload, std::span<const NalUnit> units) {
  for (const NalUnit& unit : units) {
    const H264NalType type = h264NalType(payload, unit);
    if (type != H264NalType::sps && type != H264NalType::pps) continue;
    if (const auto added = add(payload, unit); !added) return fail(added.error());
  }
  return {};
}

Result<void> H264Codec::seed(ByteView configurationRecord) {
  const auto parsed = parseAvcDecoderConfiguration(configurationRecord);
  if (!parsed) return fail(parsed.error());
  // A set that cannot be read here may still be one that players can: the record travels as it is.
  for (const Bytes& set : parsed->sps)
    static_cast<void>(sets_.add(set));
  for (const Bytes& set : parsed->pps)
    static_cast<void>(sets_.add(set));
  sets_.store().takenFromRecord();
  return {};
}

PictureSize H264Codec::pictureSize() const {
  const auto sps = sets_.newestSps();
  return sps ? PictureSize{sps->width, sps->height} : PictureSize{};
}

std::optional<Nanoseconds> H264Codec::frameDuration() const {
  const auto& sps = sets_.newestSps();
  return sps ? sps->frameDuration : std::nullopt;
}

Result<unsigned> H264Codec::lengthSize(ByteView configurationRecord) const {
  return parseAvcDecoderConfiguration(configurationRecord).map([](const AvcDecoderConfiguration& parsed) {
    return parsed.lengthSize;
  });
}

Result<Bytes> H264Codec::withFourByteLengths(ByteView configurationRecord) const {
  return media::withFourByteLengths(configurationRecord);
}

}  // namespace kvs::media
