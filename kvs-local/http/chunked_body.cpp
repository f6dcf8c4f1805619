// SPDX-License-Identifier: Apache-2.0
#include "http/chunked_body.h"

#include <algorithm>
#include <string_view>

namespace kvslocal {
namespace {

constexpr std::size_t maxLine = 4 * 1024;
constexpr std::size_t maxTrailers = 16 * 1024;

int hexDigit(std::uint8_t byte) {
  if (byte >= '0' && byte <= '9') return byte - '0';
  if (byte >= 'a' && byte <= 'f') return byte - 'a' + 10;
  if (byte >= 'A' && byte <= 'F') return byte - 'A' + 10;
  return -1;
}

bool isControl(std::uint8_t byte) {
  return (byte < 0x20 && byte != '\t') || byte == 0x7F;
}

}  // namespace

bool isTokenCharacter(std::uint8_t byte) {
  const bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
  const bool digit = byte >= '0' && byte <= '9';
  return letter || digit ||
         std::string_view("!#$%&'*+-.^_`|~").find(static_cast<char>(byte)) != std::string_view::npos;
}

Result<ChunkedBody::Piece> ChunkedBody::next(ByteView bytes) {
  Piece piece;
  while (piece.taken < bytes.size() && piece.data.empty() && !done()) {
    if (state_ == State::data) {
      piece.data = takeData(bytes.subspan(piece.taken));
      piece.taken += piece.data.size();
    } else {
      if (auto good = takeByte(bytes[piece.taken]); !good) return failure(good.error());
      ++piece.taken;
    }
  }
  return piece;
}

ByteView ChunkedBody::takeData(ByteView bytes) {
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), left_));
  left_ -= count;
  if (left_ == 0) state_ = State::dataEnd;
  return bytes.first(count);
}

Result<void> ChunkedBody::takeByte(std::uint8_t byte) {
  const bool trailers = state_ >= State::trailerStart;
  if (++lineBytes_ > (trailers ? maxTrailers : maxLine))
    return failure("a chunk's line or trailer is too long");
  switch (state_) {
    case State::size:
      return takeSize(byte);
    case State::extension:
      return takeText(byte, State::sizeEnd);
    case State::sizeEnd:
      if (byte != '\n') return expect(byte, '\n', State::sizeEnd);
      beginChunk();
      return {};
    case State::dataEnd:
      return expect(byte, '\r', State::dataLineFeed);
    case State::dataLineFeed:
      lineBytes_ = 0;
      return expect(byte, '\n', State::size);
    case State::trailerValue:
      return takeText(byte, State::trailerLineFeed);
    case State::trailerLineFeed:
      return expect(byte, '\n', State::trailerStart);
    case State::lastLineFeed:
      return expect(byte, '\n', State::done);
    default:
      return takeTrailerName(byte);
  }
}

Result<void> ChunkedBody::takeSize(std::uint8_t byte) {
  if (const int digit = hexDigit(byte); digit >= 0) {
    if (left_ >> 60 != 0) return failure("a chunk is larger than any body");
    left_ = left_ << 4 | static_cast<std::uint64_t>(digit);
    ++digits_;
    return {};
  }
  if (digits_ == 0) return failure("a chunk has no size");
  if (byte == '\r') {
    state_ = State::sizeEnd;
  } else if (byte == ';' || byte == ' ' || byte == '\t') {
    state_ = State::extension;
  } else {
    return failure("a chunk's size is no number");
  }
  return {};
}

void ChunkedBody::beginChunk() {
  state_ = left_ == 0 ? State::trailerStart : State::data;
  digits_ = 0;
  lineBytes_ = 0;
}

Result<void> ChunkedBody::takeTrailerName(std::uint8_t byte) {
  const bool first = state_ == State::trailerStart;
  if (first && byte == '\r') {
    state_ = State::lastLineFeed;
  } else if (!first && byte == ':') {
    state_ = State::trailerValue;
  } else if (isTokenCharacter(byte)) {
    state_ = State::trailerName;
  } else {
    return failure("a trailer is malformed");
  }
  return {};
}

Result<void> ChunkedBody::takeText(std::uint8_t byte, State end) {
  if (byte == '\r') {
    state_ = end;
  } else if (isControl(byte)) {
    return failure("a control character stands in a chunk's line or trailer");
  }
  return {};
}

Result<void> ChunkedBody::expect(std::uint8_t byte, std::uint8_t wanted, State next) {
  if (byte != wanted) return failure("a line of the chunked body does not end as it should");
  state_ = next;
  return {};
}

}  // namespace kvslocal
