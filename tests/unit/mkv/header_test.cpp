// SPDX-License-Identifier: Apache-2.0
#include "mkv/header.h"

#include <gtest/gtest.h>

#include "ebml_reader.h"
#include "golden.h"

namespace kvs::mkv {
namespace {

using test::golden;
using test::toHex;

HeaderSpec videoSpec() {
  HeaderSpec spec;
  for (unsigned i = 0; i < 16; ++i)
    spec.segmentUid[i] = static_cast<std::byte>(0xA0 + i);
  spec.title = "door";
  spec.muxingApp = "kvssink";
  spec.writingApp = "test";
  TrackEntry track;
  track.uid = 0x0102030405060708;
  track.codecId = "V_MPEG4/ISO/AVC";
  track.name = "kinesis_video";
  track.codecPrivate = golden("01 42 C0 15");
  track.width = 1920;
  track.height = 1080;
  spec.tracks.push_back(track);
  return spec;
}

HeaderSpec bothSpec() {
  HeaderSpec spec = videoSpec();
  TrackEntry track;
  track.number = 2;
  track.uid = 2;
  track.kind = TrackKind::audio;
  track.codecId = "A_AAC";
  track.name = "audio";
  track.codecPrivate = golden("11 90");
  track.samplingFrequency = 48000;
  track.channels = 2;
  track.bitDepth = 16;
  spec.tracks.push_back(track);
  return spec;
}

TEST(Header, OneVideoTrackByteByByte) {
  const auto bytes = header(videoSpec());
  ASSERT_TRUE(bytes);
  EXPECT_EQ(toHex(*bytes), toHex(golden(R"(
    1A45DFA3 A3                               # EBML, 35 bytes
      4286 81 01                              # EBMLVersion 1
      42F7 81 01                              # EBMLReadVersion 1
      42F2 81 04                              # EBMLMaxIDLength 4
      42F3 81 08                              # EBMLMaxSizeLength 8
      4282 88 6D6174726F736B61                # DocType "matroska"
      4287 81 04                              # DocTypeVersion 4
      4285 81 02                              # DocTypeReadVersion 2
    18538067 01FFFFFFFFFFFFFF                 # Segment, size unknown
    1549A966 B2                               # Info, 50 bytes
      73A4 90 A0A1A2A3A4A5A6A7A8A9AAABACADAEAF # SegmentUID, 16 bytes
      2AD7B1 83 0F4240                        # TimecodeScale 1,000,000 ns
      7BA9 84 646F6F72                        # Title "door"
      4D80 87 6B767373696E6B                  # MuxingApp "kvssink"
      5741 84 74657374                        # WritingApp "test"
    1654AE6B C8                               # Tracks, 72 bytes
      AE C6                                   # TrackEntry, 70 bytes
        D7 81 01                              # TrackNumber 1
        73C5 88 0102030405060708              # TrackUID
        83 81 01                              # TrackType video
        9C 81 00                              # FlagLacing 0
        536E 8D 6B696E657369735F766964656F    # Name "kinesis_video"
        86 8F 565F4D504547342F49534F2F415643  # CodecID "V_MPEG4/ISO/AVC"
        63A2 84 0142C015                      # CodecPrivate
        E0 88                                 # Video, 8 bytes
          B0 82 0780                          # PixelWidth 1920
          BA 82 0438                          # PixelHeight 1080
  )")));
}

TEST(Header, VideoAndAudioReadBack) {
  const auto bytes = header(bothSpec());
  ASSERT_TRUE(bytes);
  const auto elements = test::parse(*bytes);
  ASSERT_EQ(elements.size(), 2u);
  EXPECT_EQ(elements[0].at(0x4282).text(), "matroska");
  const auto& segment = elements[1];
  EXPECT_TRUE(segment.unknownSize);
  const auto& tracks = segment.at(0x1654AE6B).children;
  ASSERT_EQ(tracks.size(), 2u);
  const auto& audio = tracks[1];
  EXPECT_EQ(audio.at(0xD7).uint(), 2u);
  EXPECT_EQ(audio.at(0x83).uint(), 2u);
  EXPECT_EQ(audio.at(0x86).text(), "A_AAC");
  EXPECT_EQ(toHex(audio.at(0x63A2).data), "1190");
  EXPECT_EQ(audio.at(0xE1).at(0xB5).real(), 48000.0);
  EXPECT_EQ(audio.at(0xE1).at(0x9F).uint(), 2u);
  EXPECT_EQ(audio.at(0xE1).at(0x6264).uint(), 16u);
  EXPECT_EQ(tracks[0].at(0xE0).at(0xBA).uint(), 1080u);
}

TEST(Header, WhatIsNotKnownIsNotWritten) {
  HeaderSpec spec = bothSpec();
  spec.title.clear();
  spec.timecodeScale = Milliseconds(100);
  spec.tracks[0].name.clear();
  spec.tracks[0].codecPrivate.clear();
  spec.tracks[0].width = 0;
  spec.tracks[1].bitDepth = 0;
  const auto bytes = header(spec);
  ASSERT_TRUE(bytes);
  const auto segment = test::parse(*bytes)[1];
  EXPECT_EQ(segment.at(0x1549A966).ids(), (std::vector<std::uint32_t>{0x73A4, 0x2AD7B1, 0x4D80, 0x5741}));
  EXPECT_EQ(segment.at(0x1549A966).at(0x2AD7B1).uint(), 100'000'000u);
  const auto& tracks = segment.at(0x1654AE6B).children;
  EXPECT_EQ(tracks[0].ids(), (std::vector<std::uint32_t>{0xD7, 0x73C5, 0x83, 0x9C, 0x86}));
  EXPECT_EQ(tracks[1].at(0xE1).ids(), (std::vector<std::uint32_t>{0xB5, 0x9F}));
}

TEST(Header, AudioOfUnknownRateHasNoAudioElement) {
  HeaderSpec spec = bothSpec();
  spec.tracks[1].samplingFrequency = 0;
  EXPECT_THROW(test::parse(*header(spec))[1].at(0x1654AE6B).children[1].at(0xE1), std::runtime_error);
  spec.tracks[1].samplingFrequency = 1;
  spec.tracks[1].channels = 0;
  EXPECT_EQ(test::parse(*header(spec))[1].at(0x1654AE6B).children[1].at(0xE1).at(0x9F).uint(), 1u);
}

TEST(Header, WhatADecoderNeedsBeforeItIsRightIsSaidInNanoseconds) {
  HeaderSpec spec = bothSpec();
  const auto without = header(spec);
  spec.tracks[1].codecDelay = Nanoseconds(6'500'000);
  spec.tracks[1].seekPreRoll = Milliseconds(80);
  const auto bytes = header(spec);
  ASSERT_TRUE(without && bytes);
  EXPECT_NE(toHex(*bytes).find(toHex(golden("56AA 83 632EA0  56BB 84 04C4B400"))), std::string::npos);
  EXPECT_EQ(toHex(*without).find(toHex(golden("56AA"))), std::string::npos);
}

TEST(Header, ADataTrackHasTheMetadataType) {
  HeaderSpec spec = videoSpec();
  spec.tracks[0].kind = TrackKind::metadata;
  const auto bytes = header(spec);
  ASSERT_TRUE(bytes);
  const auto track = test::parse(*bytes)[1].at(0x1654AE6B).at(0xAE);
  EXPECT_EQ(track.at(0x83).uint(), 0x21u);
  EXPECT_THROW(track.at(0xE0), std::runtime_error);
}

template <class Change>
StatusCode codeAfter(Change change) {
  HeaderSpec spec = bothSpec();
  change(spec);
  const auto bytes = header(spec);
  return bytes ? StatusCode::success : bytes.error().code;
}

TEST(Header, TheGuidesLimitsHold) {
  using Spec = HeaderSpec&;
  const auto ok = StatusCode::success;
  EXPECT_EQ(codeAfter([](Spec s) { s.tracks[0].codecId = std::string(32, 'V'); }), ok);
  EXPECT_EQ(codeAfter([](Spec s) { s.tracks[0].codecId = std::string(33, 'V'); }),
            StatusCode::mkvInvalidCodecIdLength);
  EXPECT_EQ(codeAfter([](Spec s) { s.tracks[0].codecId.clear(); }), StatusCode::mkvInvalidCodecIdLength);
  EXPECT_EQ(codeAfter([](Spec s) { s.tracks[1].name = std::string(32, 'n'); }), ok);
  EXPECT_EQ(codeAfter([](Spec s) { s.tracks[1].name = std::string(33, 'n'); }),
            StatusCode::mkvInvalidTrackNameLength);
  EXPECT_EQ(codeAfter([](Spec s) { s.tracks[0].codecPrivate = Bytes(1 << 20); }), ok);
  EXPECT_EQ(codeAfter([](Spec s) { s.tracks[0].codecPrivate = Bytes((1 << 20) + 1); }),
            StatusCode::mkvInvalidCodecPrivateLength);
  EXPECT_EQ(codeAfter([](Spec s) { s.timecodeScale = Milliseconds(1000); }), ok);
  EXPECT_EQ(codeAfter([](Spec s) { s.timecodeScale = Milliseconds(1001); }),
            StatusCode::mkvInvalidTimecodeScale);
  EXPECT_EQ(codeAfter([](Spec s) { s.timecodeScale = Milliseconds(0); }),
            StatusCode::mkvInvalidTimecodeScale);
}

TEST(Header, TracksMustBeNumberedAndDistinct) {
  using Spec = HeaderSpec&;
  EXPECT_EQ(codeAfter([](Spec s) { s.tracks.clear(); }), StatusCode::trackInfoMissing);
  EXPECT_EQ(codeAfter([](Spec s) { s.tracks[0].number = 0; }), StatusCode::trackInfoMissing);
  EXPECT_EQ(codeAfter([](Spec s) { s.tracks[0].number = 127; }), StatusCode::trackInfoMissing);
  EXPECT_EQ(codeAfter([](Spec s) { s.tracks[0].number = 126; }), StatusCode::success);
  EXPECT_EQ(codeAfter([](Spec s) { s.tracks[0].uid = 0; }), StatusCode::trackInfoMissing);
  EXPECT_EQ(codeAfter([](Spec s) { s.tracks[1].number = 1; }), StatusCode::duplicateTrackId);
  EXPECT_EQ(codeAfter([](Spec s) { s.tracks[1].uid = s.tracks[0].uid; }), StatusCode::duplicateTrackId);
}

}  // namespace
}  // namespace kvs::mkv
