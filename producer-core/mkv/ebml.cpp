// SPDX-License-Identifier: Apache-2.0
#include "mkv/ebml.h"

#include <bit>

namespace kvs::mkv {
namespace {

unsigned bytesOf(std::uint64_t value) {
  unsigned bytes = 1;
  while (bytes < 8 && value >> (8 * bytes) != 0)
    ++bytes;
  return bytes;
}

/// Each byte of a vint gives 7 bits; the value with all of them set is kept for "unknown".
unsigned vintBytes(std::uint64_t size) {
  unsigned bytes = 1;
  while (bytes < 8 && size >= (std::uint64_t{1} << (7 * bytes)) - 1)
    ++bytes;
  return bytes;
}

}  // namespace

void EbmlWriter::bigEndian(std::uint64_t value, unsigned bytes) {
  for (unsigned i = bytes; i > 0; --i)
    out_.push_back(static_cast<std::byte>(value >> (8 * (i - 1)) & 0xFF));
}

void EbmlWriter::id(ElementId id) {
  const auto value = static_cast<std::uint32_t>(id);
  bigEndian(value, bytesOf(value));
}

void EbmlWriter::size(std::uint64_t size) {
  const unsigned bytes = vintBytes(size);
  bigEndian(size | std::uint64_t{1} << (7 * bytes), bytes);
}

void EbmlWriter::uint(ElementId id, std::uint64_t value) {
  const unsigned bytes = bytesOf(value);
  this->id(id);
  size(bytes);
  bigEndian(value, bytes);
}

void EbmlWriter::real(ElementId id, double value) {
  this->id(id);
  size(sizeof value);
  bigEndian(std::bit_cast<std::uint64_t>(value), sizeof value);
}

void EbmlWriter::text(ElementId id, std::string_view value) {
  binary(id, asBytes(value));
}

void EbmlWriter::binary(ElementId id, ByteView value) {
  this->id(id);
  size(value.size());
  raw(value);
}

void EbmlWriter::openMaster(ElementId id) {
  this->id(id);
  raw(unknownSize);
}

}  // namespace kvs::mkv
