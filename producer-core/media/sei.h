// SPDX-License-Identifier: Apache-2.0
// Supplemental enhancement information: messages one behind the other, which H.264 (7.3.2.3) and H.265
// (7.3.2.4) write alike. Inside of the media room.
#pragma once

#include "media/rbsp_reader.h"

namespace kvs::media {

/// payloadType and payloadSize: a run of 0xFF, then the rest.
inline std::uint32_t readSeiNumber(RbspReader& reader) {
  std::uint32_t value = 0;
  for (;;) {
    const std::uint32_t byte = reader.bits(8);
    value += byte;
    if (byte != 0xFF || reader.failed()) return value;
  }
}

/// From the first message's type on: moves to the first byte of the first message of this type. False where
/// there is none that has bytes.
inline bool findSei(RbspReader& reader, std::uint32_t wanted) {
  while (!reader.failed()) {
    const std::uint32_t type = readSeiNumber(reader);
    const std::uint32_t size = readSeiNumber(reader);
    if (reader.failed()) break;  // rbsp_trailing_bits end here too
    if (type == wanted) return size > 0;
    reader.skipBytes(size);
  }
  return false;
}

}  // namespace kvs::media
