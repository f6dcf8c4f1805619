// SPDX-License-Identifier: Apache-2.0
// ADTS, ISO/IEC 14496-3 1.A.2.2 and, for MPEG-2, ISO/IEC 13818-7 6.2.
#include <algorithm>
#include <string>

#include "media/aac.h"
#include "media/aac_program.h"
#include "media/bits.h"
#include "media/piece_cursor.h"

namespace kvs::media {
namespace {

constexpr std::size_t headerSize = 7;
constexpr std::size_t checkSumSize = 2;
constexpr std::size_t positionSize = 2;
constexpr unsigned programConfigElement = 5;  // table 4.85
/// More than the largest program_config_element, comment included.
constexpr std::size_t maxProgramSize = 384;

tl::unexpected<Error> badFrame(const char* message) {
  return fail(StatusCode::mkvInvalidFrameData, ErrorKind::fatal, message);
}

/// Header, and the check sum and positions of the blocks behind it.
std::size_t wholeHeaderSize(const AdtsHeader& header) {
  return headerSize + (header.hasCrc ? checkSumSize + (header.blocks - 1) * positionSize : 0);
}

/// Sync word and layer; two bytes that other streams have as well, now and then.
bool hasSync(ByteView head) {
  constexpr unsigned syncAndLayer = 0xFFF6, expected = 0xFFF0;
  const auto high = std::to_integer<unsigned>(head[0]), low = std::to_integer<unsigned>(head[1]);
  return ((high << 8 | low) & syncAndLayer) == expected;
}

/// AudioSyncStream (1.7.2): 11 bits of sync word, 13 of what follows them.
bool isLoas(Pieces payload) {
  std::array<std::byte, 3> head{};
  if (peek(payload, 0, head) != head.size()) return false;
  BitReader reader(head);
  return reader.bits(11) == 0x2B7 && reader.bits(13) + head.size() <= totalSize(payload);
}

bool isAdif(Pieces payload) {
  std::array<std::byte, 4> head{};
  return peek(payload, 0, head) == head.size() && asText(head) == "ADIF";
}

tl::unexpected<Error> badSync(Pieces payload, std::size_t offset) {
  if (offset == 0 && isLoas(payload)) {
    return badFrame("The AAC frame is LOAS/LATM, which is not supported; convert it to raw AAC or ADTS.");
  }
  if (offset == 0 && isAdif(payload)) {
    return badFrame("The AAC has an ADIF header, which is not supported; convert it to raw AAC or ADTS.");
  }
  return badFrame("The AAC payload has no ADTS header where there must be one; put a parser in front.");
}

AdtsHeader readFields(BitReader& reader) {
  AdtsHeader header;
  header.mpeg2 = reader.flag();
  reader.bits(2);  // layer
  header.hasCrc = !reader.flag();
  header.objectType = reader.bits(2) + 1;
  header.samplingFrequencyIndex = reader.bits(4);
  reader.flag();  // private_bit
  header.channelConfiguration = reader.bits(3);
  reader.bits(4);  // original, home, copyright
  header.frameSize = reader.bits(13);
  reader.bits(11);  // adts_buffer_fullness
  header.blocks = reader.bits(2) + 1;
  return header;
}

}  // namespace

Result<AdtsHeader> parseAdtsHeader(Pieces payload, std::size_t offset) {
  std::array<std::byte, headerSize> bytes{};
  if (peek(payload, offset, bytes) != bytes.size()) return badFrame("The ADTS header is truncated.");
  if (!hasSync(bytes)) return badSync(payload, offset);
  BitReader reader(bytes);
  reader.bits(12);  // the sync word
  const AdtsHeader header = readFields(reader);
  if (header.samplingFrequency() == 0) {
    return badFrame("The ADTS header has a sampling frequency that is reserved.");
  }
  if (header.mpeg2 && header.objectType == 4) {
    return badFrame("The ADTS header has an MPEG-2 profile that is reserved.");
  }
  if (header.frameSize <= wholeHeaderSize(header)) {
    return badFrame("The ADTS frame is a header without audio.");
  }
  return header;
}

Result<void> splitAdts(Pieces payload, std::vector<ByteRange>& out) {
  out.clear();
  const std::size_t size = totalSize(payload);
  for (std::size_t offset = 0; offset < size; offset += out.back().size) {
    const auto header = parseAdtsHeader(payload, offset);
    if (!header) return fail(header.error());
    if (header->frameSize > size - offset) {
      return badFrame("The ADTS frame is truncated; put a parser in front that outputs whole frames.");
    }
    out.push_back({offset, header->frameSize});
  }
  return {};
}

std::size_t AdtsBody::size() const {
  std::size_t size = 0;
  for (unsigned i = 0; i < count; ++i)
    size += ranges[i].size;
  return size;
}

Result<AdtsBody> adtsBody(Pieces payload, const AdtsHeader& header) {
  const std::size_t first = wholeHeaderSize(header);
  if (!header.hasCrc || header.blocks == 1) return AdtsBody{{ByteRange{first, header.frameSize - first}}, 1};
  // Each block has a check sum behind it; positions count from the first block on (1.A.2.2.1).
  AdtsBody body;
  body.count = header.blocks;
  std::size_t begin = first;
  for (unsigned i = 0; i < header.blocks; ++i) {
    std::size_t end = header.frameSize;
    if (i + 1 < header.blocks) {
      std::array<std::byte, positionSize> position{};
      peek(payload, headerSize + i * positionSize, position);
      end = first +
            (std::to_integer<std::size_t>(position[0]) << 8 | std::to_integer<std::size_t>(position[1]));
    }
    if (end > header.frameSize || end <= begin + checkSumSize) {
      return badFrame("The ADTS frame has blocks at impossible positions.");
    }
    body.ranges[i] = {begin, end - checkSumSize - begin};
    begin = end;
  }
  return body;
}

Result<Bytes> audioSpecificConfigOf(Pieces payload, const AdtsHeader& header) {
  BitWriter out;
  out.put(header.objectType, 5);
  out.put(header.samplingFrequencyIndex, 4);
  out.put(header.channelConfiguration, 4);
  out.put(0, 3);  // frames of 1024 samples, no core coder, no extension
  if (header.channelConfiguration != 0) return out.take();
  std::array<std::byte, maxProgramSize> sound{};
  const std::size_t begin = wholeHeaderSize(header);
  const std::size_t size =
      peek(payload, begin, std::span(sound).first(std::min(sound.size(), header.frameSize - begin)));
  BitReader reader(ByteView(sound).first(size));
  if (reader.bits(3) != programConfigElement || readProgramConfig(reader, &out) == 0) {
    return fail(StatusCode::mkvInvalidAacChannelConfig, ErrorKind::fatal,
                "The ADTS header leaves the channels to a program config element, which is missing.");
  }
  return out.take();
}

std::string_view aacFraming(Pieces payload) {
  std::array<std::byte, 2> head{};
  if (peek(payload, 0, head) != head.size()) return "";
  if (hasSync(head)) {
    const auto header = parseAdtsHeader(payload);
    return header && header->frameSize <= totalSize(payload) ? "ADTS" : "";
  }
  if (isLoas(payload)) return "LOAS/LATM";
  return isAdif(payload) ? "ADIF" : "";
}

}  // namespace kvs::media
