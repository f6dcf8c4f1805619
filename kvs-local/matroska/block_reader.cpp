// SPDX-License-Identifier: Apache-2.0
#include "matroska/block_reader.h"

#include <algorithm>

#include "matroska/ebml.h"

namespace kvslocal {
namespace {

// Bounds that keep any input harmless; none is the service's.
constexpr std::uint64_t maxBlock = 256 * 1024 * 1024;
constexpr std::size_t maxPrefix = 1024 * 1024;
constexpr std::size_t keptBuffer = 16 * 1024;  // a larger one is given back when its block has begun

void append(Bytes& out, ByteView bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

}  // namespace

void BlockReader::beginBlock(ByteView head, std::uint64_t size) {
  if (size > maxBlock) return state_.fail("a block is larger than 256 MiB");
  if (size == 0) return state_.fail("a block is empty");
  if (!group_.open) {
    prefix_.clear();
    block_.elementBytes = head.size() + size;
  }
  append(prefix_, head);
  headAt_ = prefix_.size();
  tail_ = {};
  remaining_ = size;
  where_ = Where::head;
}

void BlockReader::beginGroup(ByteView head, std::uint64_t size) {
  if (size > maxBlock) return state_.fail("a BlockGroup is larger than 256 MiB");
  group_ = {true, false, false};
  block_.elementBytes = head.size() + size;
  prefix_.assign(head.begin(), head.end());
}

void BlockReader::beginGroupBlock(ByteView head, std::uint64_t size) {
  if (group_.hasBlock) return state_.fail("a BlockGroup holds two Blocks");
  group_.hasBlock = true;
  beginBlock(head, size);
}

void BlockReader::takeField(std::uint32_t id, ByteView element) {
  if (id == ebml::idReferenceBlock) group_.hasReference = true;
  if (group_.hasBlock) return forward(element);
  append(prefix_, element);
  if (prefix_.size() > maxPrefix) state_.fail("a BlockGroup has too much before its Block");
}

void BlockReader::endGroup() {
  group_.open = false;
  if (!group_.hasBlock) return state_.fail("a BlockGroup holds no Block");
  tail_.keyFrame = !group_.hasReference;
  state_.tell(&MatroskaHandler::onBlockEnd, tail_);
}

ByteView BlockReader::read(ByteView in) {
  return where_ == Where::head ? readHead(in) : readBody(in);
}

ByteView BlockReader::readHead(ByteView in) {
  prefix_.push_back(in[0]);
  --remaining_;
  in = state_.advance(in, 1);
  const ByteView head = ByteView(prefix_).subspan(headAt_);
  const std::size_t trackBytes = ebml::vintLength(head[0]);
  if (trackBytes == 0) {
    state_.fail("a block's track number is malformed");
    return in;
  }
  // Track number, 16 bits of time, flags (RFC 9559 section 10.2), and with lacing the count of frames less
  // one.
  const bool flagsSeen = head.size() >= trackBytes + 3;
  const bool laced = flagsSeen && (head[trackBytes + 2] & 0x06U) != 0;
  if (flagsSeen && head.size() == trackBytes + 3 + (laced ? 1U : 0U)) {
    startBody(trackBytes, laced);
  } else if (remaining_ == 0) {
    state_.fail("a block is too short for its own head");
  }
  return in;
}

void BlockReader::startBody(std::size_t trackBytes, bool laced) {
  const ByteView head = ByteView(prefix_).subspan(headAt_);
  block_.track = ebml::vintValue(head.first(trackBytes));
  block_.relativeTicks = static_cast<std::int16_t>(ebml::readUint(head.subspan(trackBytes, 2)));
  block_.keyFrame = !group_.open && (head[trackBytes + 2] & 0x80U) != 0;
  block_.frames = laced ? head[trackBytes + 3] + 1U : 1U;
  tail_.keyFrame = block_.keyFrame;
  state_.tell(&MatroskaHandler::onBlockStart, block_);
  forward(prefix_);
  prefix_.clear();
  if (prefix_.capacity() > keptBuffer) prefix_ = {};
  where_ = Where::body;
  if (remaining_ == 0) endBlock();
}

ByteView BlockReader::readBody(ByteView in) {
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(in.size(), remaining_));
  const ByteView payload = in.first(count);
  rememberTail(payload);
  forward(payload);
  remaining_ -= count;
  in = state_.advance(in, count);
  if (remaining_ == 0) endBlock();
  return in;
}

void BlockReader::endBlock() {
  where_ = Where::outside;
  if (!group_.open) state_.tell(&MatroskaHandler::onBlockEnd, tail_);
}

void BlockReader::forward(ByteView raw) {
  state_.tell(&MatroskaHandler::onBlockBytes, raw);
}

void BlockReader::rememberTail(ByteView payload) {
  auto& last = tail_.lastBytes;
  tail_.payloadBytes += payload.size();
  if (payload.size() >= last.size()) {
    std::copy(payload.end() - static_cast<std::ptrdiff_t>(last.size()), payload.end(), last.begin());
    return;
  }
  const auto shift = static_cast<std::ptrdiff_t>(payload.size());
  std::copy(last.begin() + shift, last.end(), last.begin());
  std::copy(payload.begin(), payload.end(), last.end() - shift);
}

}  // namespace kvslocal
