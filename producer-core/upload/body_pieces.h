// SPDX-License-Identifier: Apache-2.0
// What one read of a body gives: blocks, pinned in their chunks, and what was rendered between them. It is
// gathered under the stream's lock and copied without it.
#pragma once

#include <algorithm>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

#include "store/block.h"

namespace kvs::upload {

class BodyPieces {
 public:
  /// Goes behind what was rendered before; given piece by piece, with giveRendered().
  void render(ByteView bytes) {
    rendered_.insert(rendered_.end(), bytes.begin(), bytes.end());
    waiting_ += bytes.size();
  }
  /// How much was rendered and is not given yet.
  std::size_t waiting() const { return waiting_; }

  /// Each gives the next piece; what it gives, in bytes.
  std::size_t giveBlock(store::Span block) {
    const std::size_t size = block.size;
    if (size > 0) pieces_.push_back(std::move(block));
    return size;
  }
  std::size_t giveRendered(std::size_t most) {
    const std::size_t size = std::min(most, waiting_);
    pieces_.push_back({{}, 0, static_cast<std::uint32_t>(size)});
    waiting_ -= size;
    return size;
  }

  /// Copies what was given, and lets go of it; `room` is large enough.
  std::size_t copyTo(std::span<std::byte> room) {
    std::size_t filled = 0;
    for (const store::Span& piece : pieces_) {
      const ByteView bytes = piece.chunk ? piece.view() : nextRendered(piece.size);
      std::memcpy(room.data() + filled, bytes.data(), bytes.size());
      filled += bytes.size();
    }
    pieces_.clear();
    if (copied_ == rendered_.size()) {
      rendered_.clear();
      copied_ = 0;
    }
    return filled;
  }

 private:
  ByteView nextRendered(std::size_t size) {
    return ByteView(rendered_).subspan(std::exchange(copied_, copied_ + size), size);
  }

  std::vector<store::Span> pieces_;  ///< without a chunk: of what was rendered
  Bytes rendered_;
  std::size_t copied_ = 0;   ///< of what was rendered
  std::size_t waiting_ = 0;  ///< the same, and not given yet
};

}  // namespace kvs::upload
