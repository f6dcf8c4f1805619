// SPDX-License-Identifier: Apache-2.0
// A chunked body (RFC 9112 section 7.1), decoded byte by byte: wherever the network cuts it, the outcome is
// the same, and nothing of it is kept. Extensions and trailers are read, bounded and thrown away.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/result.h"

namespace kvslocal {

class ChunkedBody {
 public:
  struct Piece {
    std::size_t taken = 0;  ///< bytes that are used up
    ByteView data;          ///< content, in place; empty if there was none among them
  };

  /// Takes bytes up to the end of a piece of content, or of the body, or all of them. A sentence for bytes
  /// that are no chunked body.
  Result<Piece> next(ByteView bytes);
  [[nodiscard]] bool done() const { return state_ == State::done; }

 private:
  enum class State : std::uint8_t {
    size,
    extension,
    sizeEnd,
    data,
    dataEnd,
    dataLineFeed,
    trailerStart,
    trailerName,
    trailerValue,
    trailerLineFeed,
    lastLineFeed,
    done
  };

  ByteView takeData(ByteView bytes);
  Result<void> takeByte(std::uint8_t byte);
  Result<void> takeSize(std::uint8_t byte);
  Result<void> takeTrailerName(std::uint8_t byte);
  Result<void> takeText(std::uint8_t byte, State end);
  Result<void> expect(std::uint8_t byte, std::uint8_t wanted, State next);
  void beginChunk();

  State state_ = State::size;
  std::uint64_t left_ = 0;     ///< of the chunk
  std::size_t digits_ = 0;     ///< of its size
  std::size_t lineBytes_ = 0;  ///< of the line with its size, or of all trailers
};

/// RFC 9110 section 5.6.2: what methods and the names of headers are made of.
bool isTokenCharacter(std::uint8_t byte);

}  // namespace kvslocal
