// SPDX-License-Identifier: Apache-2.0
// Which pictures fragments begin with, and which parameter sets the headers have, where an encoder does
// not do the usual: no IDR pictures, ids that rise, sets that change while the picture stays.
#include <numeric>

#include "media/h264.h"
#include "nal_writer.h"
#include "stream_fixture.h"

namespace kvs::stream {
namespace {

using namespace std::chrono_literals;
using kvs::test::ppsOf264;
using kvs::test::ppsOf265;
using kvs::test::recoveryPointOf264;
using kvs::test::recoveryPointOf265;
using kvs::test::SliceOf;
using kvs::test::sliceOf264;
using kvs::test::sliceOf265;
using kvs::test::SpsOf264;
using kvs::test::spsOf264;
using kvs::test::spsOf265;
using kvs::test::vpsOf265;
using Units = std::vector<Bytes>;

class KeyPicturesTest : public test::StreamFixture {
 protected:
  FrameFate add(const Units& units, bool key, bool endOfUnit = true) {
    Frame made = frame(at, key);
    made.dts = at;
    made.endOfUnit = endOfUnit;
    if (endOfUnit) at += 100ms;
    return put(made, test::annexB(units)).fate;
  }
  /// `groups` of ten pictures a second: `first` and nine that refer to it.
  void addGroups(int groups, const Units& first, bool flagsAll = false) {
    for (int i = 0; i < 10 * groups; ++i)
      EXPECT_EQ(add(i % 10 == 0 ? first : Units{sliceOf264(SliceOf::p)}, i % 10 == 0 || flagsAll),
                FrameFate::accepted)
          << i;
  }
  /// Everything up to here, as a session sees it.
  kvs::test::ReadSession all() {
    ingest.seal();
    return parse(readAll(*body()));
  }
  static std::vector<std::size_t> sizes(const kvs::test::ReadSession& session) {
    std::vector<std::size_t> out;
    for (const auto& cluster : session.clusters)
      out.push_back(cluster.blocks.size());
    return out;
  }
  std::vector<CodecChange> changes() {
    struct Heard final : StreamListener {
      std::vector<CodecChange> all;
      void onCodecChanged(const CodecChange& change) override { all.push_back(change); }
    } heard;
    for (const News& news : std::exchange(state.news, {}))
      deliver(news, heard);
    return heard.all;
  }
  void video(media::Codec codec = media::Codec::h264, bool nalAligned = false) {
    TrackFormat track = test::h264Track();
    track.codec = codec;
    track.nalAligned = nalAligned;
    ASSERT_TRUE(setVideo(track));
  }

  /// H.265 with intra refresh: one IDR picture, and then a recovery point in every tenth.
  static Units refreshed(int i) {
    if (i % 10 != 0) return {sliceOf265({})};
    Units units{vpsOf265(), spsOf265({}), ppsOf265()};
    if (i > 0) units.push_back(recoveryPointOf265());
    units.push_back(sliceOf265({.nalType = i == 0 ? 20u : 1u, .kind = i == 0 ? 2u : 1u}));
    return units;
  }

  const Bytes sps = spsOf264({}), pps = ppsOf264();
  const Units intraWithSets{sps, pps, sliceOf264(SliceOf::i)};
  const Units idrWithSets{sps, pps, sliceOf264(SliceOf::i, true)};
  Nanoseconds at = 1000s;
};

using Sizes = std::vector<std::size_t>;

// --- I pictures that only the application calls key frames ---

TEST_F(KeyPicturesTest, IPicturesBeginFragmentsWhereTheBytesNameNoOther) {
  video();
  EXPECT_EQ(add({sliceOf264(SliceOf::p)}, false), FrameFate::beforeFirstKeyFrame);
  addGroups(12, intraWithSets);
  const auto session = all();
  EXPECT_EQ(sizes(session), Sizes(12, 10));
  for (const auto& cluster : session.clusters)
    EXPECT_TRUE(cluster.blocks[0].key());
}

TEST_F(KeyPicturesTest, IPicturesBeginFragmentsBehindTheOneIdrAtTheStart) {
  video();
  addGroups(1, idrWithSets);
  addGroups(40, intraWithSets);
  const auto found = sizes(all());
  EXPECT_EQ(std::accumulate(found.begin(), found.end(), std::size_t{0}), 410u);
  EXPECT_EQ(found.front(), 50u) << "so long another IDR might have come";
  EXPECT_EQ(Sizes(found.begin() + 1, found.end()), Sizes(36, 10));
}

TEST_F(KeyPicturesTest, IPicturesBetweenIdrPicturesBeginNothing) {
  video();
  for (int i = 0; i < 4; ++i) {
    addGroups(1, idrWithSets);
    addGroups(2, intraWithSets);
  }
  EXPECT_EQ(sizes(all()), Sizes(4, 30));
}

TEST_F(KeyPicturesTest, IPicturesBetweenRecoveryPointsBeginNothing) {
  video();
  for (int i = 0; i < 4; ++i) {
    addGroups(1, {sps, pps, recoveryPointOf264(), sliceOf264(SliceOf::p)});
    addGroups(1, intraWithSets);
  }
  EXPECT_EQ(sizes(all()), Sizes(4, 20));
}

TEST_F(KeyPicturesTest, IPicturesBeginFragmentsAgainWhenTheIdrPicturesStayAway) {
  video();
  addGroups(2, idrWithSets);
  addGroups(30, intraWithSets);
  const auto found = sizes(all());
  EXPECT_EQ(std::accumulate(found.begin(), found.end(), std::size_t{0}), 320u);
  EXPECT_GT(found.size(), 30u);
}

TEST_F(KeyPicturesTest, IPicturesOfAnotherSourceBeginFragmentsWhateverTheFormerOneHad) {
  video();
  addGroups(2, idrWithSets);
  ingest.changeSource(*camera);
  addGroups(3, intraWithSets);
  EXPECT_EQ(sizes(all()), Sizes(5, 10)) << "nothing of the second source in a fragment of the first";
}

TEST_F(KeyPicturesTest, PPicturesBeginNothingWhereEveryFrameIsCalledAKeyFrame) {
  video();
  EXPECT_EQ(add({sps, pps, sliceOf264(SliceOf::p)}, true), FrameFate::beforeFirstKeyFrame);
  EXPECT_EQ(add({sliceOf264(SliceOf::b)}, true), FrameFate::beforeFirstKeyFrame);
  addGroups(3, intraWithSets, true);
  EXPECT_EQ(sizes(all()), Sizes(3, 10)) << "but the I pictures do";
}

TEST_F(KeyPicturesTest, APictureWithOnePSliceIsNoIPicture) {
  video();
  EXPECT_EQ(add({sps, pps, sliceOf264(SliceOf(2)), sliceOf264(SliceOf(0), false, 0, 9)}, true),
            FrameFate::beforeFirstKeyFrame);
  EXPECT_EQ(add({sliceOf264(SliceOf::i), sliceOf264(SliceOf::i, false, 0, 9)}, true), FrameFate::accepted);
}

TEST_F(KeyPicturesTest, AnIPictureThatTheApplicationCallsDeltaBeginsNothing) {
  video();
  EXPECT_EQ(add(intraWithSets, false), FrameFate::beforeFirstKeyFrame);
}

TEST_F(KeyPicturesTest, IPicturesInPiecesBeginFragments) {
  video(media::Codec::h264, true);
  for (int group = 0; group < 3; ++group) {
    for (const Bytes& set : {sps, pps})
      add({set}, true, false);  // what is no picture says nothing of one
    add({sliceOf264(SliceOf(2))}, true, false);
    EXPECT_EQ(add({sliceOf264(SliceOf(2), false, 0, 9)}, true), FrameFate::accepted);
    for (int i = 1; i < 10; ++i) {
      add({sps}, true, false);
      EXPECT_EQ(add({sliceOf264(SliceOf::p)}, false), FrameFate::accepted);
    }
  }
  // An I slice and a P slice: no I picture.
  add({sliceOf264(SliceOf(2))}, true, false);
  add({sliceOf264(SliceOf(0), false, 0, 9)}, true);
  EXPECT_EQ(sizes(all()), (Sizes{10, 10, 11}));
}

TEST_F(KeyPicturesTest, PicturesShownBeforeAnIPictureBelongToItsFragment) {
  video();
  addGroups(1, intraWithSets);
  Frame key = frame(at + 200ms, true);
  key.dts = at;
  put(key, test::annexB(intraWithSets));
  for (const Nanoseconds pts : {at, at + 100ms}) {
    Frame leading = frame(pts, false);
    leading.dts = at + 100ms;
    put(leading, test::annexB({sliceOf264(SliceOf::b)}));
  }
  at += 300ms;
  add({sliceOf264(SliceOf::p)}, false);
  const auto session = all();
  ASSERT_EQ(sizes(session), (Sizes{10, 4}));
  EXPECT_EQ(session.clusters[1].blocks[0].relative, 200);
}

TEST_F(KeyPicturesTest, H265IPicturesBeginFragmentsWhereTheBytesNameNoOther) {
  video(media::Codec::h265);
  for (int i = 0; i < 30; ++i) {
    const Units intra{vpsOf265(), spsOf265({}), ppsOf265(), sliceOf265({.kind = 2})};
    EXPECT_EQ(add(i % 10 == 0 ? intra : Units{sliceOf265({})}, i % 10 == 0), FrameFate::accepted);
  }
  EXPECT_EQ(sizes(all()), Sizes(3, 10));
}

// --- recovery points ---

TEST_F(KeyPicturesTest, H265RecoveryPointsBeginFragments) {
  video(media::Codec::h265);
  for (int i = 0; i < 40; ++i)
    EXPECT_EQ(add(refreshed(i), i % 10 == 0), FrameFate::accepted) << i;
  EXPECT_EQ(sizes(all()), Sizes(4, 10));
}

TEST_F(KeyPicturesTest, H265RecoveryPointsInPiecesBeginFragments) {
  video(media::Codec::h265, true);
  for (int i = 0; i < 40; ++i) {
    Units units = refreshed(i);
    const Bytes picture = units.back();
    units.pop_back();
    for (const Bytes& unit : units)
      add({unit}, i % 10 == 0, false);
    EXPECT_EQ(add({picture}, i % 10 == 0), FrameFate::accepted) << i;
  }
  EXPECT_EQ(sizes(all()), Sizes(4, 10));
}

// --- parameter sets ---

TEST_F(KeyPicturesTest, IdsThatRiseWithEveryKeyFrameLoseNothing) {
  video();
  for (unsigned i = 0; i < 80; ++i) {
    const unsigned id = i % 32;
    const Units key{spsOf264({.id = id}), ppsOf264(i, id), sliceOf264(SliceOf::i, true, i)};
    EXPECT_EQ(add(key, true), FrameFate::accepted) << i;
    for (int j = 1; j < 10; ++j)
      EXPECT_EQ(add({sliceOf264(SliceOf::p, false, i)}, false), FrameFate::accepted);
  }
  EXPECT_EQ(sizes(all()), Sizes(80, 10));
  EXPECT_EQ(headers().size(), 1u) << "the picture stays, and its sets come with it";
}

TEST_F(KeyPicturesTest, H265IdsThatRiseWithEveryKeyFrameLoseNothing) {
  video(media::Codec::h265);
  for (unsigned i = 0; i < 40; ++i) {
    const unsigned id = i % 16;
    const Units key{vpsOf265(id), spsOf265({.id = id, .vps = id}), ppsOf265({.id = i, .sps = id}),
                    sliceOf265({.nalType = 21, .kind = 2, .pps = i})};
    EXPECT_EQ(add(key, true), FrameFate::accepted) << i;
    for (int j = 1; j < 10; ++j)
      EXPECT_EQ(add({sliceOf265({.pps = i})}, false), FrameFate::accepted);
  }
  EXPECT_EQ(sizes(all()), Sizes(40, 10));
  EXPECT_EQ(headers().size(), 1u);
}

TEST_F(KeyPicturesTest, SetsInBandThatChangeUnderTheSamePictureKeepTheSession) {
  video();
  for (unsigned i = 0; i < 6; ++i) {
    const Bytes other = spsOf264({.vui = true, .bitRate = 1000 + i % 2});
    addGroups(1, {other, ppsOf264(0, 0, i), sliceOf264(SliceOf::i, true)});
  }
  const auto session = all();
  EXPECT_EQ(sizes(session), Sizes(6, 10));
  EXPECT_EQ(headers().size(), 1u);
  EXPECT_EQ(changes().size(), 0u);
  EXPECT_EQ(session.clusters[1].blocks[0].payload.size(),
            test::lengthPrefixed(
                {spsOf264({.vui = true, .bitRate = 1001}), ppsOf264(0, 0, 1), sliceOf264(SliceOf::i, true)})
                .size())
      << "the sets stay in their frames";
}

TEST_F(KeyPicturesTest, H265SetsInBandThatChangeUnderTheSamePictureKeepTheSession) {
  video(media::Codec::h265);
  for (unsigned i = 0; i < 6; ++i) {
    const Units key{vpsOf265(0, i), spsOf265({.vui = i % 2 == 1, .ticks = i}), ppsOf265({.variant = i}),
                    sliceOf265({.nalType = 20, .kind = 2})};
    for (int j = 0; j < 10; ++j)
      EXPECT_EQ(add(j == 0 ? key : Units{sliceOf265({})}, j == 0), FrameFate::accepted);
  }
  EXPECT_EQ(sizes(all()), Sizes(6, 10));
  EXPECT_EQ(headers().size(), 1u);
  EXPECT_EQ(changes().size(), 0u);
}

TEST_F(KeyPicturesTest, SetsInPiecesThatChangeUnderTheSamePictureKeepTheSession) {
  video(media::Codec::h264, true);
  for (unsigned i = 0; i < 4; ++i) {
    add({sps}, false, false);
    add({ppsOf264(0, 0, i)}, false, false);
    for (int j = 0; j < 10; ++j)
      EXPECT_EQ(add({sliceOf264(j == 0 ? SliceOf::i : SliceOf::p, j == 0)}, j == 0), FrameFate::accepted);
  }
  EXPECT_EQ(sizes(all()), Sizes(4, 10));
  EXPECT_EQ(headers().size(), 1u);
}

TEST_F(KeyPicturesTest, AnotherPictureIsAnotherHeader) {
  video();
  addGroups(1, idrWithSets);
  addGroups(1, {spsOf264({.widthMbs = 40}), pps, sliceOf264(SliceOf::i, true)});
  EXPECT_EQ(headers().size(), 2u);
  addGroups(1, {spsOf264({.level = 40, .widthMbs = 40}), pps, sliceOf264(SliceOf::i, true)});
  EXPECT_EQ(headers().size(), 3u);
  addGroups(1, {spsOf264({.level = 30, .widthMbs = 40}), pps, sliceOf264(SliceOf::i, true)});
  EXPECT_EQ(headers().size(), 3u) << "a lower level needs none";
  EXPECT_EQ(changes().size(), 2u);
}

TEST_F(KeyPicturesTest, SetsThatTheKeyFrameDoesNotBringAreAnotherHeader) {
  video();
  addGroups(1, idrWithSets);
  EXPECT_EQ(add({ppsOf264(0, 0, 9), sliceOf264(SliceOf::p)}, false), FrameFate::accepted);
  addGroups(1, {sliceOf264(SliceOf::i, true)});
  EXPECT_EQ(headers().size(), 2u) << "who begins here knows the new set from the header only";
  addGroups(1, {ppsOf264(0, 0, 3), sliceOf264(SliceOf::i, true)});
  EXPECT_EQ(headers().size(), 2u) << "one comes along, the other is the header's";
  addGroups(1, {sliceOf264(SliceOf::i, true)});
  EXPECT_EQ(headers().size(), 3u);
}

TEST_F(KeyPicturesTest, CodecDataThatChangeAreAnotherHeaderUnlessTheSetsComeAlong) {
  const auto record = [](unsigned variant) {
    const Bytes one = spsOf264({}), two = ppsOf264(0, 0, variant);
    return media::makeAvcDecoderConfiguration(std::vector<ByteView>{one}, std::vector<ByteView>{two}).value();
  };
  const auto group = [&](unsigned variant, const Units& key) {
    TrackFormat track = test::h264Track();
    track.inputFraming.kind = media::NalFraming::Kind::lengthPrefixed;
    track.codecPrivate = record(variant);
    ASSERT_TRUE(setVideo(track));
    for (int i = 0; i < 10; ++i) {
      Frame made = frame(at, i == 0);
      at += 100ms;
      const Units delta{sliceOf264(SliceOf::p)};
      EXPECT_EQ(put(made, test::lengthPrefixed(i == 0 ? key : delta)).fate, FrameFate::accepted);
    }
  };
  group(0, {sliceOf264(SliceOf::i, true)});
  group(1, {sps, ppsOf264(0, 0, 1), sliceOf264(SliceOf::i, true)});
  EXPECT_EQ(headers().size(), 1u);
  group(2, {sliceOf264(SliceOf::i, true)});
  EXPECT_EQ(headers().size(), 2u);
  group(3, {ppsOf264(0, 0, 3), sliceOf264(SliceOf::i, true)});
  EXPECT_EQ(headers().size(), 2u);
}

// --- key frames that are refused ---

TEST_F(KeyPicturesTest, WhatNeedsARefusedKeyFrameIsRefusedToo) {
  video();
  addGroups(1, idrWithSets);
  const Bytes junk{std::byte{9}, std::byte{9}, std::byte{9}};
  const ByteView view = junk;
  Frame broken = frame(at, true);
  broken.payload = Pieces(&view, 1);
  EXPECT_FALSE(ingest.put(*camera, broken));
  EXPECT_TRUE(ingest.takeKeyFrameRequest(*camera));
  EXPECT_EQ(add({sliceOf264(SliceOf::p)}, false), FrameFate::afterGap);
  EXPECT_EQ(add({sliceOf264(SliceOf::p)}, false), FrameFate::afterGap);
  addGroups(1, idrWithSets);
  EXPECT_EQ(sizes(all()), Sizes(2, 10));
  EXPECT_EQ(stats().skippedAfterGap, 2u);
}

TEST_F(KeyPicturesTest, WhatNeedsAKeyFrameWithAnImpossibleTimeIsRefusedToo) {
  video();
  addGroups(1, idrWithSets);
  Frame broken = frame(Nanoseconds::max(), true);
  const Bytes bytes = test::annexB(idrWithSets);
  const ByteView view = bytes;
  broken.payload = Pieces(&view, 1);
  EXPECT_FALSE(ingest.put(*camera, broken));
  EXPECT_TRUE(ingest.takeKeyFrameRequest(*camera));
  EXPECT_EQ(add({sliceOf264(SliceOf::p)}, false), FrameFate::afterGap);
  addGroups(1, idrWithSets);
  EXPECT_EQ(sizes(all()), Sizes(2, 10));
}

TEST_F(KeyPicturesTest, WhatNeedsARefusedKeyFrameIsRefusedAlsoBehindCapsThatSayMore) {
  video();
  addGroups(1, idrWithSets);
  const Bytes junk{std::byte{9}, std::byte{9}, std::byte{9}};
  const ByteView view = junk;
  Frame broken = frame(at, true);
  broken.payload = Pieces(&view, 1);
  EXPECT_FALSE(ingest.put(*camera, broken));
  TrackFormat track = test::h264Track();
  track.width = 320;
  track.height = 240;
  ASSERT_TRUE(setVideo(track));
  EXPECT_EQ(add({sliceOf264(SliceOf::p)}, false), FrameFate::afterGap);
  addGroups(1, idrWithSets);
  EXPECT_EQ(sizes(all()), Sizes(2, 10));
}

TEST_F(KeyPicturesTest, WhatNeedsAKeyFrameInPiecesThatIsRefusedIsRefusedToo) {
  video(media::Codec::h264, true);
  const auto group = [&] {
    add({sps}, false, false);
    add({pps}, false, false);
    for (int j = 0; j < 10; ++j)
      EXPECT_EQ(add({sliceOf264(j == 0 ? SliceOf::i : SliceOf::p, j == 0)}, j == 0), FrameFate::accepted);
  };
  group();
  add({sliceOf264(SliceOf::i, true)}, true, false);
  const Bytes junk{std::byte{9}, std::byte{9}, std::byte{9}};
  const ByteView view = junk;
  Frame broken = frame(at, true);
  broken.payload = Pieces(&view, 1);
  EXPECT_FALSE(ingest.put(*camera, broken));
  add({sliceOf264(SliceOf::p)}, false);
  group();
  EXPECT_EQ(sizes(all()), Sizes(2, 10));
}

}  // namespace
}  // namespace kvs::stream
