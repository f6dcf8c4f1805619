// SPDX-License-Identifier: Apache-2.0
// The small part of EBML (RFC 8794) that writing Matroska needs: ids, sizes, numbers, text. Elements
// are built from the inside out, so every size is known when it is written and nothing is patched.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"

namespace kvs::mkv {

/// Element ids with their length marker, as they stand in a file (RFC 9559).
enum class ElementId : std::uint32_t {
  ebml = 0x1A45DFA3,
  ebmlVersion = 0x4286,
  ebmlReadVersion = 0x42F7,
  ebmlMaxIdLength = 0x42F2,
  ebmlMaxSizeLength = 0x42F3,
  docType = 0x4282,
  docTypeVersion = 0x4287,
  docTypeReadVersion = 0x4285,
  segment = 0x18538067,
  info = 0x1549A966,
  segmentUid = 0x73A4,
  timecodeScale = 0x2AD7B1,
  title = 0x7BA9,
  muxingApp = 0x4D80,
  writingApp = 0x5741,
  tracks = 0x1654AE6B,
  trackEntry = 0xAE,
  trackNumber = 0xD7,
  trackUid = 0x73C5,
  trackType = 0x83,
  flagLacing = 0x9C,
  trackName = 0x536E,
  codecId = 0x86,
  codecPrivate = 0x63A2,
  codecDelay = 0x56AA,
  seekPreRoll = 0x56BB,
  video = 0xE0,
  pixelWidth = 0xB0,
  pixelHeight = 0xBA,
  audio = 0xE1,
  samplingFrequency = 0xB5,
  channels = 0x9F,
  bitDepth = 0x6264,
  cluster = 0x1F43B675,
  timecode = 0xE7,
  simpleBlock = 0xA3,
  tags = 0x1254C367,
  tag = 0x7373,
  simpleTag = 0x67C8,
  tagName = 0x45A3,
  tagString = 0x4487,
};

/// The largest size that a vint of 8 bytes holds (all ones means unknown).
inline constexpr std::uint64_t maxVint = (std::uint64_t{1} << 56) - 2;

/// A size of eight bytes whose value bits are all ones: unknown (RFC 8794 6.2). Eight bytes, since
/// that is the form that every reader of live Matroska knows.
inline constexpr std::array<std::byte, 8> unknownSize = {std::byte{0x01}, std::byte{0xFF}, std::byte{0xFF},
                                                         std::byte{0xFF}, std::byte{0xFF}, std::byte{0xFF},
                                                         std::byte{0xFF}, std::byte{0xFF}};

/// Appends elements to a byte vector.
class EbmlWriter {
 public:
  explicit EbmlWriter(Bytes& out) : out_(out) {}

  void id(ElementId id);
  /// The shortest vint that holds `size` and is not the unknown size; at most maxVint.
  void size(std::uint64_t size);
  void raw(ByteView bytes) { out_.insert(out_.end(), bytes.begin(), bytes.end()); }

  /// Elements, with id and size. Numbers are as short as they can be, but never empty.
  void uint(ElementId id, std::uint64_t value);
  void real(ElementId id, double value);
  void text(ElementId id, std::string_view value);
  void binary(ElementId id, ByteView value);
  /// A master element around children that have been written to another vector.
  void master(ElementId id, const Bytes& children) { binary(id, children); }
  /// A master element whose end is not known yet.
  void openMaster(ElementId id);

 private:
  void bigEndian(std::uint64_t value, unsigned bytes);
  Bytes& out_;
};

}  // namespace kvs::mkv
