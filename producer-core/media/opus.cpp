// SPDX-License-Identifier: Apache-2.0
#include "media/opus.h"

namespace kvs::media {

std::optional<Nanoseconds> opusCodecDelay(ByteView opusHead) {
  constexpr std::string_view magic = "OpusHead";
  constexpr std::size_t smallest = 19, preSkipAt = 10;
  constexpr std::int64_t rate = 48000, second = 1'000'000'000;
  if (opusHead.size() < smallest || !asText(opusHead).starts_with(magic)) return std::nullopt;
  const std::int64_t samples = std::to_integer<std::int64_t>(opusHead[preSkipAt]) |
                               std::to_integer<std::int64_t>(opusHead[preSkipAt + 1]) << 8;
  return Nanoseconds((samples * second + rate / 2) / rate);
}

}  // namespace kvs::media
