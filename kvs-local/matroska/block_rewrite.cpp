// SPDX-License-Identifier: Apache-2.0
#include "matroska/block_rewrite.h"

#include <functional>
#include <limits>
#include <optional>

#include "matroska/ebml.h"

namespace kvslocal {
namespace {

struct Block {
  BlockPlace place;
  ByteView payload;  ///< of the SimpleBlock or Block: track, time, flags, frame
  std::size_t trackBytes = 0;
};

std::optional<Block> readBlock(ByteView payload, bool keyFrame) {
  Block block;
  block.payload = payload;
  block.trackBytes = payload.empty() ? 0 : ebml::vintLength(payload[0]);
  if (block.trackBytes == 0 || payload.size() < block.trackBytes + 3) return std::nullopt;
  block.place.track = ebml::vintValue(payload.first(block.trackBytes));
  block.place.relativeTicks = static_cast<std::int16_t>(ebml::readUint(payload.subspan(block.trackBytes, 2)));
  block.place.keyFrame = keyFrame;
  return block;
}

std::optional<Block> readGroup(ByteView group) {
  std::optional<ByteView> payload;
  bool reference = false;
  ebml::Children fields(group);
  while (const auto field = fields.next()) {
    if (field->id == ebml::idBlock) payload = field->payload;
    if (field->id == ebml::idReferenceBlock) reference = true;
  }
  if (!payload || fields.broken()) return std::nullopt;
  return readBlock(*payload, !reference);
}

std::optional<Block> readElement(const ebml::Element& element) {
  if (element.id == ebml::idBlockGroup) return readGroup(element.payload);
  if (element.id != ebml::idSimpleBlock) return std::nullopt;
  auto block = readBlock(element.payload, false);
  if (block) block->place.keyFrame = (element.payload[block->trackBytes + 2] & 0x80U) != 0;
  return block;
}

Result<void> forEachBlock(ByteView fragment, const std::function<Result<void>(const Block&)>& use) {
  ebml::Children elements(fragment);
  while (const auto element = elements.next()) {
    const auto block = readElement(*element);
    if (!block) return failure("a fragment's file is damaged");
    if (auto used = use(*block); !used) return used;
  }
  if (elements.broken()) return failure("a fragment's file is damaged");
  return {};
}

}  // namespace

Result<std::vector<BlockPlace>> listBlocks(ByteView fragment) {
  std::vector<BlockPlace> places;
  const auto read = forEachBlock(fragment, [&](const Block& block) -> Result<void> {
    places.push_back(block.place);
    return {};
  });
  if (!read) return failure(read.error());
  return places;
}

Result<Bytes> scaleBlocks(ByteView fragment, std::int64_t factor) {
  Bytes out;
  const auto scaled = forEachBlock(fragment, [&](const Block& block) -> Result<void> {
    const std::int64_t ticks = block.place.relativeTicks * factor;
    if (ticks < std::numeric_limits<std::int16_t>::min() ||
        ticks > std::numeric_limits<std::int16_t>::max()) {
      return failure("a frame is too far from its fragment's timecode to be written in milliseconds");
    }
    Bytes payload(block.payload.begin(), block.payload.end());
    payload[block.trackBytes] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(ticks) >> 8);
    payload[block.trackBytes + 1] = static_cast<std::uint8_t>(ticks);
    auto& flags = payload[block.trackBytes + 2];
    flags = static_cast<std::uint8_t>((flags & 0x7FU) | (block.place.keyFrame ? 0x80U : 0U));
    ebml::appendElement(out, ebml::idSimpleBlock, payload);
    return {};
  });
  if (!scaled) return failure(scaled.error());
  return out;
}

}  // namespace kvslocal
