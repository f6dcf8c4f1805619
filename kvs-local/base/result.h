// SPDX-License-Identifier: Apache-2.0
// The vocabulary of kvs-local: bytes, times and fallible results. kvs-local judges the producer, so it has
// its own words and includes nothing of producer-core.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <tl/expected.hpp>
#include <vector>

namespace kvslocal {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

/// Wall-clock time in whole milliseconds, the unit in which the service counts.
using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;
/// CLOCK_MONOTONIC: durations, time-outs and the arrival times of `--trace`.
using MonoTime = std::chrono::steady_clock::time_point;

/// A value or a sentence that tells the user what went wrong.
template <typename T>
using Result = tl::expected<T, std::string>;

inline tl::unexpected<std::string> failure(std::string sentence) {
  return tl::unexpected<std::string>(std::move(sentence));
}

inline ByteView viewOf(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace kvslocal
