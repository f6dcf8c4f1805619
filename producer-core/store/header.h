// SPDX-License-Identifier: Apache-2.0
// The beginning of each session that sends fragments of one set of tracks: EBML header, Segment, Info and
// Tracks, rendered. Its fragments share it, so that each of them says what it needs, also to another process.
#pragma once

#include <memory>

#include "base/bytes.h"

namespace kvs::store {

struct Header {
  Bytes bytes;
  bool operator==(const Header&) const = default;
};

/// Never changed once it is made; any thread.
using SharedHeader = std::shared_ptr<const Header>;

/// Whether one session can send fragments of both. What was read back from elsewhere is equal, not identical.
inline bool isSame(const SharedHeader& a, const SharedHeader& b) {
  return a == b || (a && b && *a == *b);
}

}  // namespace kvs::store
