// SPDX-License-Identifier: Apache-2.0
// Bytes for the tests of the media room: from hex, from files, and cut into pieces at random.
#pragma once

#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/random.h"

namespace kvs::media::test {

/// Hex digits with any blanks between them.
inline Bytes hex(std::string_view text) {
  Bytes out;
  std::string digits;
  for (char c : text) {
    if (c == ' ' || c == '\n') continue;
    digits += c;
    if (digits.size() == 2) {
      out.push_back(static_cast<std::byte>(std::stoul(digits, nullptr, 16)));
      digits.clear();
    }
  }
  return out;
}

inline std::string toHex(ByteView bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (std::byte byte : bytes) {
    out += digits[std::to_integer<unsigned>(byte) >> 4];
    out += digits[std::to_integer<unsigned>(byte) & 15];
  }
  return out;
}

inline Bytes readFile(const std::string& name) {
  std::ifstream file(std::string(MEDIA_TEST_DATA) + "/" + name, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const ByteView bytes = asBytes(text);
  return {bytes.begin(), bytes.end()};
}

inline Bytes joined(std::initializer_list<ByteView> parts) {
  Bytes out;
  for (ByteView part : parts)
    out.insert(out.end(), part.begin(), part.end());
  return out;
}

/// Up to `most` pieces, empty ones among them.
inline std::vector<ByteView> cutAtRandom(ByteView bytes, Random& random, std::size_t most) {
  std::vector<ByteView> pieces;
  while (pieces.size() + 1 < most && !bytes.empty()) {
    const std::size_t size = random.next() % (bytes.size() + 1);
    pieces.push_back(bytes.first(size));
    bytes = bytes.subspan(size);
  }
  pieces.push_back(bytes);
  return pieces;
}

/// One byte a piece: every start code, length and header straddles.
inline std::vector<ByteView> cutToBytes(ByteView bytes) {
  std::vector<ByteView> pieces;
  for (std::size_t i = 0; i < bytes.size(); ++i)
    pieces.push_back(bytes.subspan(i, 1));
  return pieces;
}

/// What x264 and h264parse or FFmpeg made of a test picture, by hand, once.
struct RealStream {
  std::string_view name;
  std::string_view sps;  // NAL units
  std::string_view pps;
  std::string_view avcC;  // of FFmpeg's mov muxer; h264parse 1.22 writes the same without the extension
  unsigned profile, level, chroma, depth;
  unsigned width, height;
  bool frameMbsOnly;
  long long frameNanoseconds;  // 0: no fixed rate declared
};

inline constexpr RealStream realStreams[] = {
    {"constrained baseline, 176x144, 15/1", "6742c015d902c4ec05a830303528000003000800000300f478b17240",
     "68cb8cb2", "0142c015ffe1001c6742c015d902c4ec05a830303528000003000800000300f478b1724001000468cb8cb2", 66,
     21, 1, 8, 176, 144, true, 66'666'666},
    {"main, 640x360 cropped from 640x368, 30/1",
     "674d401eeca05017fcb80b5060606a50000003001000000303c8f162d960", "68ebecb2",
     "014d401effe1001e674d401eeca05017fcb80b5060606a50000003001000000303c8f162d96001000468ebecb2", 77, 30, 1,
     8, 640, 360, true, 33'333'333},
    {"high, 1920x1080 cropped from 1920x1088, 30000/1001",
     "67640028acd940780227e5c05a808080a000007d20001d4c11e30632c0", "68ebecb22c",
     "01640028ffe1001d67640028acd940780227e5c05a808080a000007d20001d4c11e30632c001000568ebecb22cfdf8f800",
     100, 40, 1, 8, 1920, 1080, true, 33'366'666},
    {"high, 322x182, cropped both ways, 25/1",
     "67640014acd941519e226c05a8303035280000030008000003019478a14cb0", "68ebecb22c",
     "01640014ffe1001f67640014acd941519e226c05a8303035280000030008000003019478a14cb001000568ebecb22cfdf8f800",
     100, 20, 1, 8, 322, 182, true, 40'000'000},
    {"high 4:2:2, 1280x720, 50/1", "677a0020bcd9405005bb016a020202800000030080000032478c18cb", "68ebecb22c",
     "017a0020ffe1001c677a0020bcd9405005bb016a020202800000030080000032478c18cb01000568ebecb22cfef8f800", 122,
     32, 2, 8, 1280, 720, true, 20'000'000},
    {"high 4:4:4 predictive, 320x241, odd height, 30/1",
     "67f4000d919b282810fc2180b506060640000003004000000f23c50a6580", "68ebec448440",
     "01f4000dffe1001e67f4000d919b282810fc2180b506060640000003004000000f23c50a658001000668ebec448440fff8f800",
     244, 13, 3, 8, 320, 241, true, 33'333'333},
    {"high 10, 320x240, 30/1", "676e000da6cd94141fb016a0c0c0d4a0000003002000000791e28532c0", "68ebecb22c",
     "016e000dffe1001d676e000da6cd94141fb016a0c0c0d4a0000003002000000791e28532c001000568ebecb22cfdfafa00",
     110, 13, 1, 10, 320, 240, true, 33'333'333},
    {"high, interlaced, 1920x1080, 25/1", "67640028acd94078044fde02d4040405000003000100000300329f162d96",
     "68fbacb22c",
     "01640028ffe1001e67640028acd94078044fde02d4040405000003000100000300329f162d9601000568fbacb22cfdf8f800",
     100, 40, 1, 8, 1920, 1080, false, 40'000'000},
    {"high, monochrome, 64x48, variable rate", "6764000af36511ec05b2000003000200000300281e244b2c",
     "68ebe3cb22c0",
     "0164000affe100186764000af36511ec05b2000003000200000300281e244b2c01000668ebe3cb22c0fcf8f800", 100, 10, 0,
     8, 64, 48, true, 0},
};

}  // namespace kvs::media::test
