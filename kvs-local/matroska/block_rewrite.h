// SPDX-License-Identifier: Apache-2.0
// The blocks of a stored fragment, seen for export: where key frames are, and the same blocks in milliseconds
// when the session counted in another unit. Payloads are never touched.
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"

namespace kvslocal {

struct BlockPlace {
  std::uint64_t track = 0;
  std::int16_t relativeTicks = 0;
  bool keyFrame = false;
};

/// Every block of a fragment file, in order. A sentence when the file is damaged.
Result<std::vector<BlockPlace>> listBlocks(ByteView fragment);

/// The fragment with each relative time multiplied by `factor`. BlockGroups become SimpleBlocks, because
/// their other times would have to be changed too.
Result<Bytes> scaleBlocks(ByteView fragment, std::int64_t factor);

}  // namespace kvslocal
