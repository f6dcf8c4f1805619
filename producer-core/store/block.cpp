// SPDX-License-Identifier: Apache-2.0
#include "store/block.h"

#include <algorithm>
#include <cassert>

namespace kvs::store {

void Block::write(ByteView bytes) {
  assert(bytes.size() <= size_ - filled_);
  while (!bytes.empty()) {
    Span& span = spans_[writeSpan_];
    const std::size_t count = std::min(bytes.size(), span.size - writeOffset_);
    std::memcpy(span.data() + writeOffset_, bytes.data(), count);
    bytes = bytes.subspan(count);
    filled_ += count;
    writeOffset_ += count;
    if (writeOffset_ == span.size) {
      ++writeSpan_;
      writeOffset_ = 0;
    }
  }
}

void Block::writeHead(ByteView head) {
  assert(head.size() == headSize_ && !spans_.empty());
  std::memcpy(spans_.front().data(), head.data(), head.size());
}

}  // namespace kvs::store
