// SPDX-License-Identifier: Apache-2.0
#include "matroska/header_parts.h"

#include <array>
#include <utility>

#include "matroska/ebml.h"

namespace kvslocal {
namespace {

void append(Bytes& out, ByteView bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

}  // namespace

Result<void> HeaderParts::takeEbml(ByteView element, std::size_t head) {
  ebmlSeen_ = true;
  ebml_.assign(element.begin(), element.end());
  return checkEbmlHeader(element.subspan(head));
}

Result<void> HeaderParts::takeInfo(ByteView element, std::size_t head) {
  const auto scale = parseTimecodeScale(element.subspan(head));
  if (!scale) return failure(scale.error());
  header_.timecodeScale = *scale;
  info_.assign(element.begin(), element.end());
  infoSeen_ = true;
  return {};
}

Result<void> HeaderParts::takeTracks(ByteView element, std::size_t head) {
  auto tracks = parseTracks(element.subspan(head));
  if (!tracks) return failure(tracks.error());
  header_.tracks = std::move(*tracks);
  header_.tracksElement.assign(element.begin(), element.end());
  return {};
}

StreamHeader HeaderParts::give() {
  given_ = true;
  header_.raw = std::exchange(ebml_, {});
  ebml::appendId(header_.raw, ebml::idSegment);
  append(header_.raw, std::array<std::uint8_t, 8>{0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF});
  append(header_.raw, std::exchange(info_, {}));
  append(header_.raw, header_.tracksElement);
  return std::exchange(header_, {});
}

}  // namespace kvslocal
