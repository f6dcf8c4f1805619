// SPDX-License-Identifier: Apache-2.0
#include "matroska/matroska_reader.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace kvslocal {
namespace {

// Bounds of what is kept in memory or passed over. None is the service's: they only keep any input harmless.
constexpr std::uint64_t maxEbmlHeader = 4096;
constexpr std::uint64_t maxInfo = 64 * 1024;
constexpr std::uint64_t maxTracks = 1024 * 1024;
constexpr std::uint64_t maxTags = 256 * 1024;
constexpr std::uint64_t maxGroupField = 1024 * 1024;
constexpr std::size_t keptBuffer = 16 * 1024;  // a larger one is given back when its element was read
constexpr std::uint64_t maxBlock = 256 * 1024 * 1024;
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

void append(Bytes& out, ByteView bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

}  // namespace

ReadStatus MatroskaReader::feed(ByteView bytes) {
  while (status_ == ReadStatus::ok && !bytes.empty())
    bytes = step(bytes);
  return status_;
}

bool MatroskaReader::atCleanEnd() const {
  if (status_ != ReadStatus::ok || state_ != State::elementHead || headBytes_ != 0) return false;
  return std::none_of(levels_.begin(), levels_.end(),
                      [](const Level& open) { return open.sized && open.id != ebml::idSegment; });
}

ByteView MatroskaReader::step(ByteView in) {
  switch (state_) {
    case State::elementHead:
      return readElementHead(in);
    case State::collect:
      return collectPayload(in);
    case State::skip:
      return skipPayload(in);
    case State::blockHead:
      return readBlockHead(in);
    case State::blockBody:
      return readBlockBody(in);
  }
  return {};
}

ByteView MatroskaReader::advance(ByteView in, std::size_t count) {
  offset_ += count;
  return in.subspan(count);
}

ByteView MatroskaReader::readElementHead(ByteView in) {
  head_[headBytes_++] = in[0];
  in = advance(in, 1);
  const std::size_t idBytes = ebml::vintLength(head_[0]);
  if (idBytes == 0 || idBytes > 4) {
    fail("these bytes are no Matroska element ID");
    return in;
  }
  if (headBytes_ <= idBytes) return in;
  const std::size_t sizeBytes = ebml::vintLength(head_[idBytes]);
  if (sizeBytes == 0) {
    fail("an element's size is malformed");
    return in;
  }
  if (headBytes_ < idBytes + sizeBytes) return in;
  const ByteView head(head_.data(), headBytes_);
  const auto id = static_cast<std::uint32_t>(ebml::readUint(head.first(idBytes)));
  beginElement(id, ebml::vintValue(head.subspan(idBytes)));
  headBytes_ = 0;
  if (state_ == State::elementHead) closeFinishedLevels();
  return in;
}

void MatroskaReader::beginElement(std::uint32_t id, std::uint64_t size) {
  // A Cluster of unknown size ends where an element begins that cannot stand in it (RFC 8794 section 6.2).
  if (level() == ebml::idCluster && !levels_.back().sized && isSegmentChild(id)) levels_.pop_back();
  if (size != ebml::unknownSize && !levels_.empty() && size > levels_.back().end - offset_) {
    return fail("element " + hex(id) + " is larger than the element it stands in");
  }
  if (size == ebml::unknownSize && id != ebml::idSegment && id != ebml::idCluster) {
    return fail("element " + hex(id) + " has no known size");
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
  if (id == ebml::idEbml && !ebmlSeen_) return beginCollect(id, size, maxEbmlHeader);
  if (id != ebml::idSegment || !ebmlSeen_ || segmentSeen_) {
    return fail("element " + hex(id) + " stands where the EBML header or the Segment was expected");
  }
  segmentSeen_ = true;
  const bool sized = size != ebml::unknownSize;
  levels_.push_back({id, sized ? offset_ + size : ebml::unknownSize, sized});
}

void MatroskaReader::beginSegmentChild(std::uint32_t id, std::uint64_t size) {
  switch (id) {
    case ebml::idInfo:
      return headerAnnounced_ ? beginSkip(size) : beginCollect(id, size, maxInfo);
    case ebml::idTracks:
      if (headerAnnounced_) return fail("a second Tracks element: a session carries one header");
      return beginCollect(id, size, maxTracks);
    case ebml::idTags:
      return beginTags(size);
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
      return fail("element " + hex(id) + " does not belong in a Segment");
  }
}

void MatroskaReader::beginCluster(std::uint64_t size) {
  announceHeader();
  if (status_ != ReadStatus::ok) return;
  const bool sized = size != ebml::unknownSize;
  levels_.push_back({ebml::idCluster, sized ? offset_ + size : levels_.back().end, sized});
  clusterTimecodeSeen_ = false;
  tell(&MatroskaHandler::onClusterStart, sized);
}

void MatroskaReader::beginClusterChild(std::uint32_t id, std::uint64_t size) {
  const bool block = id == ebml::idSimpleBlock || id == ebml::idBlockGroup;
  if (block && !clusterTimecodeSeen_) return fail("a Cluster's block stands before its Timecode");
  switch (id) {
    case ebml::idTimecode:
      if (clusterTimecodeSeen_) return fail("a Cluster has two Timecodes");
      return beginCollect(id, size, 8);
    case ebml::idSimpleBlock:
      return beginBlock(size);
    case ebml::idBlockGroup:
      return beginGroup(size);
    case ebml::idEbml:
    case ebml::idSegment:
      return fail("element " + hex(id) + " stands inside a Cluster");
    default:
      return beginSkip(size);  // Position, PrevSize, Void, CRC-32 and what later versions may add
  }
}

void MatroskaReader::beginTags(std::uint64_t size) {
  tell(&MatroskaHandler::onTagsStart, headBytes_ + size);
  if (status_ == ReadStatus::ok) beginCollect(ebml::idTags, size, maxTags);
}

void MatroskaReader::beginCollect(std::uint32_t id, std::uint64_t size, std::uint64_t limit) {
  if (size > limit) return fail("element " + hex(id) + " is over " + std::to_string(limit) + " bytes long");
  collectId_ = id;
  collected_.assign(head_.begin(), head_.begin() + static_cast<std::ptrdiff_t>(headBytes_));
  collectHead_ = headBytes_;
  remaining_ = size;
  state_ = State::collect;
  if (size == 0) finishCollected();
}

ByteView MatroskaReader::collectPayload(ByteView in) {
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(in.size(), remaining_));
  append(collected_, in.first(count));
  remaining_ -= count;
  in = advance(in, count);
  if (remaining_ == 0) {
    finishCollected();
    if (collected_.capacity() > keptBuffer) collected_ = {};
    closeFinishedLevels();
  }
  return in;
}

void MatroskaReader::finishCollected() {
  state_ = State::elementHead;
  // Any ID may stand in a group: there it is a field of it, whatever it means elsewhere.
  if (level() == ebml::idBlockGroup) return finishGroupField();
  switch (collectId_) {
    case ebml::idEbml:
      return finishEbmlHeader();
    case ebml::idInfo:
      return finishInfo();
    case ebml::idTracks:
      return finishTracks();
    case ebml::idTags:
      return finishTags();
    default:
      return finishTimecode();
  }
}

void MatroskaReader::finishEbmlHeader() {
  ebmlSeen_ = true;
  ebmlElement_ = collected_;
  if (const auto good = checkEbmlHeader(ByteView(collected_).subspan(collectHead_)); !good)
    fail(good.error());
}

void MatroskaReader::finishInfo() {
  const auto scale = parseTimecodeScale(ByteView(collected_).subspan(collectHead_));
  if (!scale) return fail(scale.error());
  header_.timecodeScale = *scale;
  infoElement_ = collected_;
  infoSeen_ = true;
  if (!header_.tracks.empty()) announceHeader();
}

void MatroskaReader::finishTracks() {
  auto tracks = parseTracks(ByteView(collected_).subspan(collectHead_));
  if (!tracks) return fail(tracks.error());
  header_.tracks = std::move(*tracks);
  header_.tracksElement = collected_;
  if (infoSeen_) announceHeader();
}

void MatroskaReader::announceHeader() {
  if (headerAnnounced_) return;
  if (header_.tracks.empty()) return fail("a Cluster stands before the Tracks");
  headerAnnounced_ = true;
  header_.raw = ebmlElement_;
  ebml::appendId(header_.raw, ebml::idSegment);
  append(header_.raw, std::array<std::uint8_t, 8>{0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF});
  append(header_.raw, infoElement_);
  append(header_.raw, header_.tracksElement);
  tell(&MatroskaHandler::onHeader, header_);
  header_ = {};  // it is the handler's now
  ebmlElement_ = {};
  infoElement_ = {};
}

void MatroskaReader::finishTags() {
  const auto tags = parseTags(ByteView(collected_).subspan(collectHead_));
  if (!tags) return fail(tags.error());
  tell(&MatroskaHandler::onTags, *tags);
}

void MatroskaReader::finishTimecode() {
  clusterTimecodeSeen_ = true;
  tell(&MatroskaHandler::onClusterTimecode, ebml::readUint(ByteView(collected_).subspan(collectHead_)));
}

void MatroskaReader::beginSkip(std::uint64_t size) {
  if (size > maxSkip) return fail("an element to pass over is larger than 256 MiB");
  remaining_ = size;
  state_ = size == 0 ? State::elementHead : State::skip;
}

ByteView MatroskaReader::skipPayload(ByteView in) {
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(in.size(), remaining_));
  remaining_ -= count;
  in = advance(in, count);
  if (remaining_ == 0) {
    state_ = State::elementHead;
    closeFinishedLevels();
  }
  return in;
}

void MatroskaReader::closeFinishedLevels() {
  while (status_ == ReadStatus::ok && !levels_.empty() && levels_.back().end == offset_) {
    const std::uint32_t closed = levels_.back().id;
    levels_.pop_back();
    if (closed == ebml::idBlockGroup) finishGroup();
  }
}

void MatroskaReader::fail(std::string sentence) {
  if (status_ != ReadStatus::ok) return;
  status_ = ReadStatus::malformed;
  error_ = std::move(sentence) + " (at byte " + std::to_string(offset_) + " of the body)";
}

// ---- blocks -----------------------------------------------------------------------------------------------

void MatroskaReader::beginBlock(std::uint64_t size) {
  if (size > maxBlock) return fail("a block is larger than 256 MiB");
  const ByteView head(head_.data(), headBytes_);
  if (!inGroup_) {
    blockPrefix_.clear();
    block_.elementBytes = headBytes_ + size;
  }
  append(blockPrefix_, head);
  blockHeadAt_ = blockPrefix_.size();
  tail_ = {};
  remaining_ = size;
  state_ = State::blockHead;
  if (size == 0) fail("a block is empty");
}

void MatroskaReader::beginGroup(std::uint64_t size) {
  if (size > maxBlock) return fail("a BlockGroup is larger than 256 MiB");
  levels_.push_back({ebml::idBlockGroup, offset_ + size, true});
  inGroup_ = true;
  groupHasBlock_ = false;
  groupHasReference_ = false;
  block_.elementBytes = headBytes_ + size;
  blockPrefix_.assign(head_.begin(), head_.begin() + static_cast<std::ptrdiff_t>(headBytes_));
}

void MatroskaReader::beginGroupChild(std::uint32_t id, std::uint64_t size) {
  if (id != ebml::idBlock) return beginCollect(id, size, maxGroupField);
  if (groupHasBlock_) return fail("a BlockGroup holds two Blocks");
  groupHasBlock_ = true;
  beginBlock(size);
}

void MatroskaReader::finishGroupField() {
  if (collectId_ == ebml::idReferenceBlock) groupHasReference_ = true;
  if (groupHasBlock_) return forward(collected_);
  append(blockPrefix_, collected_);
  if (blockPrefix_.size() > maxGroupField) fail("a BlockGroup has too much before its Block");
}

void MatroskaReader::finishGroup() {
  inGroup_ = false;
  if (!groupHasBlock_) return fail("a BlockGroup holds no Block");
  tail_.keyFrame = !groupHasReference_;
  tell(&MatroskaHandler::onBlockEnd, tail_);
}

ByteView MatroskaReader::readBlockHead(ByteView in) {
  blockPrefix_.push_back(in[0]);
  --remaining_;
  in = advance(in, 1);
  const ByteView head = ByteView(blockPrefix_).subspan(blockHeadAt_);
  const std::size_t trackBytes = ebml::vintLength(head[0]);
  if (trackBytes == 0) {
    fail("a block's track number is malformed");
    return in;
  }
  // Track number, 16 bits of time, flags (RFC 9559 section 10.2), and with lacing the count of frames less
  // one.
  const bool flagsSeen = head.size() >= trackBytes + 3;
  const bool laced = flagsSeen && (head[trackBytes + 2] & 0x06U) != 0;
  if (flagsSeen && head.size() == trackBytes + 3 + (laced ? 1U : 0U)) {
    startBlock(trackBytes, laced);
  } else if (remaining_ == 0) {
    fail("a block is too short for its own head");
  }
  return in;
}

void MatroskaReader::startBlock(std::size_t trackBytes, bool laced) {
  const ByteView head = ByteView(blockPrefix_).subspan(blockHeadAt_);
  block_.track = ebml::vintValue(head.first(trackBytes));
  block_.relativeTicks = static_cast<std::int16_t>(ebml::readUint(head.subspan(trackBytes, 2)));
  block_.keyFrame = !inGroup_ && (head[trackBytes + 2] & 0x80U) != 0;
  block_.frames = laced ? head[trackBytes + 3] + 1U : 1U;
  tail_.keyFrame = block_.keyFrame;
  tell(&MatroskaHandler::onBlockStart, block_);
  forward(blockPrefix_);
  blockPrefix_.clear();
  if (blockPrefix_.capacity() > keptBuffer) blockPrefix_ = {};
  state_ = State::blockBody;
  if (remaining_ == 0) finishBlock();
}

ByteView MatroskaReader::readBlockBody(ByteView in) {
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(in.size(), remaining_));
  const ByteView payload = in.first(count);
  rememberTail(payload);
  forward(payload);
  remaining_ -= count;
  in = advance(in, count);
  if (remaining_ == 0) finishBlock();
  return in;
}

void MatroskaReader::finishBlock() {
  state_ = State::elementHead;
  if (!inGroup_) tell(&MatroskaHandler::onBlockEnd, tail_);
  closeFinishedLevels();
}

void MatroskaReader::forward(ByteView raw) {
  tell(&MatroskaHandler::onBlockBytes, raw);
}

void MatroskaReader::rememberTail(ByteView payload) {
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
