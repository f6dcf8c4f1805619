// SPDX-License-Identifier: Apache-2.0
// A block on its way into the log: space reserved in chunks, filled by the streaming thread without
// a lock, and appended to a fragment under the lock once it is complete.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "store/chunk_pool.h"

namespace kvs::store {

/// A run of bytes in one chunk.
struct Span {
  ChunkRef chunk;
  std::uint32_t offset = 0;
  std::uint32_t size = 0;

  std::byte* data() const { return chunk.data() + offset; }
  ByteView view() const { return size == 0 ? ByteView() : ByteView(data(), size); }
};

/// Reserved space, filled in order. The head (whose content is known last) is the first `headSize`
/// bytes and never straddles a chunk. Dropping a block gives its space up.
class Block final : public ByteSink {
 public:
  Block() = default;
  Block(Block&&) = default;
  Block& operator=(Block&&) = default;

  bool empty() const { return spans_.empty(); }
  std::size_t size() const { return size_; }  ///< head included
  std::size_t headSize() const { return headSize_; }
  std::size_t payloadSize() const { return size_ - headSize_; }
  bool isFull() const { return filled_ == size_; }

  /// Fills the next bytes of the payload. More than was reserved is a defect of the caller.
  void write(ByteView bytes) override;

  /// Writes the head; `head.size()` must be headSize().
  void writeHead(ByteView head);

  /// Where it lies; the block is empty afterwards.
  std::vector<Span> takeSpans() && { return std::move(spans_); }

 private:
  friend class FragmentLog;
  std::vector<Span> spans_;
  std::size_t headSize_ = 0;
  std::size_t size_ = 0;
  std::size_t filled_ = 0;     // bytes from the start, head counted as filled
  std::size_t writeSpan_ = 0;  // where the next byte goes
  std::size_t writeOffset_ = 0;
};

}  // namespace kvs::store
