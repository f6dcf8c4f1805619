// SPDX-License-Identifier: Apache-2.0
// The one table of what a producer may be given: the guide's "Producer SDK quotas" with the
// status code of each. Whoever sets a value, or sees it first, asks here; a test compares it with the guide.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/status.h"

namespace kvs::limits {

struct Limit {
  std::string_view name;  ///< the guide's
  std::uint64_t guide;    ///< the guide's bound: bytes, characters, nanoseconds, or a count
  std::uint64_t kept;     ///< ours; another one where the guide's cannot stand
  StatusCode code;        ///< what is raised
};

consteval Limit asTheGuideSays(std::string_view name, std::uint64_t bound, StatusCode code) {
  return {name, bound, bound, code};
}

inline constexpr std::uint64_t second = 1'000'000'000;

inline constexpr Limit streamCount = asTheGuideSays("Max stream count", 128, StatusCode::maxStreamCount);
inline constexpr Limit tagCount = asTheGuideSays("Max tag count", 50, StatusCode::maxTagCount);
inline constexpr Limit tagNameLength =
    asTheGuideSays("Max tag name length", 128, StatusCode::invalidTagNameLength);
/// The service's TagStream takes 256.
inline constexpr Limit tagValueLength{"Max tag value length", 1024, 256, StatusCode::invalidTagValueLength};
inline constexpr Limit streamNameLength =
    asTheGuideSays("Max stream name length", 256, StatusCode::invalidStreamNameLength);
inline constexpr Limit leastStorage =
    asTheGuideSays("Min storage size", std::uint64_t{10} << 20, StatusCode::invalidStorageSize);
inline constexpr Limit mostStorage =
    asTheGuideSays("Max storage size", std::uint64_t{10} << 30, StatusCode::invalidStorageSize);
inline constexpr Limit authLength =
    asTheGuideSays("Max auth info length", 10'000, StatusCode::invalidAuthLength);
inline constexpr Limit uriLength =
    asTheGuideSays("Max URI string length", 10'000, StatusCode::invalidUriLength);
/// With the eight seconds that the guide's kvssink adds.
inline constexpr Limit tokenPeriod{"Min security token period", 30 * second, 38 * second,
                                   StatusCode::invalidTokenExpiration};
inline constexpr Limit leastClusterDuration =
    asTheGuideSays("Min cluster duration", 1 * second, StatusCode::mkvInvalidClusterDuration);
inline constexpr Limit mostClusterDuration =
    asTheGuideSays("Max cluster duration", 30 * second, StatusCode::mkvInvalidClusterDuration);
/// The service judges it; a fragment is ended before.
inline constexpr Limit fragmentSize =
    asTheGuideSays("Max fragment size", 50'000'000, StatusCode::ackFragmentSizeReached);
inline constexpr Limit fragmentDuration =
    asTheGuideSays("Max fragment duration", 20 * second, StatusCode::ackFragmentDurationReached);
/// The same of a session.
inline constexpr Limit connectionDuration =
    asTheGuideSays("Max connection duration", 45 * 60 * second, StatusCode::ackConnectionDurationReached);
/// Newer fields must not end a session.
inline constexpr Limit ackLength{"Max ACK segment length", 1024, 4096, StatusCode::invalidAckSegmentLength};
inline constexpr Limit contentTypeLength =
    asTheGuideSays("Max content type string length", 128, StatusCode::mkvInvalidContentTypeLength);
inline constexpr Limit codecIdLength =
    asTheGuideSays("Max codec ID string length", 32, StatusCode::mkvInvalidCodecIdLength);
inline constexpr Limit trackNameLength =
    asTheGuideSays("Max track name string length", 32, StatusCode::mkvInvalidTrackNameLength);
inline constexpr Limit codecPrivateLength = asTheGuideSays(
    "Max codec private data length", std::uint64_t{1} << 20, StatusCode::mkvInvalidCodecPrivateLength);
/// At less, a fragment of 20 s has times that 16 bits do not hold.
inline constexpr Limit leastTimecodeScale{"Min timecode scale value length", 100, 1'000'000,
                                          StatusCode::mkvInvalidTimecodeScale};
inline constexpr Limit mostTimecodeScale =
    asTheGuideSays("Max timecode scale value length", 1 * second, StatusCode::mkvInvalidTimecodeScale);
inline constexpr Limit leastBufferDuration =
    asTheGuideSays("Min buffer duration", 20 * second, StatusCode::invalidContentViewDuration);
inline constexpr Limit arnLength =
    asTheGuideSays("Max ARN length", 1024, StatusCode::invalidDescribeResponse);
/// Ten years of 365 days, in hours.
inline constexpr Limit retentionHours =
    asTheGuideSays("Max retention period", 10 * 365 * 24, StatusCode::invalidRetentionPeriod);

inline constexpr std::array all{
    streamCount,        tagCount,          tagNameLength,        tagValueLength,
    streamNameLength,   leastStorage,      mostStorage,          authLength,
    uriLength,          tokenPeriod,       leastClusterDuration, mostClusterDuration,
    fragmentSize,       fragmentDuration,  connectionDuration,   ackLength,
    contentTypeLength,  codecIdLength,     trackNameLength,      codecPrivateLength,
    leastTimecodeScale, mostTimecodeScale, leastBufferDuration,  arnLength,
    retentionHours};

}  // namespace kvs::limits
