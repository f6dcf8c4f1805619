// SPDX-License-Identifier: Apache-2.0
#include "matroska/ebml.h"

#include <algorithm>
#include <bit>

namespace kvslocal::ebml {
namespace {

std::size_t idLength(std::uint32_t id) {
  if (id > 0xFFFFFF) return 4;
  if (id > 0xFFFF) return 3;
  return id > 0xFF ? 2 : 1;
}

void appendBigEndian(Bytes& out, std::uint64_t value, std::size_t length) {
  for (std::size_t i = length; i-- > 0;)
    out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

}  // namespace

std::size_t vintLength(std::uint8_t first) {
  return first == 0 ? 0 : static_cast<std::size_t>(std::countl_zero(first)) + 1;
}

std::uint64_t vintValue(ByteView bytes) {
  const std::size_t length = vintLength(bytes[0]);
  std::uint64_t value = bytes[0] & (0xFFU >> length);
  for (std::size_t i = 1; i < length; ++i)
    value = value << 8 | bytes[i];
  const std::uint64_t allOnes = (std::uint64_t{1} << (7 * length)) - 1;
  return value == allOnes ? unknownSize : value;
}

std::uint64_t readUint(ByteView bytes) {
  std::uint64_t value = 0;
  for (const std::uint8_t byte : bytes.first(std::min<std::size_t>(bytes.size(), 8)))
    value = value << 8 | byte;
  return value;
}

std::optional<double> readFloat(ByteView bytes) {
  if (bytes.empty()) return 0.0;
  if (bytes.size() == 4) {
    return static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(readUint(bytes))));
  }
  if (bytes.size() == 8) return std::bit_cast<double>(readUint(bytes));
  return std::nullopt;
}

std::string readString(ByteView bytes) {
  const auto end = std::find(bytes.begin(), bytes.end(), std::uint8_t{0});
  return {bytes.begin(), end};
}

std::optional<Element> Children::next() {
  if (rest_.empty() || broken_) return std::nullopt;
  broken_ = true;
  const std::size_t idBytes = vintLength(rest_[0]);
  if (idBytes == 0 || idBytes > 4 || rest_.size() <= idBytes) return std::nullopt;
  const std::size_t sizeBytes = vintLength(rest_[idBytes]);
  if (sizeBytes == 0 || rest_.size() < idBytes + sizeBytes) return std::nullopt;
  const std::uint64_t size = vintValue(rest_.subspan(idBytes, sizeBytes));
  const std::size_t head = idBytes + sizeBytes;
  if (size > rest_.size() - head) return std::nullopt;
  broken_ = false;
  const std::size_t total = head + static_cast<std::size_t>(size);
  Element element{static_cast<std::uint32_t>(readUint(rest_.first(idBytes))), rest_.first(total),
                  rest_.subspan(head, static_cast<std::size_t>(size))};
  rest_ = rest_.subspan(total);
  return element;
}

void appendId(Bytes& out, std::uint32_t id) {
  appendBigEndian(out, id, idLength(id));
}

void appendSize(Bytes& out, std::uint64_t size) {
  std::size_t length = 1;
  while (length < 8 && size >= (std::uint64_t{1} << (7 * length)) - 1)
    ++length;
  appendBigEndian(out, size | std::uint64_t{1} << (7 * length), length);
}

void appendUint(Bytes& out, std::uint32_t id, std::uint64_t value) {
  const auto bits = static_cast<std::size_t>(std::bit_width(value));
  const std::size_t length = std::max<std::size_t>(1, (bits + 7) / 8);
  appendId(out, id);
  appendSize(out, length);
  appendBigEndian(out, value, length);
}

void appendFixedUint(Bytes& out, std::uint32_t id, std::uint64_t value) {
  appendId(out, id);
  appendSize(out, 8);
  appendBigEndian(out, value, 8);
}

void appendDouble(Bytes& out, std::uint32_t id, double value) {
  appendFixedUint(out, id, std::bit_cast<std::uint64_t>(value));
}

void appendDate(Bytes& out, std::uint32_t id, WallTime time) {
  // Matroska counts nanoseconds from the beginning of 2001, which is 978,307,200 s after 1970.
  constexpr std::chrono::sys_seconds millennium{std::chrono::seconds{978'307'200}};
  const auto nanoseconds = std::chrono::nanoseconds(time - millennium).count();
  appendFixedUint(out, id, static_cast<std::uint64_t>(nanoseconds));
}

void appendString(Bytes& out, std::uint32_t id, const std::string& text) {
  appendElement(out, id, viewOf(text));
}

void appendElement(Bytes& out, std::uint32_t id, ByteView payload) {
  appendId(out, id);
  appendSize(out, payload.size());
  out.insert(out.end(), payload.begin(), payload.end());
}

}  // namespace kvslocal::ebml
