// SPDX-License-Identifier: Apache-2.0
#include "media/nal.h"

#include <array>
#include <cstring>

namespace kvs::media {
namespace {

constexpr std::size_t prefixSize = 4;  // a 4-byte start code, or a 4-byte length

Result<void> badAnnexB(const char* message) {
  return fail(StatusCode::mkvInvalidAnnexBInFrame, ErrorKind::fatal, message);
}

Result<void> badLengths(const char* message) {
  return fail(StatusCode::mkvInvalidAvccInFrame, ErrorKind::fatal, message);
}

/// Zeros that end `bytes`.
std::size_t trailingZeros(ByteView bytes) {
  std::size_t count = 0;
  while (count < bytes.size() && bytes[bytes.size() - 1 - count] == std::byte{0})
    ++count;
  return count;
}

/// Looks for the 0x01 that ends a start code, and then back over the zeros before it: in coded video
/// 0x01 is rare, so nearly all the way is memchr's, which is as fast as memory.
class AnnexBScanner {
 public:
  explicit AnnexBScanner(std::vector<NalUnit>& out) : out_(out) {}

  void scan(ByteView piece) {
    std::size_t from = 0;
    while (const auto* hit = find(piece, from)) {
      const auto at = static_cast<std::size_t>(hit - piece.data());
      takeOne(at, zerosBefore(piece.subspan(from, at - from), from == 0));
      from = at + 1;
    }
    zeros_ = zerosBefore(piece.subspan(from), from == 0);
    base_ += piece.size();
  }

  Result<void> finish() {
    if (garbage_) return badAnnexB("The frame has bytes before its first start code; is it really Annex-B?");
    if (!open_) return badAnnexB("The frame has no start code; is it really Annex-B?");
    closeUnit(base_ - zeros_);
    return {};
  }

 private:
  static const std::byte* find(ByteView piece, std::size_t from) {
    if (from >= piece.size()) return nullptr;
    return static_cast<const std::byte*>(std::memchr(piece.data() + from, 1, piece.size() - from));
  }

  /// Zeros at the end of what has been scanned, of which `part` is the last that was looked at.
  std::size_t zerosBefore(ByteView part, bool fromPieceStart) const {
    const std::size_t count = trailingZeros(part);
    return count == part.size() && fromPieceStart ? count + zeros_ : count;
  }

  void takeOne(std::size_t at, std::size_t zeros) {
    if (zeros < 2) return;
    // The zeros of a start code and trailing_zero_8bits alike are no part of the unit before (B.1).
    const std::size_t end = base_ + at - zeros;
    if (open_) {
      closeUnit(end);
    } else {
      garbage_ = end != 0;
    }
    open_ = true;
    start_ = base_ + at + 1;
  }

  void closeUnit(std::size_t end) {
    if (end > start_) out_.push_back({start_, end - start_});
  }

  std::vector<NalUnit>& out_;
  std::size_t base_ = 0;   // of the piece being scanned
  std::size_t zeros_ = 0;  // that end the pieces before it
  std::size_t start_ = 0;  // of the unit under way
  bool open_ = false;
  bool garbage_ = false;
};

Result<void> findStartCodes(Pieces payload, std::vector<NalUnit>& out) {
  AnnexBScanner scanner(out);
  for (ByteView piece : payload)
    scanner.scan(piece);
  return scanner.finish();
}

Result<void> findLengths(Pieces payload, unsigned lengthSize, std::vector<NalUnit>& out) {
  if (lengthSize < 1 || lengthSize > 4) return badLengths("NAL lengths must have 1 to 4 bytes.");
  const std::size_t total = totalSize(payload);
  PieceCursor cursor(payload);
  std::array<std::byte, 4> length{};
  while (cursor.position() < total) {
    if (cursor.read(std::span(length).first(lengthSize)) < lengthSize) {
      return badLengths("The frame ends inside a NAL unit's length; does the length size match the caps?");
    }
    std::size_t size = 0;
    for (unsigned i = 0; i < lengthSize; ++i)
      size = size << 8 | std::to_integer<std::size_t>(length[i]);
    const std::size_t offset = cursor.position();
    if (size > total - offset) {
      return badLengths(
          "A NAL unit's length goes beyond the frame's end; is the frame Annex-B, or truncated?");
    }
    if (size > 0) out.push_back({offset, size});
    cursor.seek(offset + size);
  }
  return {};
}

std::array<std::byte, prefixSize> bigEndian(std::size_t value) {
  return {static_cast<std::byte>(value >> 24 & 0xFF), static_cast<std::byte>(value >> 16 & 0xFF),
          static_cast<std::byte>(value >> 8 & 0xFF), static_cast<std::byte>(value & 0xFF)};
}

std::size_t prefixedSize(std::span<const NalUnit> units) {
  std::size_t size = 0;
  for (const NalUnit& unit : units)
    size += prefixSize + unit.size;
  return size;
}

template <class Prefix>
void writePrefixed(Pieces payload, std::span<const NalUnit> units, ByteSink& out, Prefix prefix) {
  PieceCursor cursor(payload);
  for (const NalUnit& unit : units) {
    out.write(prefix(unit));
    cursor.seek(unit.offset);
    cursor.copy(unit.size, out);
  }
}

}  // namespace

Result<void> findNalUnits(Pieces payload, NalFraming framing, std::vector<NalUnit>& out) {
  out.clear();
  if (framing.kind == NalFraming::Kind::annexB) return findStartCodes(payload, out);
  return findLengths(payload, framing.lengthSize, out);
}

std::size_t lengthPrefixedSize(std::span<const NalUnit> units) {
  return prefixedSize(units);
}

void writeLengthPrefixed(Pieces payload, std::span<const NalUnit> units, ByteSink& out) {
  std::array<std::byte, prefixSize> length{};
  writePrefixed(payload, units, out, [&length](const NalUnit& unit) {
    length = bigEndian(unit.size);
    return ByteView(length);
  });
}

std::size_t annexBSize(std::span<const NalUnit> units) {
  return prefixedSize(units);
}

void writeAnnexB(Pieces payload, std::span<const NalUnit> units, ByteSink& out) {
  static constexpr std::array startCode = {std::byte{0}, std::byte{0}, std::byte{0}, std::byte{1}};
  writePrefixed(payload, units, out, [](const NalUnit&) { return ByteView(startCode); });
}

}  // namespace kvs::media
