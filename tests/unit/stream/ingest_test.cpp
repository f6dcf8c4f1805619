// SPDX-License-Identifier: Apache-2.0
// From real byte patterns to blocks in the log: key frames, parameter sets, fragments and their times.
#include "base/random.h"
#include "base/time_range.h"
#include "media/h264.h"
#include "stream_fixture.h"

namespace kvs::stream {
namespace {

using namespace std::chrono_literals;
using kvs::test::fromHex;
using kvs::test::largePicture;
using kvs::test::slice;
using kvs::test::smallPicture;
using test::accessUnit;
using test::annexB;
using test::h264Track;
using test::lengthPrefixed;

class IngestTest : public test::StreamFixture {};

TEST_F(IngestTest, AFrameOfATrackWithoutFormatIsRefused) {
  camera = *ingest.addTrack(TrackKind::video);
  Frame frame;
  const Bytes bytes = annexB(accessUnit(true, 1));
  const ByteView view = bytes;
  frame.payload = Pieces(&view, 1);
  const auto outcome = ingest.put(*camera, frame);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, StatusCode::trackInfoMissing);
}

TEST_F(IngestTest, AFrameOfARemovedTrackIsRefused) {
  video();
  const intake::TrackPtr removed = camera;
  putGroups(1, 5);
  remove(camera);
  const Bytes bytes = annexB(accessUnit(true, 9));
  const ByteView view = bytes;
  Frame made = frame(nextPts, true);
  made.payload = Pieces(&view, 1);
  const auto outcome = ingest.put(*removed, made);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, StatusCode::trackInfoMissing);
}

TEST_F(IngestTest, AnnexBArrivesWithFourByteLengths) {
  video();
  putGroups(1, 5);
  const auto session = parse(readAll(*body()));
  ASSERT_EQ(session.tracks.size(), 1u);
  EXPECT_EQ(session.tracks[0].codecId, "V_MPEG4/ISO/AVC");
  EXPECT_EQ(session.tracks[0].codecPrivate, fromHex(smallPicture.avcC));
  ASSERT_EQ(session.clusters.size(), 1u);
  const auto& blocks = session.clusters[0].blocks;
  ASSERT_EQ(blocks.size(), 5u);
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    EXPECT_EQ(blocks[i].payload, lengthPrefixed(accessUnit(i == 0, i))) << "in-band parameter sets stay";
    EXPECT_EQ(blocks[i].key(), i == 0);
    EXPECT_EQ(blocks[i].relative, static_cast<std::int64_t>(100 * i));
    EXPECT_EQ(blocks[i].track, 1u);
  }
}

TEST_F(IngestTest, AvccTravelsAsItIs) {
  TrackFormat track;
  track.inputFraming.kind = media::NalFraming::Kind::lengthPrefixed;
  track.codecPrivate = fromHex(smallPicture.avcC);
  ASSERT_TRUE(setVideo(track));
  const Bytes key = lengthPrefixed({slice(true, 0)});
  EXPECT_EQ(put(frame(0s, true), key).fate, FrameFate::accepted);
  const auto session = parse(readAll(*body()));
  ASSERT_EQ(session.clusters.size(), 1u);
  EXPECT_EQ(session.clusters[0].blocks[0].payload, key);
}

TEST_F(IngestTest, PayloadsInManyMemoriesAreOneBlock) {
  video();
  const Bytes bytes = annexB(accessUnit(true, 0, 300));
  std::vector<ByteView> pieces;
  for (std::size_t i = 0; i < bytes.size(); i += 7)
    pieces.push_back(ByteView(bytes).subspan(i, std::min<std::size_t>(7, bytes.size() - i)));
  Frame made = frame(0s, true);
  made.payload = pieces;
  ASSERT_TRUE(ingest.put(*camera, made));
  EXPECT_EQ(parse(readAll(*body())).clusters[0].blocks[0].payload, lengthPrefixed(accessUnit(true, 0, 300)));
}

TEST_F(IngestTest, DeltaFramesBeforeTheFirstKeyFrameAreSkippedAndCounted) {
  video();
  EXPECT_EQ(put(0s, false), FrameFate::beforeFirstKeyFrame);
  EXPECT_EQ(put(100ms, false), FrameFate::beforeFirstKeyFrame);
  EXPECT_EQ(put(200ms, true), FrameFate::accepted);
  EXPECT_EQ(put(300ms, false), FrameFate::accepted);
  EXPECT_EQ(stats().skippedBeforeKeyFrame, 2u);
  EXPECT_EQ(stats().framesIn, 2u);
  EXPECT_EQ(numbers(parse(readAll(*body()))), range(2, 4));
}

TEST_F(IngestTest, AKeyFrameIsOneInTheBytesAndByTheApplicationsWord) {
  video();
  Frame made = frame(0s, true);
  EXPECT_EQ(put(made, annexB({slice(false, 1)})).fate, FrameFate::beforeFirstKeyFrame)
      << "a flag alone is not enough";
  made.key = false;
  EXPECT_EQ(put(made, annexB(accessUnit(true, 2))).fate, FrameFate::beforeFirstKeyFrame)
      << "nor are the bytes";
  made.key = true;
  EXPECT_EQ(put(made, annexB(accessUnit(true, 3))).fate, FrameFate::accepted);
}

TEST_F(IngestTest, ParameterSetsAloneStandBeforeTheNextFrame) {
  video();
  const std::vector<Bytes> sets{fromHex(smallPicture.sps), fromHex(smallPicture.pps)};
  Frame header = frame(0s, false);
  header.header = true;
  EXPECT_EQ(put(header, annexB(sets)).fate, FrameFate::accepted);
  EXPECT_EQ(stats().framesIn, 0u) << "that is no frame";
  EXPECT_EQ(put(frame(10ms, true), annexB({slice(true, 0)})).fate, FrameFate::accepted);
  EXPECT_EQ(stats().framesIn, 1u);
  const auto session = parse(readAll(*body()));
  ASSERT_EQ(session.clusters.size(), 1u);
  ASSERT_EQ(session.clusters[0].blocks.size(), 1u);
  EXPECT_EQ(session.clusters[0].blocks[0].payload, lengthPrefixed({sets[0], sets[1], slice(true, 0)}));
}

TEST_F(IngestTest, AnOpusTracksHeaderSaysDelayAndPreRoll) {
  TrackFormat track;
  track.codec = media::Codec::other;
  track.codecId = "A_OPUS";
  track.codecPrivate = fromHex(
      "4F7075734865616401023801"
      "80BB0000"
      "000000");
  track.samplingFrequency = 48000;
  track.channels = 2;
  ASSERT_TRUE(setAudio(track));
  put(frame(0s, true, 20ms), fromHex("FC00"));
  put(frame(3s, true, 20ms), fromHex("FC00"));
  const Bytes header = readAll(*body());
  for (const auto* element : {"56AA83632EA0", "56BB8404C4B400"}) {
    const Bytes wanted = fromHex(element);
    EXPECT_NE(std::ranges::search(header, wanted).begin(), header.end()) << element;
  }
}

TEST_F(IngestTest, NothingIsSentBeforeTheCodecDataAreKnown) {
  video();
  EXPECT_EQ(put(frame(0s, true), annexB({slice(true, 0)})).fate, FrameFate::beforeFirstKeyFrame);
  EXPECT_EQ(put(frame(1s, true), annexB(accessUnit(true, 1))).fate, FrameFate::accepted);
  EXPECT_EQ(stats().skippedBeforeKeyFrame, 1u);
}

TEST_F(IngestTest, BytesThatAreNoFrameAreAnErrorOfThisFrameOnly) {
  video();
  putGroups(1, 2);
  const Bytes junk{std::byte{9}, std::byte{9}, std::byte{9}};
  const ByteView view = junk;
  Frame made = frame(nextPts, false);
  made.payload = Pieces(&view, 1);
  EXPECT_FALSE(ingest.put(*camera, made));
  EXPECT_EQ(stats().skippedInvalid, 1u);
  EXPECT_EQ(put(nextPts + 1s, false), FrameFate::accepted);
}

TEST_F(IngestTest, FragmentsBeginAtKeyFrames) {
  video();
  putGroups(3, 20);
  ASSERT_EQ(store.log().fragments().size(), 3u);
  EXPECT_EQ(store.log().fragments()[0].content->firstTicks, 3'600'000'000);
  EXPECT_EQ(store.log().fragments()[1].content->firstTicks, 3'600'002'000);
  EXPECT_EQ(store.log().fragments()[0].content->lastTicks, 3'600'001'900);
  EXPECT_EQ(store.log().fragments()[0].content->duration, 2s);
  EXPECT_EQ(stats().fragmentsIn, 3u);
  EXPECT_EQ(store.log().fragments()[0].content->since, clock.now());
}

TEST_F(IngestTest, GroupsUnderASecondAreMerged) {
  video();
  putGroups(10, 4);  // 0.4 s each: a fragment begins at the first key frame at or past 0.9 s
  for (const auto& fragment : store.log().fragments()) {
    EXPECT_TRUE(fragment.isGrowing() || fragment.content->duration >= 1s);
  }
  EXPECT_EQ(store.log().fragments().size(), 4u);
  EXPECT_EQ(numbers(parse(readAll(*body()))), range(0, 40));
}

TEST_F(IngestTest, TimesAreRoundedDownAndFragmentsNeverOverlap) {
  video();
  for (int i = 0; i < 90; ++i)
    put(Nanoseconds(33'333'333) * i, i % 30 == 0);
  const auto session = parse(readAll(*body()));
  ASSERT_EQ(session.clusters.size(), 3u);
  std::int64_t greatest = -1;
  for (const auto& cluster : session.clusters) {
    EXPECT_GT(static_cast<std::int64_t>(cluster.timecode), greatest);
    for (const auto& block : cluster.blocks) {
      EXPECT_GE(block.relative, 0);
      greatest = std::max(greatest, static_cast<std::int64_t>(cluster.timecode) + block.relative);
    }
  }
}

TEST_F(IngestTest, AJumpOutOfTheFragmentsRangeEndsTheGroup) {
  video();
  EXPECT_EQ(put(0s, true), FrameFate::accepted);
  EXPECT_EQ(put(9s, false), FrameFate::accepted);
  EXPECT_EQ(put(20s, false), FrameFate::afterGap);
  EXPECT_EQ(put(21s, false), FrameFate::afterGap) << "what follows waits for a key frame";
  EXPECT_EQ(put(22s, true), FrameFate::accepted);
  EXPECT_EQ(stats().skippedAfterGap, 2u);
  EXPECT_FALSE(store.log().fragments()[0].isGrowing());
}

TEST_F(IngestTest, AGroupLongerThanTheServiceTakesEndsInTime) {
  video();
  EXPECT_EQ(put(0s, true), FrameFate::accepted);
  for (int second = 1; second < 20; ++second)
    EXPECT_EQ(put(Seconds(second), false), FrameFate::accepted);
  EXPECT_EQ(put(19'900ms, false), FrameFate::accepted) << "100 ms long: it ends at 20 s";
  EXPECT_EQ(put(19'901ms, false), FrameFate::keyFrameDistance);
  EXPECT_EQ(put(25s, false), FrameFate::keyFrameDistance);
  EXPECT_EQ(put(26s, true), FrameFate::accepted);
  EXPECT_EQ(stats().skippedKeyFrameDistance, 2u);
  EXPECT_EQ(store.log().fragments()[0].content->lastTicks, 19'900);
}

TEST_F(IngestTest, AKeyFrameIsAskedForInTimeAndTheDistanceToldOnce) {
  video();
  for (int round = 0; round < 2; ++round) {
    clock.advance(Seconds(30 * round));
    put(Seconds(30 * round), true);
    put(Seconds(30 * round + 14), false);
    EXPECT_FALSE(ingest.takeKeyFrameRequest(*camera));
    put(Seconds(30 * round + 15), false);
    EXPECT_TRUE(ingest.takeKeyFrameRequest(*camera));
    EXPECT_FALSE(ingest.takeKeyFrameRequest(*camera)) << "once for each fragment";
    put(Seconds(30 * round + 16), false);
    EXPECT_FALSE(ingest.takeKeyFrameRequest(*camera));
  }
  EXPECT_EQ(state.news.size(), 1u);
}

TEST_F(IngestTest, FramesALittleBeforeTheirClusterAreMovedToItsStart) {
  video();
  put(0s, true);
  EXPECT_EQ(put(5s, true), FrameFate::accepted);
  EXPECT_EQ(put(4900ms, false), FrameFate::accepted) << "a leading picture of an open group";
  EXPECT_EQ(stats().timesRepaired, 1u);
  const auto session = parse(readAll(*body()));
  EXPECT_EQ(session.clusters[1].blocks[1].relative, 0);
}

TEST_F(IngestTest, AKeyFrameALittleBackIsNudged) {
  video();
  put(0s, true);
  put(5s, false);
  EXPECT_EQ(put(4800ms, true), FrameFate::accepted);
  EXPECT_EQ(store.log().fragments()[1].content->firstTicks, 5001);
  EXPECT_EQ(stats().timesRepaired, 1u);
  EXPECT_EQ(epochs().size(), 1u);
}

TEST_F(IngestTest, ALargeStepBackIsANewEpochThatRises) {
  video();
  put(100s, true);
  put(101s, false);
  clock.advance(2s);
  EXPECT_EQ(put(0s, true), FrameFate::accepted);
  EXPECT_EQ(epochs().size(), 2u);
  EXPECT_EQ(store.log().fragments()[1].content->epoch, state.timeline.epoch());
  const auto session = parse(readAll(*body()));
  ASSERT_EQ(session.clusters.size(), 2u);
  EXPECT_EQ(session.clusters[1].timecode, session.clusters[0].timecode + 2000);
}

TEST_F(IngestTest, AWallClockSetBackEndsTheSession) {
  video();
  put(0s, true);
  put(9s, false);
  clock.advance(10s);
  clock.stepWall(-1h);
  EXPECT_EQ(put(10s, true), FrameFate::accepted);
  const auto first = body();
  const auto before = parse(readAll(*first));
  EXPECT_EQ(before.clusters.size(), 1u) << "within one session times rise";
  EXPECT_TRUE(endedByHeader);
  const auto after = parse(readAll(*body({.epoch = epochs().at(1)})));
  ASSERT_EQ(after.clusters.size(), 1u);
  EXPECT_EQ(after.clusters[0].timecode, before.clusters[0].timecode + 10'000 - 3'600'000);
}

TEST_F(IngestTest, TheAnchorIsTheMomentOfCapture) {
  video();
  Frame made = frame(1000h, true);
  made.captured = clock.now() - 250ms;
  put(made, annexB(accessUnit(true, 0)));
  const auto expected = std::chrono::floor<Milliseconds>(clock.wallNow() - 250ms);
  EXPECT_EQ(state.timeline.epoch()->start(), WallTime(expected));
}

TEST_F(IngestTest, AMissingTimeIsRepairedAndCounted) {
  video();
  put(0s, true);
  Frame made = frame(0s, false);
  made.pts.reset();
  EXPECT_EQ(put(made, annexB({slice(false, 1)})).fate, FrameFate::accepted);
  EXPECT_EQ(stats().timesRepaired, 1u);
  EXPECT_EQ(parse(readAll(*body())).clusters[0].blocks[1].relative, 100);
}

// --- another source in the middle of a group ---

TrackFormat avccTrack(const kvs::test::ParameterSets& sets) {
  TrackFormat track;
  track.inputFraming.kind = media::NalFraming::Kind::lengthPrefixed;
  track.codecPrivate = fromHex(sets.avcC);
  track.width = sets.width;
  track.height = sets.height;
  return track;
}

/// One that stores frames with lengths, as an input-selector's cameras do.
class SourceSwitch : public IngestTest {
 protected:
  void SetUp() override {
    ASSERT_TRUE(setVideo(avccTrack(smallPicture)));
    EXPECT_EQ(putNext(true), FrameFate::accepted);
    EXPECT_EQ(putNext(false), FrameFate::accepted);
  }
  FrameFate putNext(bool key) {
    const Nanoseconds pts = std::exchange(nextPts, nextPts + 100ms);
    const Frame made = frame(pts, key);
    return StreamFixture::put(made, lengthPrefixed({slice(key, nextNumber++)})).fate;
  }
  /// Refused, reported and asked for; then the key frame, and all behind it.
  void expectToWaitForAKeyFrame() {
    const auto before = stats().skippedAfterGap;
    EXPECT_EQ(putNext(false), FrameFate::afterGap);
    EXPECT_TRUE(ingest.takeKeyFrameRequest(*camera));
    EXPECT_EQ(putNext(false), FrameFate::afterGap);
    EXPECT_FALSE(ingest.takeKeyFrameRequest(*camera)) << "once";
    EXPECT_EQ(putNext(true), FrameFate::accepted);
    EXPECT_EQ(putNext(false), FrameFate::accepted);
    EXPECT_EQ(stats().skippedAfterGap, before + 2);
  }
  void expectNothingLost() {
    EXPECT_EQ(putNext(false), FrameFate::accepted);
    EXPECT_FALSE(ingest.takeKeyFrameRequest(*camera));
    EXPECT_EQ(stats().skippedAfterGap, 0u);
  }
};

TEST_F(SourceSwitch, FramesOfACameraWithOtherCodecDataWaitForTheirKeyFrame) {
  ASSERT_TRUE(setVideo(avccTrack(largePicture)));
  expectToWaitForAKeyFrame();
  ASSERT_TRUE(setVideo(avccTrack(smallPicture)));
  expectToWaitForAKeyFrame();
  const auto first = parse(readAll(*body()));
  EXPECT_EQ(numbers(first), range(0, 2)) << "nothing of the second camera under the first one's header";
}

TEST_F(SourceSwitch, FramesOfACameraWithTheSameCapsWaitForTheirKeyFrame) {
  ingest.changeSource(*camera);
  expectToWaitForAKeyFrame();
  const auto all = numbers(parse(readAll(*body())));
  EXPECT_EQ(all, (std::vector<std::uint64_t>{0, 1, 4, 5}));
}

TEST_F(SourceSwitch, OtherPicturesInFormatsThatAreNotReadWaitForTheirKeyFrame) {
  TrackFormat track;
  track.codec = media::Codec::other;
  track.codecId = "V_VP8";
  ASSERT_TRUE(setVideo(track));
  expectToWaitForAKeyFrame();
  ingest.changeSource(*camera);
  expectToWaitForAKeyFrame();
  track.codecId = "V_VP9";
  ASSERT_TRUE(setVideo(track));
  expectToWaitForAKeyFrame();
}

TEST_F(SourceSwitch, AnotherSizeUnderTheSameCodecDataIsAnotherSource) {
  TrackFormat other = avccTrack(smallPicture);
  other.width = 320;
  ASSERT_TRUE(setVideo(other));
  expectToWaitForAKeyFrame();
}

TEST_F(SourceSwitch, TheSameCapsAgainCostNothing) {
  ASSERT_TRUE(setVideo(avccTrack(smallPicture)));
  expectNothingLost();
}

TEST_F(SourceSwitch, CapsThatChangeOnlyTheFrameRateOrSayTheSizeNowCostNothing) {
  TrackFormat other = avccTrack(smallPicture);
  other.frameDuration = 20ms;
  ASSERT_TRUE(setVideo(other));
  expectNothingLost();
  other.width = other.height = 0;
  ASSERT_TRUE(setVideo(other));
  expectNothingLost();
}

TEST_F(SourceSwitch, AnotherSourceThatBeginsWithAKeyFrameCostsNothing) {
  ingest.changeSource(*camera);
  EXPECT_EQ(putNext(true), FrameFate::accepted);
  expectNothingLost();
}

TEST_F(IngestTest, CodecDataThatComeLaterThanTheCapsAreTaken) {
  TrackFormat track = avccTrack(smallPicture);
  const Bytes record = std::exchange(track.codecPrivate, {});
  ASSERT_TRUE(setVideo(track));
  track.codecPrivate = record;
  ASSERT_TRUE(setVideo(track));
  EXPECT_EQ(StreamFixture::put(frame(0s, true), lengthPrefixed({slice(true, 0)})).fate, FrameFate::accepted);
}

TEST_F(IngestTest, AByteStreamOfAnotherSizeWaitsForItsKeyFrame) {
  TrackFormat track = h264Track();
  track.width = 176;
  ASSERT_TRUE(setVideo(track));
  putGroups(1, 3);
  track.width = 640;
  ASSERT_TRUE(setVideo(track));
  EXPECT_EQ(put(nextPts, false), FrameFate::afterGap);
  EXPECT_TRUE(ingest.takeKeyFrameRequest(*camera));
  EXPECT_EQ(put(frame(nextPts + 1s, true), annexB(accessUnit(true, 9, 64, largePicture))).fate,
            FrameFate::accepted);
}

TEST_F(IngestTest, PiecesOfAnotherSourceWaitForItsKeyFrame) {
  TrackFormat track = h264Track();
  track.nalAligned = true;
  ASSERT_TRUE(setVideo(track));
  putGroups(1, 3);
  ingest.changeSource(*camera);
  put(nextPts, false);
  put(nextPts + 100ms, false);
  EXPECT_TRUE(ingest.takeKeyFrameRequest(*camera));
  EXPECT_EQ(put(nextPts + 200ms, true), FrameFate::accepted);
  ingest.seal();
  EXPECT_EQ(numbers(parse(readAll(*body()))), (std::vector<std::uint64_t>{0, 1, 2, 5}));
}

TEST_F(IngestTest, AKeyFrameOfTheFormerSourceThatStillWaitsLetsNothingOfTheNewOneIn) {
  video();
  TrackFormat sound;
  sound.codec = media::Codec::mulaw;
  ASSERT_TRUE(setAudio(sound));
  EXPECT_EQ(put(0s, true), FrameFate::accepted);  // waits for the sound
  ingest.changeSource(*camera);
  clock.advance(10s);
  ingest.expire();  // and opens a fragment now
  EXPECT_EQ(put(100ms, false), FrameFate::afterGap);
  EXPECT_EQ(put(1s, true), FrameFate::accepted);
}

// --- no times at all ---

Frame untimed(bool key) {
  Frame made;
  made.key = key;
  return made;
}

std::vector<std::int64_t> times(const kvs::test::ReadSession& session, std::uint64_t track = 1) {
  std::vector<std::int64_t> all;
  for (const auto& cluster : session.clusters) {
    for (const auto& block : cluster.blocks) {
      if (block.track == track)
        all.push_back(static_cast<std::int64_t>(cluster.timecode - session.clusters[0].timecode) +
                      block.relative);
    }
  }
  return all;
}

TEST_F(IngestTest, FramesWithoutTimesOrARateHaveTheTimeOfTheirArrival) {
  TrackFormat track;
  track.codec = media::Codec::other;
  track.codecId = "V_VP8";
  ASSERT_TRUE(setVideo(track));
  const Bytes bytes(50, std::byte{7});
  for (const auto wait : {0ms, 40ms, 70ms, 890ms, 20ms}) {
    clock.advance(wait);
    EXPECT_EQ(put(untimed(true), bytes).fate, FrameFate::accepted);
  }
  ingest.seal();
  EXPECT_EQ(times(parse(readAll(*body()))), (std::vector<std::int64_t>{0, 40, 110, 1000, 1020}));
  EXPECT_EQ(stats().timesMissing, 5u);
}

TEST_F(IngestTest, AFirstTimeOfZeroBeforeFramesWithoutTimesSaysNothingOfTheSource) {
  TrackFormat track = h264Track();
  track.frameDuration = 40ms;
  ASSERT_TRUE(setVideo(track));
  int number = 0;
  for (const auto at : {0ms, 700ms, 720ms, 1000ms}) {
    Frame made = untimed(number == 0);
    if (number == 0) made.pts = made.dts = 0s;
    if (number > 0) made.arrival = at;
    EXPECT_EQ(put(made, annexB(accessUnit(made.key, static_cast<std::uint64_t>(number++)))).fate,
              FrameFate::accepted);
  }
  ingest.seal();
  EXPECT_EQ(times(parse(readAll(*body()))), (std::vector<std::int64_t>{0, 700, 720, 1000}));
}

TEST_F(IngestTest, FramesWithoutTimesThatAreLiveHaveTheTimeOfTheirArrivalAlsoWithARate) {
  TrackFormat track = h264Track();
  track.frameDuration = 40ms;
  ASSERT_TRUE(setVideo(track));
  int number = 0;
  for (const auto at : {5000ms, 5020ms, 5300ms}) {
    Frame made = untimed(number == 0);
    made.arrival = at;
    EXPECT_EQ(put(made, annexB(accessUnit(made.key, number++))).fate, FrameFate::accepted);
  }
  ingest.seal();
  EXPECT_EQ(times(parse(readAll(*body()))), (std::vector<std::int64_t>{0, 20, 300}));
}

TEST_F(IngestTest, FramesWithoutTimesHaveTheRateOfTheirCaps) {
  TrackFormat track = h264Track();
  track.frameDuration = 40ms;
  ASSERT_TRUE(setVideo(track));
  for (int i = 0; i < 4; ++i)
    EXPECT_EQ(put(untimed(i == 0), annexB(accessUnit(i == 0, nextNumber++))).fate, FrameFate::accepted);
  ingest.seal();
  EXPECT_EQ(times(parse(readAll(*body()))), (std::vector<std::int64_t>{0, 40, 80, 120}));
}

TEST_F(IngestTest, FramesWithoutTimesHaveTheRateThatTheirParameterSetDeclares) {
  video();  // its parameter set says 7.625 Hz
  for (int i = 0; i < 4; ++i)
    EXPECT_EQ(put(untimed(i == 0), annexB(accessUnit(i == 0, nextNumber++))).fate, FrameFate::accepted);
  ingest.seal();
  const auto sps = media::parseSps(fromHex(smallPicture.sps));
  ASSERT_TRUE(sps && sps->frameDuration);
  std::vector<std::int64_t> expected;
  for (int i = 0; i < 4; ++i)
    expected.push_back(std::chrono::floor<Milliseconds>(i * *sps->frameDuration).count());
  EXPECT_EQ(times(parse(readAll(*body()))), expected);
}

class From1970 : public test::StreamFixture {
 protected:
  From1970() : StreamFixture(Options{.source = TimestampSource::pts}) {}
};

TEST_F(From1970, FramesWithoutTimesBeginNow) {
  TrackFormat track = h264Track();
  track.frameDuration = 40ms;
  ASSERT_TRUE(setVideo(track));
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(put(untimed(i == 0), annexB(accessUnit(i == 0, nextNumber++))).fate, FrameFate::accepted);
  ingest.seal();
  const auto session = parse(readAll(*body()));
  EXPECT_EQ(times(session), (std::vector<std::int64_t>{0, 40, 80}));
  const auto now = std::chrono::floor<Milliseconds>(clock.wallNow().time_since_epoch());
  EXPECT_EQ(static_cast<std::int64_t>(session.clusters[0].timecode), now.count());
}

TEST_F(IngestTest, SoundWithoutTimesLastsAsLongAsItsSamples) {
  TrackFormat track;
  track.codec = media::Codec::alaw;
  track.samplingFrequency = 8000;
  track.channels = 2;
  ASSERT_TRUE(setAudio(track));
  for (const std::size_t size : {1600u, 320u, 1600u})  // 100, 20 ms
    EXPECT_EQ(put(untimed(true), Bytes(size, std::byte{0x55})).fate, FrameFate::accepted);
  ingest.seal();
  EXPECT_EQ(times(parse(readAll(*body()))), (std::vector<std::int64_t>{0, 100, 120}));
}

TEST_F(IngestTest, RawAacWithoutTimesLastsAsLongAsItsSamples) {
  TrackFormat track;
  track.codec = media::Codec::aac;
  track.codecPrivate = fromHex("1190");  // AAC LC, 48 kHz, stereo
  ASSERT_TRUE(setAudio(track));
  for (int i = 0; i < 4; ++i)
    EXPECT_EQ(put(untimed(true), Bytes(50, std::byte{0x21})).fate, FrameFate::accepted);
  ingest.seal();
  EXPECT_EQ(times(parse(readAll(*body()))), (std::vector<std::int64_t>{0, 21, 42, 63}));
}

// --- times that no clock shows ---

TEST_F(IngestTest, TimesThatNoClockShowsAreRefusedAndWhatCameBeforeStays) {
  video();
  putGroups(1, 3);
  const std::vector<Nanoseconds> extremes{Nanoseconds::max(), Nanoseconds::min(), farthestTime + 1ns,
                                          -farthestTime - 1ns};
  std::uint64_t refused = 0;
  for (const Nanoseconds extreme : extremes) {
    std::vector<Frame> bad(5, frame(nextPts, false));
    bad[0].pts = extreme;
    bad[1].dts = extreme;
    bad[2].duration = extreme;
    bad[3].reference = WallTime(extreme);
    bad[4].captured = TimePoint(extreme);
    for (Frame& made : bad) {
      const Bytes bytes = annexB(accessUnit(false, 99));
      const ByteView view = bytes;
      made.payload = Pieces(&view, 1);
      const auto outcome = ingest.put(*camera, made);
      ASSERT_FALSE(outcome);
      EXPECT_EQ(outcome.error().code, StatusCode::mkvInvalidFrameTimestamp);
      EXPECT_EQ(stats().skippedInvalid, ++refused);
    }
    ingest.gap(*camera, extreme);
  }
  EXPECT_EQ(put(nextPts, false), FrameFate::accepted) << "the group goes on";
  EXPECT_EQ(store.log().fragments().size(), 1u);
}

/// Under the sanitizer for undefined behaviour, no sum of them may leave its range.
TEST_F(IngestTest, TimesFromOneEndToTheOtherAreReckonedWithInRange) {
  Random random(20);
  const auto below = [&](std::uint64_t bound) { return random.next() % bound; };
  const std::vector<Nanoseconds> places{0s,    farthestTime,          -farthestTime, farthestTime / 2,
                                        1000h, Seconds(1'700'000'000)};
  const auto anyTime = [&] {
    return std::clamp(
        places[below(places.size())] + Nanoseconds(static_cast<std::int64_t>(below(5'000'000'000))),
        -farthestTime, farthestTime);
  };
  video();
  TrackFormat sound;
  sound.codec = media::Codec::mulaw;
  ASSERT_TRUE(setAudio(sound));
  for (int i = 0; i < 3'000; ++i) {
    Frame made;
    made.key = below(3) == 0;
    if (below(5) != 0) made.pts = anyTime();
    if (below(2) == 0) made.dts = anyTime();
    if (below(4) == 0) made.reference = WallTime(anyTime());
    if (below(4) == 0) made.captured = TimePoint(anyTime());
    if (below(4) == 0) made.duration = std::max(anyTime(), Nanoseconds{0});
    const intake::TrackPtr& track = below(2) == 0 ? camera : microphone;
    if (below(20) == 0) ingest.gap(*track, anyTime());
    if (below(50) == 0) ingest.seal();
    put(track, made,
        track == camera ? annexB(accessUnit(made.key, static_cast<std::uint64_t>(i)))
                        : Bytes(20, std::byte{1}));
    clock.advance(Nanoseconds(static_cast<std::int64_t>(below(1'000'000'000))));
    ingest.expire();
    if (i % 100 == 0) {
      for (const auto& fragment : store.log().fragments()) {
        (void)fragment.content->epoch->wallTime(fragment.content->firstTicks);
        (void)fragment.content->epoch->wireTimecode(fragment.content->firstTicks, i % 200 == 0);
      }
    }
  }
  EXPECT_GT(stats().framesIn, 0u);
}

TEST_F(IngestTest, FlushEndsTheFragmentAndTheNextBeginsAtAKeyFrame) {
  video();
  putGroups(1, 3);
  ingest.seal();
  EXPECT_FALSE(store.log().fragments()[0].isGrowing());
  EXPECT_EQ(put(nextPts, false), FrameFate::afterGap);
  EXPECT_EQ(put(nextPts + 100ms, true), FrameFate::accepted);
  EXPECT_EQ(store.log().fragments().size(), 2u);
}

TEST_F(IngestTest, NewParameterSetsBeginAFragmentWithAHeaderOfItsOwn) {
  video();
  putGroups(1, 3);
  EXPECT_EQ(put(frame(nextPts, true), annexB(accessUnit(true, 50, 64, largePicture))).fate,
            FrameFate::accepted);
  ASSERT_EQ(store.log().fragments().size(), 2u) << "also within the first second";
  EXPECT_NE(store.log().fragments()[0].content->header, store.log().fragments()[1].content->header);
  EXPECT_EQ(headers().size(), 2u);
  const auto session = parse(readAll(*body({.header = headers().at(1)})));
  EXPECT_EQ(session.tracks[0].codecPrivate, fromHex(largePicture.avcC));
}

TEST_F(IngestTest, TheSameParameterSetsAgainAreNoNewHeader) {
  video();
  putGroups(5, 20);
  EXPECT_EQ(headers().size(), 1u);
  video();  // the same caps again
  putGroups(2, 20);
  EXPECT_EQ(headers().size(), 1u);
}

TEST_F(IngestTest, MetadataGoIntoTheHeadOfTheNextFragment) {
  video();
  putGroups(1, 20);
  ASSERT_TRUE(ingest.putMetadata({"once", "1"}, false));
  ASSERT_TRUE(ingest.putMetadata({"always", "2"}, true));
  EXPECT_EQ(put(nextPts, false), FrameFate::accepted);
  nextPts += 100ms;
  putGroups(2, 20);
  const auto session = parse(readAll(*body()));
  ASSERT_EQ(session.clusters.size(), 3u);
  EXPECT_TRUE(session.clusters[0].tagsBefore.empty());
  EXPECT_EQ(session.clusters[1].tagsBefore,
            (std::vector<kvs::test::ReadTag>{{"always", "2"}, {"once", "1"}}));
  EXPECT_EQ(session.clusters[2].tagsBefore, (std::vector<kvs::test::ReadTag>{{"always", "2"}}));
}

TEST_F(IngestTest, FlagsTravel) {
  video();
  put(0s, true);
  Frame made = frame(100ms, false);
  made.invisible = true;
  made.discardable = true;
  put(made, annexB({slice(false, 1)}));
  EXPECT_EQ(parse(readAll(*body())).clusters[0].blocks[1].flags, 0x09);
}

TEST_F(IngestTest, ThreeTracksAtMost) {
  for (int i = 0; i < 3; ++i) {
    intake::TrackPtr track;
    ASSERT_TRUE(set(track, TrackKind::video, test::h264Track()));
  }
  const auto fourth = ingest.addTrack(TrackKind::video);
  ASSERT_FALSE(fourth);
  EXPECT_EQ(fourth.error().code, StatusCode::maximumTrackCountExceeded);
  EXPECT_EQ(ingest.contentType(), "video/h264,video/h264,video/h264");
}

TEST_F(IngestTest, AFrameAfterTheEndIsNotTaken) {
  video();
  putGroups(1, 2);
  store.end({StatusCode::streamStopped, ErrorKind::cancelled, "stopped"});
  EXPECT_NE(put(nextPts, false), FrameFate::accepted);
  EXPECT_EQ(stats().framesIn, 2u);
}

// --- access units in pieces ---

class IngestNal : public test::StreamFixture {
 protected:
  IngestNal() {
    TrackFormat track = test::h264Track();
    track.nalAligned = true;
    EXPECT_TRUE(setVideo(track));
  }
  intake::IngestOutcome nal(const Bytes& unit, Nanoseconds pts, bool key, bool endOfUnit = false) {
    Frame made = frame(pts, key);
    made.endOfUnit = endOfUnit;
    return put(made, annexB({unit}));
  }
  /// A slice that is not the first of its picture.
  static Bytes laterSlice(bool idr, std::uint64_t number) {
    Bytes unit = slice(idr, number);
    unit[1] = std::byte{0x48};  // first_mb_in_slice is not 0
    return unit;
  }
  const Bytes sps = fromHex(smallPicture.sps);
  const Bytes pps = fromHex(smallPicture.pps);
  const Bytes delimiter{std::byte{0x09}, std::byte{0xf0}};
};

TEST_F(IngestNal, AUnitEndsWithItsMarker) {
  nal(sps, 0s, true);
  nal(pps, 0s, true);
  nal(slice(true, 0), 0s, true);
  EXPECT_EQ(stats().framesIn, 0u);
  nal(laterSlice(true, 0), 0s, true, true);
  EXPECT_EQ(stats().framesIn, 1u);
  EXPECT_EQ(parse(readAll(*body())).clusters[0].blocks[0].payload,
            lengthPrefixed({sps, pps, slice(true, 0), laterSlice(true, 0)}));
}

TEST_F(IngestNal, AUnitEndsWhereTheNextBegins) {
  nal(sps, 0s, true);
  nal(pps, 0s, true);
  nal(slice(true, 0), 0s, true);
  nal(slice(false, 1), 100ms, false);  // first_mb_in_slice 0
  EXPECT_EQ(stats().framesIn, 1u);
  nal(delimiter, 200ms, false);
  EXPECT_EQ(stats().framesIn, 2u);
  nal(slice(false, 2), 200ms, false);
  ingest.seal();
  EXPECT_EQ(stats().framesIn, 3u) << "flush commits what is held";
  const auto session = parse(readAll(*body()));
  EXPECT_EQ(numbers(session), range(0, 3));
  EXPECT_EQ(session.clusters[0].blocks[2].relative, 200);
  EXPECT_EQ(session.clusters[0].blocks[2].payload, lengthPrefixed({delimiter, slice(false, 2)}));
}

TEST_F(IngestNal, DeltaUnitsBeforeTheFirstKeyFrameAreSkippedWhole) {
  nal(slice(false, 0), 0s, false);
  nal(laterSlice(false, 0), 0s, false, true);
  EXPECT_EQ(stats().skippedBeforeKeyFrame, 1u);
  nal(sps, 1s, true);
  nal(pps, 1s, true);
  nal(slice(true, 1), 1s, true, true);
  EXPECT_EQ(stats().framesIn, 1u);
  EXPECT_EQ(numbers(parse(readAll(*body()))), range(1, 2));
}

TEST_F(IngestNal, ALongUnitGrowsOverChunks) {
  nal(sps, 0s, true);
  nal(pps, 0s, true);
  std::vector<Bytes> units{sps, pps, slice(true, 0, 50'000)};
  nal(units.back(), 0s, true);
  for (std::uint64_t i = 1; i < 6; ++i) {
    Bytes unit = laterSlice(true, i);
    unit.resize(50'000, std::byte{0x55});
    units.push_back(unit);
    nal(unit, 0s, true, i == 5);
  }
  EXPECT_EQ(stats().framesIn, 1u);
  EXPECT_EQ(parse(readAll(*body())).clusters[0].blocks[0].payload, lengthPrefixed(units));
}

}  // namespace
}  // namespace kvs::stream
