// SPDX-License-Identifier: Apache-2.0
#include "matroska_reader.h"

#include <bit>

namespace kvs::test {

namespace {

constexpr std::uint64_t idEbml = 0x1A45DFA3, idSegment = 0x18538067, idInfo = 0x1549A966,
                        idTimecodeScale = 0x2AD7B1, idTracks = 0x1654AE6B, idTrackEntry = 0xAE,
                        idTrackNumber = 0xD7, idTrackType = 0x83, idCodecId = 0x86, idCodecPrivate = 0x63A2,
                        idCluster = 0x1F43B675, idTimecode = 0xE7, idSimpleBlock = 0xA3, idTags = 0x1254C367,
                        idTag = 0x7373, idSimpleTag = 0x67C8, idTagName = 0x45A3, idTagString = 0x4487;

std::uint64_t number(ByteView body) {
  std::uint64_t value = 0;
  for (std::byte b : body)
    value = value << 8 | std::to_integer<std::uint64_t>(b);
  return value;
}

/// The length of a vint by the zeros that lead its first byte (RFC 8794, 4.1); 0 where there is none.
std::size_t vintLength(std::byte first) {
  return first == std::byte{0}
             ? 0
             : static_cast<std::size_t>(std::countl_zero(std::to_integer<std::uint8_t>(first))) + 1;
}

}  // namespace

void MatroskaReader::fail(std::string what) {
  if (error_.empty()) error_ = std::move(what);
}

void MatroskaReader::feed(ByteView bytes) {
  pending_.insert(pending_.end(), bytes.begin(), bytes.end());
  while (error_.empty() && step()) {
  }
  pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(taken_));
  taken_ = 0;
}

std::optional<MatroskaReader::Element> MatroskaReader::peek(ByteView bytes) const {
  if (bytes.empty()) return std::nullopt;
  const std::size_t idLength = vintLength(bytes[0]);
  if (idLength == 0 || bytes.size() <= idLength) return std::nullopt;
  const std::size_t sizeLength = vintLength(bytes[idLength]);
  if (sizeLength == 0 || bytes.size() < idLength + sizeLength) return std::nullopt;
  Element element;
  element.id = number(bytes.first(idLength));
  element.headSize = idLength + sizeLength;
  const std::uint64_t mask = (std::uint64_t{1} << (7 * sizeLength)) - 1;
  const std::uint64_t size = number(bytes.subspan(idLength, sizeLength)) & mask;
  if (size != mask) element.size = size;
  return element;
}

bool MatroskaReader::step() {
  const ByteView rest = ByteView(pending_).subspan(taken_);
  if (!rest.empty() && vintLength(rest[0]) == 0) fail("an element's id begins with a zero byte");
  const auto element = peek(rest);
  if (!element) return false;
  if (!element->size) {
    taken_ += element->headSize;
    open(element->id);
    return true;
  }
  if (rest.size() - element->headSize < *element->size) return false;
  const ByteView body = rest.subspan(element->headSize, static_cast<std::size_t>(*element->size));
  taken_ += element->headSize + body.size();
  read(element->id, body);
  return true;
}

void MatroskaReader::open(std::uint64_t id) {
  if (id == idSegment && !inSegment_) {
    inSegment_ = true;
  } else if (id == idCluster && inSegment_) {
    if (inCluster_ && !clusterTimed_) fail("a Cluster without a Timecode");
    inCluster_ = true;
    clusterTimed_ = false;
  } else {
    fail("an element of unknown size where none may be");
  }
}

void MatroskaReader::read(std::uint64_t id, ByteView body) {
  if (id == idEbml) return inSegment_ ? fail("a second EBML header") : void();
  if (!inSegment_) return fail("an element outside the Segment");
  if (id == idInfo) return readInfo(body);
  if (id == idTracks) return readTracks(body);
  if (id == idTags) {
    inCluster_ = false;
    return readTags(body);
  }
  if (!inCluster_) return fail("an element outside a Cluster");
  if (id == idTimecode) {
    clusterTimed_ = true;
    return visitor_.onCluster(number(body));
  }
  if (id == idSimpleBlock) return clusterTimed_ ? readBlock(body) : fail("a block before the Timecode");
  fail("an element that the service does not take");
}

template <class OnChild>
void MatroskaReader::eachChild(ByteView body, OnChild onChild) {
  while (!body.empty()) {
    const auto element = peek(body);
    if (!element || !element->size || body.size() - element->headSize < *element->size) {
      return fail("a child passes its parent's end");
    }
    onChild(element->id, body.subspan(element->headSize, static_cast<std::size_t>(*element->size)));
    body = body.subspan(element->headSize + static_cast<std::size_t>(*element->size));
  }
}

void MatroskaReader::readInfo(ByteView body) {
  eachChild(body, [this](std::uint64_t id, ByteView value) {
    if (id == idTimecodeScale) timecodeScaleNs_ = number(value);
  });
}

void MatroskaReader::readTracks(ByteView body) {
  std::vector<ReadTrack> tracks;
  eachChild(body, [&](std::uint64_t id, ByteView value) {
    if (id == idTrackEntry) tracks.push_back(readTrack(value));
  });
  visitor_.onTracks(timecodeScaleNs_, tracks);
}

ReadTrack MatroskaReader::readTrack(ByteView body) {
  ReadTrack track;
  eachChild(body, [&](std::uint64_t id, ByteView value) {
    if (id == idTrackNumber) track.number = number(value);
    if (id == idTrackType) track.type = number(value);
    if (id == idCodecId) track.codecId = std::string(asText(value));
    if (id == idCodecPrivate) track.codecPrivate.assign(value.begin(), value.end());
  });
  return track;
}

void MatroskaReader::readBlock(ByteView body) {
  if (body.size() < 4 || vintLength(body[0]) != 1) return fail("a block that is too short");
  ReadBlock block;
  block.track = number(body.first(1)) & 0x7f;
  block.relative = static_cast<std::int16_t>(number(body.subspan(1, 2)));
  block.flags = std::to_integer<std::uint8_t>(body[3]);
  block.payload.assign(body.begin() + 4, body.end());
  visitor_.onBlock(std::move(block));
}

void MatroskaReader::readTags(ByteView body) {
  std::vector<ReadTag> tags;
  eachChild(body, [&](std::uint64_t id, ByteView tag) {
    if (id != idTag) return fail("Tags hold something that is no Tag");
    eachChild(tag, [&](std::uint64_t childId, ByteView simple) {
      if (childId != idSimpleTag) return;
      ReadTag read;
      eachChild(simple, [&](std::uint64_t valueId, ByteView value) {
        if (valueId == idTagName) read.name = std::string(asText(value));
        if (valueId == idTagString) read.value = std::string(asText(value));
      });
      tags.push_back(std::move(read));
    });
  });
  visitor_.onTags(tags);
}

}  // namespace kvs::test
