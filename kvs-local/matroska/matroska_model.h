// SPDX-License-Identifier: Apache-2.0
// What a Matroska stream says of itself: its tracks, its header, its tags. Read from memory, no streaming
// here.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace kvslocal {

/// TrackType (RFC 9559 section 5.1.4.1.3).
enum class TrackType : std::uint8_t { other = 0, video = 1, audio = 2 };

struct Track {
  std::uint64_t number = 0;
  std::uint64_t uid = 0;
  TrackType type = TrackType::other;
  std::string codecId;
  std::string name;
  Bytes codecPrivate;
  std::uint64_t width = 0;
  std::uint64_t height = 0;
  double samplingFrequency = 0;
  std::uint64_t channels = 0;
};

/// The head of a session: what stands before the first Cluster.
struct StreamHeader {
  std::uint64_t timecodeScale = 1'000'000;  ///< nanoseconds a tick
  std::vector<Track> tracks;
  Bytes tracksElement;  ///< the Tracks element as received, ID and size included
  Bytes raw;            ///< EBML header, Segment of unknown size, Info, Tracks: a playable head
};

struct SimpleTag {
  std::string name;
  std::string value;
  bool operator==(const SimpleTag&) const = default;
};

inline constexpr const char* endOfFragmentTag = "AWS_KINESISVIDEO_END_OF_FRAGMENT";

/// The tracks of a Tracks payload. A sentence when it is malformed, has a track without number, or a number
/// twice.
Result<std::vector<Track>> parseTracks(ByteView payload);

/// TimecodeScale of an Info payload in nanoseconds (1,000,000 when absent).
Result<std::uint64_t> parseTimecodeScale(ByteView payload);

/// Every SimpleTag of a Tags payload in order, nested ones after their parent.
Result<std::vector<SimpleTag>> parseTags(ByteView payload);

/// Whether the EBML header's payload is one that the service takes: DocType matroska, 4-byte IDs, 8-byte
/// sizes.
Result<void> checkEbmlHeader(ByteView payload);

/// A text that two headers share exactly when their blocks may stand in one file: the Tracks element without
/// TrackUID, CRC-32 and Void (which producers make anew for each session), and the TimecodeScale.
std::string headerKey(const StreamHeader& header);

}  // namespace kvslocal
