// SPDX-License-Identifier: Apache-2.0
// A forward reader over a payload that lies in several memories, so that code that inspects bytes need not
// know where one memory ends and the next begins.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "base/bytes.h"

namespace kvs::media {

/// Offsets count from the start of the concatenated payload. Owns nothing; the pieces must outlive it.
/// Moving forward costs one step for each piece; moving backward starts again at the first piece.
class PieceCursor {
 public:
  explicit PieceCursor(Pieces pieces) : pieces_(pieces) {}

  std::size_t position() const { return pieceStart_ + within_; }
  /// Beyond the end of the payload, the cursor stays at the end.
  void seek(std::size_t offset);
  /// Advances by what it returns; that is less than out.size() only at the end of the payload.
  std::size_t read(std::span<std::byte> out);
  std::optional<std::byte> next();
  /// Writes up to `size` bytes to the sink, in as few writes as the pieces allow, and advances by them.
  void copy(std::size_t size, ByteSink& out);

 private:
  /// What is left of the piece under the cursor; empty only at the end of the payload.
  ByteView rest();

  Pieces pieces_;
  std::size_t piece_ = 0;
  std::size_t pieceStart_ = 0;
  std::size_t within_ = 0;
};

/// Fills `out` from `offset` on; returns how many bytes were there.
std::size_t peek(Pieces pieces, std::size_t offset, std::span<std::byte> out);

/// The parts of the memories that lie in the range; `out` is cleared and its memory reused.
void subPieces(Pieces pieces, std::size_t offset, std::size_t size, std::vector<ByteView>& out);

void copyRange(Pieces pieces, std::size_t offset, std::size_t size, ByteSink& out);

}  // namespace kvs::media
