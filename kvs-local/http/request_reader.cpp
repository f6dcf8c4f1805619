// SPDX-License-Identifier: Apache-2.0
#include "http/request_reader.h"

#include <algorithm>

namespace kvslocal {
namespace {

// A connection that says little costs little; one that fills its buffer gets a larger one.
constexpr std::size_t leastRead = 4 * 1024;
constexpr std::size_t mostRead = 64 * 1024;

}  // namespace

void RequestReader::begin() {
  parser_ = std::make_unique<HttpParser>();
  if (!empty()) return;
  throwAway();
  buffer_ = Bytes(leastRead);
  full_ = false;
}

Result<HttpPart> RequestReader::next(std::size_t most) {
  const std::size_t count = std::min(to_ - from_, most);
  auto part = parser_->next(ByteView(buffer_).subspan(from_, count));
  if (part) from_ += part->taken;
  return part;
}

void RequestReader::throwAway() {
  from_ = 0;
  to_ = 0;
}

std::span<std::uint8_t> RequestReader::room() {
  std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(from_),
            buffer_.begin() + static_cast<std::ptrdiff_t>(to_), buffer_.begin());
  to_ -= from_;
  from_ = 0;
  if (to_ == buffer_.size() || (full_ && buffer_.size() < mostRead)) buffer_.resize(buffer_.size() * 2);
  return std::span(buffer_).subspan(to_);
}

void RequestReader::filled(std::size_t bytes, MonoTime now) {
  arrival_ = now;
  to_ += bytes;
  full_ = to_ == buffer_.size();
}

}  // namespace kvslocal
