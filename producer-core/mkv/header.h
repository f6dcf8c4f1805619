// SPDX-License-Identifier: Apache-2.0
// What opens every session: the EBML header, a Segment of unknown size, its Info and its Tracks.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/time.h"

namespace kvs::mkv {

inline constexpr std::size_t maxCodecIdLength = limits::codecIdLength.kept;
inline constexpr std::size_t maxTrackNameLength = limits::trackNameLength.kept;
inline constexpr std::size_t maxCodecPrivateSize = limits::codecPrivateLength.kept;
inline constexpr Milliseconds maxTimecodeScale{limits::mostTimecodeScale.kept / 1'000'000};

/// Track numbers stay in a block's one-byte vint (0x7F would be the unknown size).
inline constexpr std::uint32_t maxTrackNumber = 126;

/// Matroska's TrackType. Data of any kind travels as subtitles' sibling "metadata" (0x21).
enum class TrackKind : std::uint8_t { video = 0x01, audio = 0x02, metadata = 0x21 };

struct TrackEntry {
  std::uint32_t number = 1;  ///< 1 to 126
  std::uint64_t uid = 1;     ///< not 0
  TrackKind kind = TrackKind::video;
  std::string codecId;      ///< 1 to 32 bytes
  std::string name;         ///< up to 32 bytes; empty: no Name element
  Bytes codecPrivate;       ///< up to 1 MiB; empty: no CodecPrivate element
  std::uint32_t width = 0;  ///< pixels; a Video element is written where both are known
  std::uint32_t height = 0;
  double samplingFrequency = 0;  ///< Hz; of audio
  std::uint32_t channels = 0;    ///< of audio; 0 counts as 1
  std::uint32_t bitDepth = 0;    ///< of audio; 0: no element
  /// What the decoder gives before the sound begins (CodecDelay), and how long it must have decoded for its
  /// output to be right after a seek (SeekPreRoll); unset: no element.
  std::optional<Nanoseconds> codecDelay;
  std::optional<Nanoseconds> seekPreRoll;
  bool operator==(const TrackEntry&) const = default;
};

/// Whether a header may have the track. Errors: as header()'s of one track.
Result<void> checkTrack(const TrackEntry& track);

struct HeaderSpec {
  std::array<std::byte, 16> segmentUid{};
  Milliseconds timecodeScale{1};  ///< whole milliseconds, 1 to 1000
  std::string title;              ///< empty: no Title element
  std::string muxingApp;
  std::string writingApp;
  std::vector<TrackEntry> tracks;  ///< at least one
};

/// Errors: mkvInvalidTimecodeScale, mkvInvalidCodecIdLength, mkvInvalidTrackNameLength,
/// mkvInvalidCodecPrivateLength, trackInfoMissing (no track, or a number or uid of no use),
/// duplicateTrackId.
Result<Bytes> header(const HeaderSpec& spec);

}  // namespace kvs::mkv
