// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <set>

#include "media/h264.h"
#include "support.h"

namespace kvs::media {
namespace {

using test::hex;
using test::realStreams;

TEST(H264Sps, ReadsWhatX264Wrote) {
  for (const auto& stream : realStreams) {
    SCOPED_TRACE(stream.name);
    const auto sps = parseSps(hex(stream.sps));
    ASSERT_TRUE(sps) << sps.error().message;
    EXPECT_EQ(sps->profileIdc, stream.profile);
    EXPECT_EQ(sps->levelIdc, stream.level);
    EXPECT_EQ(sps->id, 0);
    EXPECT_EQ(sps->chromaFormatIdc, stream.chroma);
    EXPECT_EQ(sps->bitDepthLuma, stream.depth);
    EXPECT_EQ(sps->bitDepthChroma, stream.depth);
    EXPECT_EQ(sps->width, stream.width);
    EXPECT_EQ(sps->height, stream.height);
    EXPECT_EQ(sps->frameMbsOnly, stream.frameMbsOnly);
    EXPECT_EQ(sps->frameDuration.value_or(Nanoseconds(0)).count(), stream.frameNanoseconds);
  }
}

TEST(H264Sps, EveryShorterOneIsRefusedOrLacksOnlyItsVui) {
  for (const auto& stream : realStreams) {
    const Bytes whole = hex(stream.sps);
    const auto full = parseSps(whole);
    ASSERT_TRUE(full);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const auto sps = parseSps(ByteView(whole).first(size));
      if (!sps) {
        EXPECT_EQ(sps.error().code, StatusCode::mkvInvalidSps);
        continue;
      }
      EXPECT_EQ(sps->width, full->width);
      EXPECT_EQ(sps->height, full->height);
    }
    EXPECT_FALSE(parseSps(ByteView(whole).first(6)));
  }
}

TEST(H264Sps, RefusesOtherUnits) {
  EXPECT_EQ(parseSps(hex("68ebecb2")).error().code, StatusCode::mkvInvalidSps);
  EXPECT_EQ(parseSps(hex("6f42c015d902c4ec")).error().code, StatusCode::mkvInvalidSps);  // subset SPS
  EXPECT_EQ(parseSps({}).error().code, StatusCode::mkvInvalidSps);
}

/// Writes the fields of an SPS as bits, so that a test can say which one is out of range.
class SpsWriter {
 public:
  void bits(std::uint64_t value, unsigned count) {
    while (count-- > 0)
      bit((value >> count & 1) != 0);
  }
  void ue(std::uint64_t value) {
    unsigned size = 0;
    while ((value + 1) >> (size + 1) != 0)
      ++size;
    bits(0, size);
    bits(value + 1, size + 1);
  }
  Bytes done() {
    bit(true);
    while (used_ != 0)
      bit(false);
    return bytes_;
  }

 private:
  Bytes withEmulationPrevention() const {
    Bytes out;
    unsigned zeros = 0;
    for (std::byte byte : bytes_) {
      if (zeros >= 2 && byte <= std::byte{3}) {
        out.push_back(std::byte{3});
        zeros = 0;
      }
      zeros = byte == std::byte{0} ? zeros + 1 : 0;
      out.push_back(byte);
    }
    return out;
  }
  void bit(bool one) {
    if (used_ == 0) bytes_.emplace_back();
    if (one) bytes_.back() |= static_cast<std::byte>(0x80 >> used_);
    used_ = (used_ + 1) % 8;
  }
  Bytes bytes_;
  unsigned used_ = 0;
};

struct SpsFields {
  unsigned profile = 77;
  std::uint64_t id = 0, chroma = 1, lumaDepth = 0, chromaDepth = 0;
  std::uint64_t frameNum = 0, pocType = 2;
  std::uint64_t widthMbs = 4, heightMbs = 3;
  std::uint64_t cropLeft = 0, cropRight = 0, cropTop = 0, cropBottom = 0;
  bool scaling = false;
  std::uint64_t pocCycle = 3;
  std::uint32_t ticks = 0, scale = 0;  // timing of a VUI; none where both are 0
  bool fixedRate = true;
};

/// With everything that can stand ahead of the timing.
void writeVui(SpsWriter& out, const SpsFields& fields) {
  out.bits(1, 1);
  out.bits(255, 8);  // Extended_SAR
  out.bits(0x00040003, 32);
  out.bits(3, 2);  // overscan
  out.bits(1, 1);  // video signal type, with colours
  out.bits(0xB, 4);
  out.bits(1, 1);
  out.bits(0x010101, 24);
  out.bits(1, 1);  // chroma location
  out.ue(2);
  out.ue(3);
  out.bits(1, 1);
  out.bits(fields.ticks, 32);
  out.bits(fields.scale, 32);
  out.bits(fields.fixedRate ? 1 : 0, 1);
}

Bytes make(const SpsFields& fields) {
  SpsWriter out;
  out.bits(0x67, 8);
  out.bits(fields.profile, 8);
  out.bits(0x5A, 8);
  out.bits(30, 8);
  out.ue(fields.id);
  if (isHighProfile(static_cast<std::uint8_t>(fields.profile))) {
    out.ue(fields.chroma);
    if (fields.chroma == 3) out.bits(0, 1);
    out.ue(fields.lumaDepth);
    out.ue(fields.chromaDepth);
    out.bits(0, 1);
    out.bits(fields.scaling ? 1 : 0, 1);
    if (fields.scaling) {
      for (unsigned list = 0; list < (fields.chroma == 3 ? 12u : 8u); ++list) {
        out.bits(1, 1);
        if (list % 2 == 0) {
          for (unsigned i = 0; i < (list < 6 ? 16u : 64u); ++i)
            out.ue(i % 2 + 1);  // +1, -1, ...
        } else {
          out.ue(16);  // -8: next scale 0, the list ends here
        }
      }
    }
  }
  out.ue(fields.frameNum);
  out.ue(fields.pocType);
  if (fields.pocType == 0) out.ue(12);
  if (fields.pocType == 1) {
    out.bits(0, 1);
    out.ue(5);
    out.ue(6);
    out.ue(fields.pocCycle);
    for (std::uint64_t i = 0; i < fields.pocCycle; ++i)
      out.ue(i);
  }
  out.ue(1);
  out.bits(0, 1);
  out.ue(fields.widthMbs - 1);
  out.ue(fields.heightMbs - 1);
  out.bits(1, 1);
  out.bits(1, 1);
  out.bits(1, 1);
  for (std::uint64_t crop : {fields.cropLeft, fields.cropRight, fields.cropTop, fields.cropBottom})
    out.ue(crop);
  const bool vui = fields.ticks != 0 || fields.scale != 0;
  out.bits(vui ? 1 : 0, 1);
  if (vui) writeVui(out, fields);
  return out.done();
}

StatusCode codeOf(const SpsFields& fields) {
  const auto sps = parseSps(make(fields));
  return sps ? StatusCode::success : sps.error().code;
}

TEST(H264Sps, KeepsTheFlagsAndTheId) {
  const auto sps = parseSps(make({.id = 31}));
  ASSERT_TRUE(sps);
  EXPECT_EQ(sps->constraintFlags, 0x5A);
  EXPECT_EQ(sps->id, 31);
  EXPECT_EQ(sps->width, 64u);
  EXPECT_EQ(sps->height, 48u);
  EXPECT_FALSE(sps->frameDuration);
}

TEST(H264Sps, EachPictureOrderTypeAndScalingListsAreReadOver) {
  for (std::uint64_t pocType : {0u, 1u, 2u}) {
    for (std::uint64_t chroma : {1u, 3u}) {
      const auto sps =
          parseSps(make({.profile = 244, .chroma = chroma, .pocType = pocType, .scaling = true}));
      ASSERT_TRUE(sps) << sps.error().message;
      EXPECT_EQ(sps->width, 64u);
      EXPECT_EQ(sps->height, 48u);
    }
  }
}

TEST(H264Sps, CropUnitsFollowTheChromaFormat) {
  const auto size = [](std::uint64_t chroma) {
    const auto sps =
        parseSps(make({.profile = 100, .chroma = chroma, .cropLeft = 1, .cropRight = 2, .cropTop = 3}));
    return std::pair(sps->width, sps->height);
  };
  EXPECT_EQ(size(0), std::pair(61u, 45u));
  EXPECT_EQ(size(1), std::pair(58u, 42u));
  EXPECT_EQ(size(2), std::pair(58u, 45u));
  EXPECT_EQ(size(3), std::pair(61u, 45u));
}

TEST(H264Sps, TheDurationIsTwoTicksOfAFixedRate) {
  const auto duration = [](const SpsFields& fields) { return parseSps(make(fields)).value().frameDuration; };
  EXPECT_EQ(duration({.ticks = 1001, .scale = 60000}), Nanoseconds(33'366'666));
  EXPECT_EQ(duration({.ticks = 4294967295, .scale = 1}), Seconds(8589934590));
  EXPECT_EQ(duration({.ticks = 1001, .scale = 60000, .fixedRate = false}), std::nullopt);
  EXPECT_EQ(duration({.ticks = 1, .scale = 0}), std::nullopt);
  EXPECT_EQ(duration({.ticks = 0, .scale = 1}), std::nullopt);
}

TEST(H264Sps, TheLargestValuesAreInRange) {
  const auto sps = parseSps(make({.profile = 110, .lumaDepth = 6, .chromaDepth = 6, .frameNum = 12}));
  ASSERT_TRUE(sps) << sps.error().message;
  EXPECT_EQ(sps->bitDepthLuma, 14);
  EXPECT_EQ(sps->bitDepthChroma, 14);
  EXPECT_EQ(codeOf({.widthMbs = 4096, .heightMbs = 4096}), StatusCode::success);
  EXPECT_EQ(codeOf({.pocType = 1, .pocCycle = 255}), StatusCode::success);
  EXPECT_EQ(codeOf({.pocType = 1, .pocCycle = 256}), StatusCode::mkvInvalidSps);
}

TEST(H264Sps, TheHighProfilesAreThoseOfTheStandard) {  // 7.3.2.1.1
  const std::set<unsigned> high = {100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135};
  for (unsigned profile = 0; profile < 256; ++profile) {
    EXPECT_EQ(isHighProfile(static_cast<std::uint8_t>(profile)), high.count(profile) == 1) << profile;
  }
}

TEST(H264Sps, RefusesFieldsOutOfRange) {
  EXPECT_EQ(codeOf({}), StatusCode::success);
  EXPECT_EQ(codeOf({.widthMbs = 4097}), StatusCode::mkvInvalidSpsWidth);
  EXPECT_EQ(codeOf({.heightMbs = 4097}), StatusCode::mkvInvalidSpsHeight);
  EXPECT_EQ(codeOf({.id = 32}), StatusCode::mkvInvalidSps);
  EXPECT_EQ(codeOf({.profile = 100, .chroma = 4}), StatusCode::mkvInvalidSps);
  EXPECT_EQ(codeOf({.profile = 100, .lumaDepth = 7}), StatusCode::mkvInvalidSps);
  EXPECT_EQ(codeOf({.profile = 100, .chromaDepth = 7}), StatusCode::mkvInvalidSps);
  EXPECT_EQ(codeOf({.frameNum = 13}), StatusCode::mkvInvalidSps);
  EXPECT_EQ(codeOf({.pocType = 3}), StatusCode::mkvInvalidSps);
  EXPECT_EQ(codeOf({.widthMbs = 5000}), StatusCode::mkvInvalidSpsWidth);
  EXPECT_EQ(codeOf({.heightMbs = 4294967295}), StatusCode::mkvInvalidSpsHeight);
  EXPECT_EQ(codeOf({.cropLeft = 16, .cropRight = 16}), StatusCode::mkvInvalidSpsWidth);
  EXPECT_EQ(codeOf({.cropRight = 4294967294}), StatusCode::mkvInvalidSpsWidth);
  EXPECT_EQ(codeOf({.cropBottom = 24}), StatusCode::mkvInvalidSpsHeight);
}

}  // namespace
}  // namespace kvs::media
