// SPDX-License-Identifier: Apache-2.0
#include "media/h264_codec.h"

#include <utility>

namespace kvs::media {

NalSummary H264Codec::read(Pieces payload, std::span<const NalUnit> units) {
  const H264AccessUnit found = inspectH264(payload, units);
  NalSummary summary;
  summary.hasSlice = found.hasSlice;
  summary.key = found.key();
  summary.mayHaveLeading = found.recoveryPoint && !found.idr;
  summary.hasParameterSets = found.hasSps || found.hasPps;
  for (std::size_t i = 0; i < units.size(); ++i) {
    const bool starts = startsAccessUnit(payload, units[i], unit_);
    if (i == 0) summary.startsUnit = starts;
  }
  return summary;
}

Result<bool> H264Codec::collect(Pieces payload, std::span<const NalUnit> units) {
  for (const NalUnit& unit : units) {
    const H264NalType type = h264NalType(payload, unit);
    if (type != H264NalType::sps && type != H264NalType::pps) continue;
    scratch_.clear();
    VectorSink sink(scratch_);
    copyRange(payload, unit.offset, unit.size, sink);
    const auto added = sets_.add(scratch_);
    if (!added) return fail(added.error());
    changed_ |= *added;
  }
  return std::exchange(changed_, false);
}

Result<void> H264Codec::seed(ByteView configurationRecord) {
  const auto parsed = parseAvcDecoderConfiguration(configurationRecord);
  if (!parsed) return fail(parsed.error());
  // A set that cannot be read here may still be one that players can: the record travels as it is.
  for (const Bytes& set : parsed->sps)
    static_cast<void>(sets_.add(set));
  for (const Bytes& set : parsed->pps)
    static_cast<void>(sets_.add(set));
  return {};
}

PictureSize H264Codec::pictureSize() const {
  const auto& sps = sets_.newestSps();
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
