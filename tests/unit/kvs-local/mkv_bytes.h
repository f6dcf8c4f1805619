// SPDX-License-Identifier: Apache-2.0
// Matroska made by hand for the tests of kvs-local: just enough to say each thing that a producer may say.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "matroska/ebml.h"

namespace kvslocal::test {

inline Bytes join(std::initializer_list<Bytes> parts) {
  Bytes all;
  for (const auto& part : parts)
    all.insert(all.end(), part.begin(), part.end());
  return all;
}

inline Bytes element(std::uint32_t id, const Bytes& payload) {
  Bytes out;
  ebml::appendElement(out, id, payload);
  return out;
}

inline Bytes uintElement(std::uint32_t id, std::uint64_t value) {
  Bytes out;
  ebml::appendUint(out, id, value);
  return out;
}

inline Bytes textElement(std::uint32_t id, const std::string& text) {
  Bytes out;
  ebml::appendString(out, id, text);
  return out;
}

inline Bytes unknownSized(std::uint32_t id) {
  Bytes out;
  ebml::appendId(out, id);
  return join({out, {0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}});
}

inline Bytes ebmlHead(const std::string& docType = "matroska") {
  return element(ebml::idEbml, textElement(ebml::idDocType, docType));
}

inline Bytes segmentInfo(std::uint64_t scale = 1'000'000) {
  return element(ebml::idInfo, uintElement(ebml::idTimecodeScale, scale));
}

inline Bytes track(std::uint64_t number, std::uint64_t type = 1, std::uint64_t uid = 7,
                   const std::string& codec = "V_MPEG4/ISO/AVC") {
  return element(ebml::idTrackEntry,
                 join({uintElement(ebml::idTrackNumber, number), uintElement(ebml::idTrackUid, uid),
                       uintElement(ebml::idTrackType, type), textElement(ebml::idCodecId, codec)}));
}

inline Bytes videoTracks() {
  return element(ebml::idTracks, track(1));
}
inline Bytes videoAndAudioTracks() {
  return element(ebml::idTracks, join({track(1), track(2, 2, 8, "A_AAC")}));
}

/// EBML header, Segment of unknown size, Info, Tracks.
inline Bytes head(const Bytes& tracks = videoTracks(), std::uint64_t scale = 1'000'000) {
  return join({ebmlHead(), unknownSized(ebml::idSegment), segmentInfo(scale), tracks});
}

inline Bytes blockPayload(std::uint64_t trackNumber, int ticks, std::uint8_t flags,
                          const std::string& frame) {
  Bytes payload{static_cast<std::uint8_t>(0x80U | trackNumber), static_cast<std::uint8_t>(ticks >> 8),
                static_cast<std::uint8_t>(ticks), flags};
  payload.insert(payload.end(), frame.begin(), frame.end());
  return payload;
}

inline Bytes block(std::uint64_t trackNumber, int ticks, bool key, const std::string& frame = "frame") {
  return element(ebml::idSimpleBlock, blockPayload(trackNumber, ticks, key ? 0x80 : 0, frame));
}

/// A Cluster of unknown size with its Timecode; the blocks follow it.
inline Bytes cluster(std::uint64_t timecode) {
  return join({unknownSized(ebml::idCluster), uintElement(ebml::idTimecode, timecode)});
}

inline Bytes sizedCluster(std::uint64_t timecode, const Bytes& blocks) {
  return element(ebml::idCluster, join({uintElement(ebml::idTimecode, timecode), blocks}));
}

inline Bytes tags(const std::vector<std::pair<std::string, std::string>>& pairs) {
  Bytes tag;
  for (const auto& [name, value] : pairs) {
    const Bytes simple = element(
        ebml::idSimpleTag, join({textElement(ebml::idTagName, name), textElement(ebml::idTagString, value)}));
    tag.insert(tag.end(), simple.begin(), simple.end());
  }
  return element(ebml::idTags, element(ebml::idTag, tag));
}

inline Bytes endOfFragment() {
  return tags({{"AWS_KINESISVIDEO_END_OF_FRAGMENT", ""}});
}

}  // namespace kvslocal::test
