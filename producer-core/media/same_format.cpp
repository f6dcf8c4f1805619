// SPDX-License-Identifier: Apache-2.0
#include "media/same_format.h"

#include <algorithm>
#include <tuple>

#include "media/h264.h"
#include "media/h265.h"

namespace kvs::media {
namespace {

/// What neither says follows from the level, which a decoder has room for where it is not higher.
bool isSameReordering(const H264Sps& from, const H264Sps& to) {
  return from.reorderDepth == to.reorderDepth || (!from.saysReorderDepth && !to.saysReorderDepth);
}

bool goesOn(const H264Sps& from, const H264Sps& to) {
  const auto format = [](const H264Sps& sps) {
    return std::tuple(sps.profileIdc, sps.constraintFlags, sps.chromaFormatIdc, sps.planesApart,
                      sps.bitDepthLuma, sps.bitDepthChroma, sps.width, sps.height, sps.cropping,
                      sps.frameMbsOnly, sps.pixelAspect);
  };
  return format(from) == format(to) && isSameReordering(from, to) && to.levelIdc <= from.levelIdc;
}

bool goesOn(const H265Sps& from, const H265Sps& to) {
  const auto format = [](const H265Sps& sps) {
    const H265Profile& profile = sps.profile;
    return std::tuple(profile.space, profile.idc, profile.highTier, profile.compatibility,
                      profile.constraints, sps.chromaFormatIdc, sps.planesApart, sps.bitDepthLuma,
                      sps.bitDepthChroma, sps.width, sps.height, sps.cropping, sps.displayWindow, sps.fields,
                      sps.pixelAspect, sps.reorderDepth);
  };
  return format(from) == format(to) && to.profile.levelIdc <= from.profile.levelIdc;
}

using Sets = std::vector<Bytes>;

/// Each of `next` goes on from one of `header`.
template <class Parse>
bool allGoOn(const Sets& header, const Sets& next, Parse parse) {
  return std::ranges::all_of(next, [&](const Bytes& to) {
    const auto sps = parse(to);
    return sps && std::ranges::any_of(header, [&](const Bytes& from) {
             const auto known = parse(from);
             return known && goesOn(*known, *sps);
           });
  });
}

bool holds(std::initializer_list<const Sets*> header, const Sets& wanted) {
  return std::ranges::all_of(wanted, [&](const Bytes& set) {
    return std::ranges::any_of(
        header, [&](const Sets* kind) { return std::ranges::find(*kind, set) != kind->end(); });
  });
}

bool isSameH264(ByteView header, ByteView next, const Sets& outOfBand) {
  const auto from = parseAvcDecoderConfiguration(header);
  const auto to = parseAvcDecoderConfiguration(next);
  return from && to && holds({&from->sps, &from->pps}, outOfBand) &&
         allGoOn(from->sps, to->sps, [](const Bytes& sps) { return parseSps(sps); });
}

bool isSameH265(ByteView header, ByteView next, const Sets& outOfBand) {
  const auto from = parseHevcDecoderConfiguration(header);
  const auto to = parseHevcDecoderConfiguration(next);
  return from && to && holds({&from->sets.vps, &from->sets.sps, &from->sets.pps}, outOfBand) &&
         allGoOn(from->sets.sps, to->sets.sps, [](const Bytes& sps) { return parseH265Sps(sps); });
}

}  // namespace

bool isSameFormat(Codec codec, ByteView header, ByteView next, const std::vector<Bytes>& outOfBand) {
  if (codec == Codec::h264) return isSameH264(header, next, outOfBand);
  if (codec == Codec::h265) return isSameH265(header, next, outOfBand);
  return false;
}

}  // namespace kvs::media
