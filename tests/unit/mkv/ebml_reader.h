// SPDX-License-Identifier: Apache-2.0
// A reader of Matroska for tests, written from RFC 8794 and RFC 9559 alone: it shares nothing with the
// writer, not even the element ids, so that an error would have to be made twice to go unseen.
#pragma once

#include <bit>
#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace kvs::mkv::test {

struct Element {
  std::uint32_t id = 0;
  bool unknownSize = false;
  ByteView data;                  // of elements that hold no others
  std::vector<Element> children;  // of masters

  /// The only child with this id.
  const Element& at(std::uint32_t childId) const {
    const Element* found = nullptr;
    for (const Element& child : children) {
      if (child.id != childId) continue;
      if (found != nullptr) throw std::runtime_error("more than one child");
      found = &child;
    }
    if (found == nullptr) throw std::runtime_error("no such child");
    return *found;
  }
  std::vector<std::uint32_t> ids() const {
    std::vector<std::uint32_t> out;
    for (const Element& child : children)
      out.push_back(child.id);
    return out;
  }
  std::uint64_t uint() const {
    std::uint64_t value = 0;
    for (std::byte byte : data)
      value = value << 8 | std::to_integer<std::uint64_t>(byte);
    return value;
  }
  double real() const { return std::bit_cast<double>(uint()); }
  std::string text() const { return std::string(asText(data)); }
};

class EbmlReader {
 public:
  explicit EbmlReader(ByteView bytes) : rest_(bytes) {}

  std::vector<Element> readAll() {
    std::vector<Element> out;
    while (!rest_.empty())
      out.push_back(read());
    return out;
  }

 private:
  static bool isMaster(std::uint32_t id) {
    switch (id) {
      case 0x1A45DFA3:  // EBML
      case 0x18538067:  // Segment
      case 0x1549A966:  // Info
      case 0x1654AE6B:  // Tracks
      case 0xAE:        // TrackEntry
      case 0xE0:        // Video
      case 0xE1:        // Audio
      case 0x1F43B675:  // Cluster
      case 0x1254C367:  // Tags
      case 0x7373:      // Tag
      case 0x67C8:      // SimpleTag
        return true;
      default:
        return false;
    }
  }

  /// A Cluster of unknown size ends where an element of the Segment's level begins.
  static bool endsCluster(std::uint32_t id) { return id == 0x1F43B675 || id == 0x1254C367; }

  std::uint64_t take(std::size_t count) {
    if (count > rest_.size()) throw std::runtime_error("cut short");
    std::uint64_t value = 0;
    for (std::byte byte : rest_.first(count))
      value = value << 8 | std::to_integer<std::uint64_t>(byte);
    rest_ = rest_.subspan(count);
    return value;
  }

  std::size_t vintLength() const {
    if (rest_.empty()) throw std::runtime_error("cut short");
    const auto length =
        static_cast<std::size_t>(std::countl_zero(std::to_integer<std::uint8_t>(rest_[0]))) + 1;
    if (length > 8) throw std::runtime_error("a vint of more than 8 bytes");
    return length;
  }

  std::uint32_t peekId() const {
    EbmlReader copy(rest_);
    return static_cast<std::uint32_t>(copy.take(copy.vintLength()));
  }

  Element read() {
    Element element;
    if (vintLength() > 4) throw std::runtime_error("an id of more than 4 bytes");
    element.id = static_cast<std::uint32_t>(take(vintLength()));
    const std::size_t length = vintLength();
    const std::uint64_t ones = (std::uint64_t{1} << (7 * length)) - 1;
    const std::uint64_t size = take(length) & ones;
    element.unknownSize = size == ones;
    if (element.unknownSize) {
      readUnknownSize(element);
      return element;
    }
    if (size > rest_.size()) throw std::runtime_error("an element larger than what it lies in");
    element.data = rest_.first(size);
    rest_ = rest_.subspan(size);
    if (isMaster(element.id)) element.children = EbmlReader(element.data).readAll();
    return element;
  }

  void readUnknownSize(Element& element) {
    const bool cluster = element.id == 0x1F43B675;
    if (!cluster && element.id != 0x18538067) throw std::runtime_error("an unknown size where none may be");
    while (!rest_.empty() && !(cluster && endsCluster(peekId())))
      element.children.push_back(read());
  }

  ByteView rest_;
};

inline std::vector<Element> parse(ByteView bytes) {
  return EbmlReader(bytes).readAll();
}

/// A SimpleBlock's fields.
struct Block {
  std::uint32_t track = 0;
  std::int16_t relativeTime = 0;
  unsigned flags = 0;
  ByteView payload;
};

inline Block parseBlock(const Element& element) {
  if (element.id != 0xA3 || element.data.size() < 4) throw std::runtime_error("no SimpleBlock");
  const auto byte = [&element](std::size_t i) { return std::to_integer<unsigned>(element.data[i]); };
  return {byte(0) & 0x7F, static_cast<std::int16_t>(byte(1) << 8 | byte(2)), byte(3),
          element.data.subspan(4)};
}

}  // namespace kvs::mkv::test
