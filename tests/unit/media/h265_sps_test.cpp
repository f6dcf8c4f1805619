// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "h265_streams.h"
#include "media/h265.h"
#include "support.h"

namespace kvs::media {
namespace {

using test::hex;
using test::realH265Streams;

TEST(H265Sps, ReadsWhatX265Wrote) {
  for (const auto& stream : realH265Streams) {
    SCOPED_TRACE(stream.name);
    const auto sps = parseH265Sps(hex(stream.sps));
    ASSERT_TRUE(sps) << sps.error().message;
    EXPECT_EQ(sps->profile.idc, stream.profile);
    EXPECT_EQ(sps->profile.highTier, stream.highTier);
    EXPECT_EQ(sps->profile.levelIdc, stream.level);
    EXPECT_EQ(sps->id, 0);
    EXPECT_EQ(sps->temporalLayers, 1);
    EXPECT_TRUE(sps->temporalIdNested);
    EXPECT_EQ(sps->chromaFormatIdc, stream.chroma);
    EXPECT_EQ(sps->bitDepthLuma, stream.depth);
    EXPECT_EQ(sps->bitDepthChroma, stream.depth);
    EXPECT_EQ(sps->width, stream.width);
    EXPECT_EQ(sps->height, stream.height);
  }
}

TEST(H265Sps, APictureLastsOneTickOfTheRateThatX265Declares) {
  for (const auto& stream : realH265Streams) {
    const auto sps = parseH265Sps(hex(stream.sps));
    ASSERT_TRUE(sps);
    EXPECT_EQ(sps->frameDuration.value_or(Nanoseconds(0)).count(), stream.frameNanoseconds) << stream.name;
  }
}

TEST(H265Sps, EveryShorterOneIsRefusedOrSaysTheSame) {
  for (const auto& stream : realH265Streams) {
    const Bytes whole = hex(stream.sps);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const auto sps = parseH265Sps(ByteView(whole).first(size));
      if (!sps) {
        EXPECT_EQ(sps.error().code, StatusCode::mkvInvalidSps);
        continue;
      }
      EXPECT_EQ(sps->width, stream.width);
      EXPECT_EQ(sps->height, stream.height);
    }
    EXPECT_FALSE(parseH265Sps(ByteView(whole).first(20)));
  }
}

/// Bits in the order written, behind the unit's header; no emulation prevention, so few zeros in a row.
class SpsWriter {
 public:
  void bits(std::uint64_t value, unsigned count) {
    for (unsigned i = count; i-- > 0;) {
      if (filled_ % 8 == 0) out_.push_back(std::byte{0});
      if ((value >> i & 1) != 0) out_.back() |= std::byte{0x80} >> (filled_ % 8);
      ++filled_;
    }
  }
  void ue(std::uint64_t value) {
    unsigned length = 0;
    while ((value + 1) >> (length + 1) != 0)
      ++length;
    bits(0, length);
    bits(value + 1, length + 1);
  }
  Bytes take() { return std::move(out_); }

 private:
  Bytes out_ = hex("4201");
  unsigned filled_ = 0;
};

struct SpsFields {
  unsigned subLayers = 0;
  std::vector<std::pair<bool, bool>> present = {};  // of each sub-layer: profile, level
  std::uint64_t id = 1, chroma = 1;
  bool planesApart = false;
  std::uint64_t width = 64, height = 48;
  std::vector<std::uint64_t> window = {};  // left, right, top, bottom
  std::uint64_t luma = 0, chromaDepth = 0;
};

Bytes make(const SpsFields& fields) {
  SpsWriter out;
  out.bits(5, 4);  // sps_video_parameter_set_id
  out.bits(fields.subLayers, 3);
  out.bits(0, 1);              // sps_temporal_id_nesting_flag
  out.bits(0x61, 8);           // space 1, high tier, profile 1
  out.bits(0x61616161, 32);    // compatibility
  out.bits(0x91929394, 32);    // constraints
  out.bits(0x9596, 16);        //
  out.bits(93, 8);             // level
  if (fields.subLayers > 0) {  // flags of each sub-layer, then reserved bits up to eight
    for (unsigned i = 0; i < 8; ++i) {
      const auto [profile, level] = i < fields.present.size() ? fields.present[i] : std::pair(false, false);
      out.bits((profile ? 2u : 0u) | (level ? 1u : 0u), 2);
    }
    for (const auto& [profile, level] : fields.present) {
      if (profile) {
        for (unsigned i = 0; i < 11; ++i)
          out.bits(0xA5, 8);
      }
      if (level) out.bits(0x5A, 8);
    }
  }
  out.ue(fields.id);
  out.ue(fields.chroma);
  if (fields.chroma == 3) out.bits(fields.planesApart ? 1 : 0, 1);
  out.ue(fields.width);
  out.ue(fields.height);
  out.bits(fields.window.empty() ? 0 : 1, 1);
  for (std::uint64_t side : fields.window)
    out.ue(side);
  out.ue(fields.luma);
  out.ue(fields.chromaDepth);
  out.bits(0xFF, 8);
  return out.take();
}

StatusCode codeOf(const SpsFields& fields) {
  const auto sps = parseH265Sps(make(fields));
  return sps ? StatusCode::success : sps.error().code;
}

TEST(H265Sps, ReadsEachField) {
  const auto sps = parseH265Sps(make({.luma = 2, .chromaDepth = 4}));
  ASSERT_TRUE(sps) << sps.error().message;
  EXPECT_EQ(sps->vpsId, 5);
  EXPECT_EQ(sps->id, 1);
  EXPECT_FALSE(sps->temporalIdNested);
  EXPECT_EQ(sps->profile.space, 1);
  EXPECT_TRUE(sps->profile.highTier);
  EXPECT_EQ(sps->profile.idc, 1);
  EXPECT_EQ(sps->profile.compatibility, 0x61616161u);
  EXPECT_EQ(sps->profile.constraints, (std::array<std::uint8_t, 6>{0x91, 0x92, 0x93, 0x94, 0x95, 0x96}));
  EXPECT_EQ(sps->profile.levelIdc, 93);
  EXPECT_EQ(sps->bitDepthLuma, 10);
  EXPECT_EQ(sps->bitDepthChroma, 12);
}

TEST(H265Sps, SubLayersAreSteppedOver) {
  for (const auto& present : {std::vector<std::pair<bool, bool>>{{false, false}},
                              {{true, true}, {false, true}},
                              {{true, false}, {true, true}, {false, false}},
                              std::vector<std::pair<bool, bool>>(6, {true, true})}) {
    const auto sps =
        parseH265Sps(make({.subLayers = static_cast<unsigned>(present.size()), .present = present, .id = 3}));
    ASSERT_TRUE(sps) << sps.error().message;
    EXPECT_EQ(sps->temporalLayers, present.size() + 1);
    EXPECT_EQ(sps->id, 3);
    EXPECT_EQ(sps->width, 64u);
    EXPECT_EQ(sps->height, 48u);
  }
  EXPECT_EQ(codeOf({.subLayers = 7}), StatusCode::mkvInvalidSps);
}

TEST(H265Sps, TheWindowsUnitsFollowTheChromaFormat) {
  const auto size = [](std::uint64_t chroma, bool planesApart) {
    const auto sps =
        parseH265Sps(make({.chroma = chroma, .planesApart = planesApart, .window = {1, 2, 3, 0}}));
    return std::pair(sps->width, sps->height);
  };
  EXPECT_EQ(size(0, false), std::pair(61u, 45u));
  EXPECT_EQ(size(1, false), std::pair(58u, 42u));
  EXPECT_EQ(size(2, false), std::pair(58u, 45u));
  EXPECT_EQ(size(3, false), std::pair(61u, 45u));
  EXPECT_EQ(size(3, true), std::pair(61u, 45u));
}

TEST(H265Sps, RefusesFieldsOutOfRange) {
  EXPECT_EQ(codeOf({}), StatusCode::success);
  EXPECT_EQ(codeOf({.id = 15, .width = 65535, .height = 65535, .luma = 7, .chromaDepth = 7}),
            StatusCode::success);
  EXPECT_EQ(codeOf({.id = 16}), StatusCode::mkvInvalidSps);
  EXPECT_EQ(codeOf({.chroma = 4}), StatusCode::mkvInvalidSps);
  EXPECT_EQ(codeOf({.luma = 8}), StatusCode::mkvInvalidSps);
  EXPECT_EQ(codeOf({.chromaDepth = 8}), StatusCode::mkvInvalidSps);
  EXPECT_EQ(codeOf({.width = 65536}), StatusCode::mkvInvalidSpsWidth);
  EXPECT_EQ(codeOf({.height = 65536}), StatusCode::mkvInvalidSpsHeight);
  EXPECT_EQ(codeOf({.width = 0}), StatusCode::mkvInvalidSpsWidth);
  EXPECT_EQ(codeOf({.window = {16, 16, 0, 0}}), StatusCode::mkvInvalidSpsWidth);
  EXPECT_EQ(codeOf({.window = {0, 4294967294, 0, 0}}), StatusCode::mkvInvalidSpsWidth);
  EXPECT_EQ(codeOf({.window = {0, 0, 24, 0}}), StatusCode::mkvInvalidSpsHeight);
}

TEST(H265Sps, RefusesOtherUnits) {
  EXPECT_EQ(parseH265Sps(hex(realH265Streams[0].pps)).error().code, StatusCode::mkvInvalidSps);
  EXPECT_EQ(parseH265Sps(hex("42")).error().code, StatusCode::mkvInvalidSps);
  EXPECT_EQ(parseH265Sps({}).error().code, StatusCode::mkvInvalidSps);
}

}  // namespace
}  // namespace kvs::media
