// SPDX-License-Identifier: Apache-2.0
// HEVCDecoderConfigurationRecord, ISO/IEC 14496-15 8.3.3.1.2.
#include <algorithm>
#include <limits>

#include "media/h265.h"
#include "media/record_reader.h"

namespace kvs::media {
namespace {

constexpr std::size_t maxSets = std::numeric_limits<std::uint16_t>::max();
constexpr std::size_t maxSetSize = std::numeric_limits<std::uint16_t>::max();
constexpr std::size_t profileSize = 12;  // from general_profile_space to general_level_idc
constexpr std::size_t lengthSizeAt = 21;
constexpr std::byte fourByteLengths{0x03};

tl::unexpected<Error> bad(StatusCode code, const char* message) {
  return fail(code, ErrorKind::fatal, message);
}

bool tooLarge(const std::vector<Bytes>& sets) {
  return sets.size() > maxSets ||
         std::any_of(sets.begin(), sets.end(), [](const Bytes& set) { return set.size() > maxSetSize; });
}

Result<void> checkCounts(const H265SetLists& sets) {
  if (sets.vps.empty()) {
    return bad(StatusCode::mkvInvalidCodecPrivate, "The H.265 codec data has no video parameter set (VPS).");
  }
  if (sets.sps.empty()) {
    return bad(StatusCode::mkvMissingSps, "The H.265 codec data has no sequence parameter set (SPS).");
  }
  if (sets.pps.empty()) {
    return bad(StatusCode::mkvMissingPps, "The H.265 codec data has no picture parameter set (PPS).");
  }
  if (tooLarge(sets.vps) || tooLarge(sets.sps) || tooLarge(sets.pps)) {
    return bad(StatusCode::mkvInvalidCodecPrivateLength,
               "There are more H.265 parameter sets, or larger ones, than a configuration record can hold.");
  }
  return {};
}

/// The flags that both sets share, the higher tier, and the highest level of that tier.
void mergeProfile(H265Profile& into, const H265Profile& other) {
  into.compatibility &= other.compatibility;
  for (std::size_t i = 0; i < into.constraints.size(); ++i) {
    into.constraints[i] = static_cast<std::uint8_t>(into.constraints[i] & other.constraints[i]);
  }
  if (into.highTier != other.highTier) {
    into.levelIdc = into.highTier ? into.levelIdc : other.levelIdc;
    into.highTier = true;
  } else {
    into.levelIdc = std::max(into.levelIdc, other.levelIdc);
  }
}

/// Profile, chroma format and depths are the first SPS's; the rest is what holds for all of them.
Result<H265Sps> summarise(const std::vector<Bytes>& sets) {
  auto summary = parseH265Sps(sets.front());
  for (std::size_t i = 1; summary && i < sets.size(); ++i) {
    const auto sps = parseH265Sps(sets[i]);
    if (!sps) return fail(sps.error());
    mergeProfile(summary->profile, sps->profile);
    summary->temporalLayers = std::max(summary->temporalLayers, sps->temporalLayers);
    summary->temporalIdNested = summary->temporalIdNested && sps->temporalIdNested;
  }
  return summary;
}

void putProfile(Bytes& out, const H265Profile& profile) {
  putByte(out, static_cast<std::uint32_t>(profile.space << 6 | (profile.highTier ? 0x20 : 0) | profile.idc));
  putTwoBytes(out, profile.compatibility >> 16);
  putTwoBytes(out, profile.compatibility);
  for (std::uint8_t byte : profile.constraints)
    putByte(out, byte);
  putByte(out, profile.levelIdc);
}

/// min_spatial_segmentation_idc and parallelismType 0: nothing is promised to parallel decoders. Average
/// and constant frame rate 0: not said. The reserved bits around them are ones.
void putFormat(Bytes& out, const H265Sps& sps) {
  putTwoBytes(out, 0xF000);  // min_spatial_segmentation_idc
  putByte(out, 0xFC);        // parallelismType
  putByte(out, 0xFCu | sps.chromaFormatIdc);
  putByte(out, 0xF8u | (sps.bitDepthLuma - 8u));
  putByte(out, 0xF8u | (sps.bitDepthChroma - 8u));
  putTwoBytes(out, 0);  // avgFrameRate
  putByte(out, static_cast<std::uint32_t>(sps.temporalLayers << 3 | (sps.temporalIdNested ? 4 : 0) | 3));
}

void putArray(Bytes& out, H265NalType type, const std::vector<Bytes>& sets) {
  putByte(out, static_cast<std::uint32_t>(type));  // array_completeness 0
  putTwoBytes(out, static_cast<std::uint32_t>(sets.size()));
  const std::vector<ByteView> views(sets.begin(), sets.end());
  putSets(out, views);
}

void readArray(RecordReader& reader, H265SetLists& out) {
  const auto type = static_cast<H265NalType>(reader.byte() & 0x3F);
  const unsigned count = reader.twoBytes();
  std::vector<Bytes> others;
  reader.sets(count, type == H265NalType::vps   ? out.vps
                     : type == H265NalType::sps ? out.sps
                     : type == H265NalType::pps ? out.pps
                                                : others);
}

}  // namespace

Result<Bytes> makeHevcDecoderConfiguration(const H265SetLists& sets) {
  if (auto checked = checkCounts(sets); !checked) return fail(checked.error());
  const auto summary = summarise(sets.sps);
  if (!summary) return fail(summary.error());
  Bytes out;
  putByte(out, 1);  // configurationVersion
  putProfile(out, summary->profile);
  putFormat(out, *summary);
  putByte(out, 3);  // numOfArrays
  putArray(out, H265NalType::vps, sets.vps);
  putArray(out, H265NalType::sps, sets.sps);
  putArray(out, H265NalType::pps, sets.pps);
  return out;
}

Result<HevcDecoderConfiguration> parseHevcDecoderConfiguration(ByteView record) {
  RecordReader reader(record);
  if (reader.byte() != 1) {
    return bad(StatusCode::mkvInvalidCodecPrivate,
               "The H.265 codec data is not a version 1 configuration record.");
  }
  HevcDecoderConfiguration out;
  reader.take(profileSize);
  reader.take(lengthSizeAt - 1 - profileSize);
  out.lengthSize = 1u + (reader.byte() & 3u);
  const unsigned arrays = reader.byte();
  for (unsigned i = 0; i < arrays && !reader.failed(); ++i)
    readArray(reader, out.sets);
  if (reader.failed()) {
    return bad(StatusCode::mkvInvalidCodecPrivate, "The H.265 codec data (hvcC) is truncated.");
  }
  return out;
}

Result<Bytes> hevcWithFourByteLengths(ByteView record) {
  const auto parsed = parseHevcDecoderConfiguration(record);
  if (!parsed) return fail(parsed.error());
  Bytes out(record.begin(), record.end());
  out[lengthSizeAt] |= fourByteLengths;
  return out;
}

}  // namespace kvs::media
