// SPDX-License-Identifier: Apache-2.0
// The timers of a stream's life.
#pragma once

#include <cstddef>
#include <cstdint>

namespace kvs::upload {

enum class Timer : std::uint8_t {
  retry,     ///< the next attempt
  format,    ///< formats that are not known by then are not waited for
  burst,     ///< near-realtime: what is there is sent
  session,   ///< the session has lasted long enough
  watch,     ///< when to look at the session again
  progress,  ///< an ending session must have come on by then
};
inline constexpr std::size_t timerCount = 6;

}  // namespace kvs::upload
