// SPDX-License-Identifier: Apache-2.0
// EBML (RFC 8794) and Matroska (RFC 9559) at the level of numbers: the element IDs that kvs-local knows, and
// the coding of IDs, sizes and integers. Pure functions on bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"

namespace kvslocal::ebml {

enum Id : std::uint32_t {
  idEbml = 0x1A45DFA3,
  idEbmlVersion = 0x4286,
  idEbmlReadVersion = 0x42F7,
  idEbmlMaxIdLength = 0x42F2,
  idEbmlMaxSizeLength = 0x42F3,
  idDocType = 0x4282,
  idDocTypeVersion = 0x4287,
  idDocTypeReadVersion = 0x4285,
  idVoid = 0xEC,
  idCrc32 = 0xBF,
  idSegment = 0x18538067,
  idSeekHead = 0x114D9B74,
  idSeek = 0x4DBB,
  idSeekId = 0x53AB,
  idSeekPosition = 0x53AC,
  idInfo = 0x1549A966,
  idSegmentUid = 0x73A4,
  idTimecodeScale = 0x2AD7B1,
  idDuration = 0x4489,
  idDateUtc = 0x4461,
  idTitle = 0x7BA9,
  idMuxingApp = 0x4D80,
  idWritingApp = 0x5741,
  idTracks = 0x1654AE6B,
  idTrackEntry = 0xAE,
  idTrackNumber = 0xD7,
  idTrackUid = 0x73C5,
  idTrackType = 0x83,
  idTrackName = 0x536E,
  idCodecId = 0x86,
  idCodecPrivate = 0x63A2,
  idVideo = 0xE0,
  idPixelWidth = 0xB0,
  idPixelHeight = 0xBA,
  idAudio = 0xE1,
  idSamplingFrequency = 0xB5,
  idChannels = 0x9F,
  idCluster = 0x1F43B675,
  idTimecode = 0xE7,
  idSimpleBlock = 0xA3,
  idBlockGroup = 0xA0,
  idBlock = 0xA1,
  idReferenceBlock = 0xFB,
  idCues = 0x1C53BB6B,
  idCuePoint = 0xBB,
  idCueTime = 0xB3,
  idCueTrackPositions = 0xB7,
  idCueTrack = 0xF7,
  idCueClusterPosition = 0xF1,
  idChapters = 0x1043A770,
  idAttachments = 0x1941A469,
  idTags = 0x1254C367,
  idTag = 0x7373,
  idTargets = 0x63C0,
  idSimpleTag = 0x67C8,
  idTagName = 0x45A3,
  idTagString = 0x4487,
  idTagBinary = 0x4485,
};

/// The size of an element whose end is not known when it begins (RFC 8794 section 6.2).
inline constexpr std::uint64_t unknownSize = ~std::uint64_t{0};

/// Length in bytes of a variable-size integer that begins with `first`; 0 when `first` is 0 (no such length).
std::size_t vintLength(std::uint8_t first);

/// The value of a variable-size integer with its marker bit removed. All ones give `unknownSize`.
/// `bytes` must hold vintLength(bytes[0]) bytes.
std::uint64_t vintValue(ByteView bytes);

/// Big-endian unsigned integer of 0 to 8 bytes (RFC 8794 section 7.2).
std::uint64_t readUint(ByteView bytes);

/// Big-endian float of 0, 4 or 8 bytes (RFC 8794 section 7.3); nothing for another length.
std::optional<double> readFloat(ByteView bytes);

/// UTF-8 or ASCII text; a terminating zero and what follows is cut (RFC 8794 section 11.1.15).
std::string readString(ByteView bytes);

/// One element found inside a buffer.
struct Element {
  std::uint32_t id = 0;
  ByteView whole;
  ByteView payload;
};

/// Walks the children of a master element that is wholly in memory.
class Children {
 public:
  explicit Children(ByteView payload) : rest_(payload) {}
  /// The next child; nothing at the end or at the first malformed byte (then `broken()` is true).
  std::optional<Element> next();
  [[nodiscard]] bool broken() const { return broken_; }

 private:
  ByteView rest_;
  bool broken_ = false;
};

void appendId(Bytes& out, std::uint32_t id);
/// A size in as few bytes as hold it.
void appendSize(Bytes& out, std::uint64_t size);
void appendUint(Bytes& out, std::uint32_t id, std::uint64_t value);
/// A uint of exactly eight bytes: its place can be filled in later without moving what follows.
void appendFixedUint(Bytes& out, std::uint32_t id, std::uint64_t value);
void appendDouble(Bytes& out, std::uint32_t id, double value);
void appendDate(Bytes& out, std::uint32_t id, WallTime time);
void appendString(Bytes& out, std::uint32_t id, const std::string& text);
void appendElement(Bytes& out, std::uint32_t id, ByteView payload);

}  // namespace kvslocal::ebml
