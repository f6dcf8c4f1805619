// SPDX-License-Identifier: Apache-2.0
// What Matroska wants to be said of an Opus track beside its codec data (its codec mapping for A_OPUS).
#pragma once

#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/time.h"

namespace kvs::media {

inline constexpr std::string_view opusCodecId = "A_OPUS";

/// A decoder that starts anywhere is right after so long (RFC 7845, 4.6).
inline constexpr Nanoseconds opusSeekPreRoll = Milliseconds(80);

/// The pre-skip of an OpusHead (RFC 7845, 5.1): what the decoder gives before the sound begins. None where
/// these bytes are no OpusHead.
std::optional<Nanoseconds> opusCodecDelay(ByteView opusHead);

}  // namespace kvs::media
