// SPDX-License-Identifier: Apache-2.0
#include "media/piece_cursor.h"

#include <algorithm>
#include <cstring>

namespace kvs::media {

ByteView PieceCursor::rest() {
  while (piece_ < pieces_.size() && within_ == pieces_[piece_].size()) {
    pieceStart_ += within_;
    within_ = 0;
    ++piece_;
  }
  return piece_ < pieces_.size() ? pieces_[piece_].subspan(within_) : ByteView();
}

void PieceCursor::seek(std::size_t offset) {
  if (offset < pieceStart_) {
    piece_ = 0;
    pieceStart_ = 0;
  }
  within_ = 0;
  while (piece_ < pieces_.size() && offset - pieceStart_ > pieces_[piece_].size()) {
    pieceStart_ += pieces_[piece_].size();
    ++piece_;
  }
  if (piece_ < pieces_.size()) within_ = offset - pieceStart_;
}

std::size_t PieceCursor::read(std::span<std::byte> out) {
  std::size_t done = 0;
  while (done < out.size()) {
    const ByteView here = rest();
    if (here.empty()) break;
    const std::size_t size = std::min(here.size(), out.size() - done);
    std::memcpy(out.data() + done, here.data(), size);
    within_ += size;
    done += size;
  }
  return done;
}

std::optional<std::byte> PieceCursor::next() {
  const ByteView here = rest();
  if (here.empty()) return std::nullopt;
  ++within_;
  return here.front();
}

void PieceCursor::copy(std::size_t size, ByteSink& out) {
  while (size > 0) {
    const ByteView here = rest();
    if (here.empty()) return;
    const ByteView part = here.first(std::min(size, here.size()));
    out.write(part);
    within_ += part.size();
    size -= part.size();
  }
}

std::size_t peek(Pieces pieces, std::size_t offset, std::span<std::byte> out) {
  PieceCursor cursor(pieces);
  cursor.seek(offset);
  return cursor.read(out);
}

void subPieces(Pieces pieces, std::size_t offset, std::size_t size, std::vector<ByteView>& out) {
  out.clear();
  for (ByteView piece : pieces) {
    const std::size_t skipped = std::min(offset, piece.size());
    const ByteView part = piece.subspan(skipped, std::min(size, piece.size() - skipped));
    if (!part.empty()) out.push_back(part);
    offset -= skipped;
    size -= part.size();
  }
}

void copyRange(Pieces pieces, std::size_t offset, std::size_t size, ByteSink& out) {
  PieceCursor cursor(pieces);
  cursor.seek(offset);
  cursor.copy(size, out);
}

}  // namespace kvs::media
