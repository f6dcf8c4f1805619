// SPDX-License-Identifier: Apache-2.0
#include "mkv/cluster.h"

#include <algorithm>

#include "mkv/ebml.h"

namespace kvs::mkv {
namespace {

template <class Out>
Out putBigEndian(Out out, std::uint64_t value, unsigned bytes) {
  for (unsigned i = bytes; i > 0; --i)
    *out++ = static_cast<std::byte>(value >> (8 * (i - 1)) & 0xFF);
  return out;
}

constexpr std::uint64_t fourByteVint = 0x10000000;
constexpr std::uint64_t oneByteVint = 0x80;
constexpr std::uint64_t eightByteNumber = oneByteVint | 8;

std::uint64_t byteOf(BlockFlags flags) {
  return (flags.key ? 0x80u : 0u) | (flags.invisible ? 0x08u : 0u) | (flags.discardable ? 0x01u : 0u);
}

}  // namespace

std::array<std::byte, clusterHeadSize> clusterHead(std::uint64_t timecode) {
  std::array<std::byte, clusterHeadSize> head{};
  auto out = putBigEndian(head.begin(), static_cast<std::uint32_t>(ElementId::cluster), 4);
  out = std::copy(unknownSize.begin(), unknownSize.end(), out);
  out = putBigEndian(out, static_cast<std::uint32_t>(ElementId::timecode), 1);
  out = putBigEndian(out, eightByteNumber, 1);
  putBigEndian(out, timecode, 8);
  return head;
}

std::array<std::byte, simpleBlockHeadSize> simpleBlockHead(std::uint32_t trackNumber,
                                                           std::int16_t relativeTime, BlockFlags flags,
                                                           std::size_t payloadSize) {
  constexpr std::size_t countedHead = simpleBlockHeadSize - 5;
  std::array<std::byte, simpleBlockHeadSize> head{};
  auto out = putBigEndian(head.begin(), static_cast<std::uint32_t>(ElementId::simpleBlock), 1);
  out = putBigEndian(out, fourByteVint | (countedHead + payloadSize), 4);
  out = putBigEndian(out, oneByteVint | trackNumber, 1);
  out = putBigEndian(out, static_cast<std::uint16_t>(relativeTime), 2);
  putBigEndian(out, byteOf(flags), 1);
  return head;
}

}  // namespace kvs::mkv
