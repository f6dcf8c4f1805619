// SPDX-License-Identifier: Apache-2.0
// AVCDecoderConfigurationRecord, ISO/IEC 14496-15 5.3.3.1.2.
#include <algorithm>
#include <limits>

#include "media/h264.h"
#include "media/record_reader.h"

namespace kvs::media {
namespace {

constexpr std::size_t maxSps = 31;   // numOfSequenceParameterSets has 5 bits
constexpr std::size_t maxPps = 255;  // numOfPictureParameterSets has 8
constexpr std::size_t maxSetSize = std::numeric_limits<std::uint16_t>::max();
constexpr std::size_t lengthSizeAt = 4;
constexpr std::byte fourByteLengths{0x03};

tl::unexpected<Error> bad(StatusCode code, const char* message) {
  return fail(code, ErrorKind::fatal, message);
}

bool tooLarge(std::span<const ByteView> sets) {
  return std::any_of(sets.begin(), sets.end(), [](ByteView set) { return set.size() > maxSetSize; });
}

Result<void> checkCounts(std::span<const ByteView> sps, std::span<const ByteView> pps) {
  if (sps.empty()) {
    return bad(StatusCode::mkvMissingSps, "The H.264 codec data has no sequence parameter set (SPS).");
  }
  if (pps.empty()) {
    return bad(StatusCode::mkvMissingPps, "The H.264 codec data has no picture parameter set (PPS).");
  }
  if (sps.size() > maxSps || pps.size() > maxPps || tooLarge(sps) || tooLarge(pps)) {
    return bad(StatusCode::mkvInvalidCodecPrivateLength,
               "There are more H.264 parameter sets, or larger ones, than a configuration record can hold.");
  }
  return {};
}

/// Profile and extension are the first SPS's; the flags are those that all sets share, and the level
/// is the highest, as the clause wants where sets differ.
Result<H264Sps> summarise(std::span<const ByteView> sets) {
  auto summary = parseSps(sets.front());
  for (ByteView set : sets.subspan(1)) {
    const auto sps = parseSps(set);
    if (!sps) return fail(sps.error());
    summary->constraintFlags = static_cast<std::uint8_t>(summary->constraintFlags & sps->constraintFlags);
    summary->levelIdc = std::max(summary->levelIdc, sps->levelIdc);
  }
  return summary;
}

}  // namespace

Result<Bytes> makeAvcDecoderConfiguration(std::span<const ByteView> sps, std::span<const ByteView> pps) {
  if (auto checked = checkCounts(sps, pps); !checked) return fail(checked.error());
  const auto summary = summarise(sps);
  if (!summary) return fail(summary.error());
  Bytes out;
  putByte(out, 1);  // configurationVersion
  putByte(out, summary->profileIdc);
  putByte(out, summary->constraintFlags);
  putByte(out, summary->levelIdc);
  putByte(out, 0xFC | 3);  // six reserved bits, lengthSizeMinusOne
  putByte(out, 0xE0 | static_cast<std::uint32_t>(sps.size()));
  putSets(out, sps);
  putByte(out, static_cast<std::uint32_t>(pps.size()));
  putSets(out, pps);
  if (isHighProfile(summary->profileIdc)) {
    putByte(out, 0xFCu | summary->chromaFormatIdc);
    putByte(out, 0xF8u | (summary->bitDepthLuma - 8u));
    putByte(out, 0xF8u | (summary->bitDepthChroma - 8u));
    putByte(out, 0);  // numOfSequenceParameterSetExt
  }
  return out;
}

Result<AvcDecoderConfiguration> parseAvcDecoderConfiguration(ByteView record) {
  RecordReader reader(record);
  if (reader.byte() != 1) {
    return bad(StatusCode::mkvInvalidCodecPrivate,
               "The H.264 codec data is not a version 1 configuration record.");
  }
  AvcDecoderConfiguration out;
  out.profile = reader.byte();
  out.compatibility = reader.byte();
  out.level = reader.byte();
  out.lengthSize = 1u + (reader.byte() & 3u);
  reader.sets(reader.byte() & 0x1Fu, out.sps);
  reader.sets(reader.byte(), out.pps);
  if (reader.failed()) {
    return bad(StatusCode::mkvInvalidCodecPrivate, "The H.264 codec data (avcC) is truncated.");
  }
  return out;
}

Result<Bytes> withFourByteLengths(ByteView record) {
  const auto parsed = parseAvcDecoderConfiguration(record);
  if (!parsed) return fail(parsed.error());
  Bytes out(record.begin(), record.end());
  out[lengthSizeAt] |= fourByteLengths;
  return out;
}

}  // namespace kvs::media
