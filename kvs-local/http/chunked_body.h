// SPDX-License-Identifier: Apache-2.0
// A chunked body (RFC 9112 section 7.1), decoded byte by byte: wherever the network cuts it, the outcome is
// the same, and nothing of it is kept. Extensions and trailers are read, bounded and thrown away.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

#include "base/result.h"

namespace kvslocal {

class ChunkedBody {
 public:
  using Data = std::function<void(ByteView)>;

  /// Takes bytes up to the body's end and answers how many those were; `data` gets the content in place.
  /// A sentence for bytes that are no chunked body.
  Result<std::size_t> feed(ByteView bytes, const Data& data);
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

  std::size_t takeData(ByteView bytes, const Data& data);
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
