// SPDX-License-Identifier: Apache-2.0
#include "net/outgoing.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace kvs::net {

namespace {
constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kLastChunk = "0\r\n\r\n";

/// An assignment would keep the memory, and what stands in it.
void letGoOf(WipingString& text) {
  WipingString().swap(text);
}
}  // namespace

void Outgoing::setHead(WipingString head) {
  own_ = std::move(head);
  parts_.assign({asBytes(own_)});
}

void Outgoing::setChunk(std::span<const ByteView> parts) {
  bodyBefore_ += body_;
  body_ = totalSize(parts);
  char* end = std::to_chars(sizeLine_.data(), sizeLine_.data() + sizeLine_.size(), body_, 16).ptr;
  end = std::ranges::copy(kLineEnd, end).out;
  framing_ = static_cast<std::uint64_t>(end - sizeLine_.data());
  taken_ = 0;
  first_ = 0;
  parts_.assign({asBytes({sizeLine_.data(), end})});
  parts_.insert(parts_.end(), parts.begin(), parts.end());
  parts_.push_back(asBytes(kLineEnd));
}

void Outgoing::setLastChunk() {
  first_ = 0;
  parts_.assign({asBytes(kLastChunk)});
}

void Outgoing::sent(std::size_t bytes) {
  taken_ += bytes;
  while (first_ < parts_.size() && bytes >= parts_[first_].size())
    bytes -= parts_[first_++].size();
  if (!empty()) {
    parts_[first_] = parts_[first_].subspan(bytes);
  } else {
    letGoOf(own_);
  }
}

void Outgoing::keep() {
  if (empty() || !own_.empty()) return;
  WipingString kept;
  kept.reserve(totalSize(left()));
  for (const ByteView part : left())
    kept += asText(part);
  own_ = std::move(kept);
  first_ = 0;
  parts_.assign({asBytes(own_)});
}

void Outgoing::drop() {
  parts_.clear();
  first_ = 0;
  letGoOf(own_);
}

std::uint64_t Outgoing::bodyBytesSent() const {
  return bodyBefore_ + (taken_ > framing_ ? std::min(taken_ - framing_, body_) : 0);
}

}  // namespace kvs::net
