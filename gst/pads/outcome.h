// SPDX-License-Identifier: Apache-2.0
// Whether a stream that has ended without an error was a success all the same: not where media came and
// none of it was stored.
#pragma once

#include <cstdint>
#include <optional>

#include "base/error.h"
#include "base/stats.h"

namespace kvs::gst {

/// Frames that were refused one by one, each with a warning.
struct RefusedFrames {
  std::uint64_t count = 0;
  std::optional<Error> last;
};

/// The error that takes the place of the end of the stream; nothing where something was stored, or where
/// nothing came. `stats` are those of a stream whose buffer is empty.
std::optional<Error> failureOf(const StreamStats& stats, const RefusedFrames& refused);

}  // namespace kvs::gst
