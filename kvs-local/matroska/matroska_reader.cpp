// SPDX-License-Identifier: Apache-2.0
#include "matroska/matroska_reader.h"

#include <algorithm>
#include <limits>
#include <string>

#include "matroska/ebml.h"

namespace kvslocal {
namespace {

// Bounds of what is kept in memory or passed over. None is the service's: they only keep any input harmless.
constexpr std::uint64_t maxEbmlHeader = 4096;
constexpr std::uint64_t maxInfo = 64 * 1024;
constexpr std::uint64_t maxTracks = 1024 * 1024;
constexpr std::uint64_t maxTags = 256 * 1024;
constexpr std::uint64_t maxGroupField = 1024 * 1024;
constexpr std::size_t keptBuffer = 16 * 1024;  // a larger one is given back when its element was read
constexpr std::uint64_t maxSkip = 256 * 1024 * 1024;

bool isSegmentChild(std::uint32_t id) {
  switch (id) {
    case ebml::idSeekHead:
    case ebml::idInfo:
    case ebml::idTracks:
    case ebml::idCluster:
    case ebml::idCues:
    case ebml::idChapters:
    case ebml::idAttachments:
    case ebml::idTags:
      return true;
    default:
      return false;
  }
}

bool isGlobal(std::uint32_t id) {
  return id == ebml::idVoid || id == ebml::idCrc32;
}

std::string hex(std::uint32_t value) {
  constexpr const char* digits = "0123456789ABCDEF";
  std::string text;
  for (int shift = 28; shift >= 0; shift -= 4) {
    const auto digit = value >> shift & 0xFU;
    if (digit != 0 || !text.empty() || shift == 0) text += digits[digit];
  }
  return "0x" + text;
}

}  // namespace

ReadStatus MatroskaReader::feed(ByteView bytes) {
  while (state_.reading() && !bytes.empty())
    bytes = step(bytes);
  return state_.status();
}

bool MatroskaReader::atCleanEnd() const {
  if (!state_.reading() || where_ != Where::elementHead || headBytes_ != 0) return false;
  return std::none_of(levels_.begin(), levels_.end(),
                      [](const Level& open) { return open.sized && open.id != ebml::idSegment; });
}

ByteView MatroskaReader::step(ByteView in) {
  switch (where_) {
    case Where::elementHead:
      return readElementHead(in);
    case Where::collected:
      return collect(in);
    case Where::skipped:
      return skip(in);
    case Where::block:
      return readBlock(in);
  }
  return {};
}

ByteView MatroskaReader::readElementHead(ByteView in) {
  head_[headBytes_++] = in[0];
  in = state_.advance(in, 1);
  const std::size_t idBytes = ebml::vintLength(head_[0]);
  if (idBytes == 0 || idBytes > 4) {
    state_.fail("these bytes are no Matroska element ID");
    return in;
  }
  if (headBytes_ <= idBytes) return in;
  const std::size_t sizeBytes = ebml::vintLength(head_[idBytes]);
  if (sizeBytes == 0) {
    state_.fail("an element's size is malformed");
    return in;
  }
  if (headBytes_ < idBytes + sizeBytes) return in;
  const ByteView head = elementHead();
  const auto id = static_cast<std::uint32_t>(ebml::readUint(head.first(idBytes)));
  beginElement(id, ebml::vintValue(head.subspan(idBytes)));
  headBytes_ = 0;
  if (where_ == Where::elementHead) closeFinishedLevels();
  return in;
}

// ---- elements begin

void MatroskaReader::beginElement(std::uint32_t id, std::uint64_t size) {
  // A Cluster of unknown size ends where an element begins that cannot stand in it (RFC 8794 section 6.2).
  if (level() == ebml::idCluster && !levels_.back().sized && isSegmentChild(id)) levels_.pop_back();
  if (size != ebml::unknownSize && !levels_.empty() && size > levels_.back().end - state_.offset()) {
    return state_.fail("element " + hex(id) + " is larger than the element it stands in");
  }
  if (size == ebml::unknownSize && id != ebml::idSegment && id != ebml::idCluster) {
    return state_.fail("element " + hex(id) + " has no known size");
  }
  switch (level()) {
    case 0:
      return beginTopLevel(id, size);
    case ebml::idSegment:
      return beginSegmentChild(id, size);
    case ebml::idCluster:
      return beginClusterChild(id, size);
    default:
      return beginGroupChild(id, size);
  }
}

void MatroskaReader::beginTopLevel(std::uint32_t id, std::uint64_t size) {
  if (isGlobal(id)) return beginSkip(size);
  if (id == ebml::idEbml && !header_.hasEbml()) return beginCollect(id, size, maxEbmlHeader);
  if (id != ebml::idSegment || !header_.hasEbml() || segmentSeen_) {
    return state_.fail("element " + hex(id) + " stands where the EBML header or the Segment was expected");
  }
  segmentSeen_ = true;
  const bool sized = size != ebml::unknownSize;
  levels_.push_back({id, sized ? state_.offset() + size : ebml::unknownSize, sized});
}

void MatroskaReader::beginSegmentChild(std::uint32_t id, std::uint64_t size) {
  switch (id) {
    case ebml::idInfo:
      return header_.given() ? beginSkip(size) : beginCollect(id, size, maxInfo);
    case ebml::idTracks:
      if (header_.given()) return state_.fail("a second Tracks element: a session carries one header");
      return beginCollect(id, size, maxTracks);
    case ebml::idTags:
      state_.tell(&MatroskaHandler::onTagsStart, headBytes_ + size);
      return beginCollect(id, size, maxTags);
    case ebml::idCluster:
      return beginCluster(size);
    case ebml::idSeekHead:
    case ebml::idCues:
    case ebml::idChapters:
    case ebml::idAttachments:
    case ebml::idVoid:
    case ebml::idCrc32:
      return beginSkip(size);
    default:
      return state_.fail("element " + hex(id) + " does not belong in a Segment");
  }
}

void MatroskaReader::beginCluster(std::uint64_t size) {
  announceHeader();
  if (!state_.reading()) return;
  const bool sized = size != ebml::unknownSize;
  levels_.push_back({ebml::idCluster, sized ? state_.offset() + size : levels_.back().end, sized});
  timecodeSeen_ = false;
  state_.tell(&MatroskaHandler::onClusterStart, sized);
}

void MatroskaReader::beginClusterChild(std::uint32_t id, std::uint64_t size) {
  const bool block = id == ebml::idSimpleBlock || id == ebml::idBlockGroup;
  if (block && !timecodeSeen_) return state_.fail("a Cluster's block stands before its Timecode");
  switch (id) {
    case ebml::idTimecode:
      if (timecodeSeen_) return state_.fail("a Cluster has two Timecodes");
      return beginCollect(id, size, 8);
    case ebml::idSimpleBlock:
      where_ = Where::block;
      return blocks_.beginBlock(elementHead(), size);
    case ebml::idBlockGroup:
      levels_.push_back({id, state_.offset() + size, true});
      return blocks_.beginGroup(elementHead(), size);
    case ebml::idEbml:
    case ebml::idSegment:
      return state_.fail("element " + hex(id) + " stands inside a Cluster");
    default:
      return beginSkip(size);  // Position, PrevSize, Void, CRC-32 and what later versions may add
  }
}

void MatroskaReader::beginGroupChild(std::uint32_t id, std::uint64_t size) {
  if (id != ebml::idBlock) return beginCollect(id, size, maxGroupField);
  where_ = Where::block;
  blocks_.beginGroupBlock(elementHead(), size);
}

void MatroskaReader::beginCollect(std::uint32_t id, std::uint64_t size, std::uint64_t limit) {
  if (!state_.reading()) return;
  if (size > limit)
    return state_.fail("element " + hex(id) + " is over " + std::to_string(limit) + " bytes long");
  collected_.id = id;
  collected_.bytes.assign(elementHead().begin(), elementHead().end());
  collected_.head = headBytes_;
  remaining_ = size;
  where_ = Where::collected;
  if (size == 0) finishCollected();
}

void MatroskaReader::beginSkip(std::uint64_t size) {
  if (size > maxSkip) return state_.fail("an element to pass over is larger than 256 MiB");
  remaining_ = size;
  where_ = size == 0 ? Where::elementHead : Where::skipped;
}

// ---- elements go on and end

ByteView MatroskaReader::collect(ByteView in) {
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(in.size(), remaining_));
  collected_.bytes.insert(collected_.bytes.end(), in.begin(),
                          in.begin() + static_cast<std::ptrdiff_t>(count));
  remaining_ -= count;
  in = state_.advance(in, count);
  if (remaining_ == 0) {
    finishCollected();
    if (collected_.bytes.capacity() > keptBuffer) collected_.bytes = {};
    closeFinishedLevels();
  }
  return in;
}

ByteView MatroskaReader::skip(ByteView in) {
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(in.size(), remaining_));
  remaining_ -= count;
  in = state_.advance(in, count);
  if (remaining_ == 0) {
    where_ = Where::elementHead;
    closeFinishedLevels();
  }
  return in;
}

ByteView MatroskaReader::readBlock(ByteView in) {
  in = blocks_.read(in);
  if (!blocks_.inBlock()) {
    where_ = Where::elementHead;
    closeFinishedLevels();
  }
  return in;
}

void MatroskaReader::finishCollected() {
  where_ = Where::elementHead;
  const auto& [id, bytes, head] = collected_;
  // Any ID may stand in a group: there it is a field of it, whatever it means elsewhere.
  if (level() == ebml::idBlockGroup) return blocks_.takeField(id, bytes);
  switch (id) {
    case ebml::idEbml:
      return finishHeaderPart(header_.takeEbml(bytes, head));
    case ebml::idInfo:
      return finishHeaderPart(header_.takeInfo(bytes, head));
    case ebml::idTracks:
      return finishHeaderPart(header_.takeTracks(bytes, head));
    case ebml::idTags: {
      const auto tags = parseTags(collected_.payload());
      return tags ? state_.tell(&MatroskaHandler::onTags, *tags) : state_.fail(tags.error());
    }
    default:
      timecodeSeen_ = true;
      state_.tell(&MatroskaHandler::onClusterTimecode, ebml::readUint(collected_.payload()));
  }
}

void MatroskaReader::finishHeaderPart(const Result<void>& taken) {
  if (!taken) return state_.fail(taken.error());
  if (header_.complete()) announceHeader();
}

void MatroskaReader::announceHeader() {
  if (header_.given()) return;
  if (!header_.hasTracks()) return state_.fail("a Cluster stands before the Tracks");
  state_.tell(&MatroskaHandler::onHeader, header_.give());
}

void MatroskaReader::closeFinishedLevels() {
  while (state_.reading() && !levels_.empty() && levels_.back().end == state_.offset()) {
    const std::uint32_t closed = levels_.back().id;
    levels_.pop_back();
    if (closed == ebml::idBlockGroup) blocks_.endGroup();
  }
}

}  // namespace kvslocal
