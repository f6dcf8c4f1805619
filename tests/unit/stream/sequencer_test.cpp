// SPDX-License-Identifier: Apache-2.0
// Two and three tracks in one stream: their order, their fragments, and what stands for a silent one.
#include "nal_writer.h"
#include "stream_fixture.h"

namespace kvs::stream {
namespace {

using namespace std::chrono_literals;
using kvs::test::ReadBlock;
using kvs::test::ReadSession;
using test::accessUnit;
using test::annexB;

constexpr std::uint32_t videoNumber = 1;
constexpr std::uint32_t audioNumber = 2;
constexpr std::uint32_t dataNumber = 3;

class TracksTest : public test::StreamFixture {
 protected:
  explicit TracksTest(Options options = Options()) : StreamFixture(options) { video(); }

  void audio() {
    TrackFormat track;
    track.codec = media::Codec::mulaw;
    track.samplingFrequency = 8000;
    track.channels = 1;
    ASSERT_TRUE(setAudio(track));
  }
  void data() {
    TrackFormat track;
    track.codec = media::Codec::other;
    track.codecId = "S_TEXT/UTF8";
    ASSERT_TRUE(setData(track));
  }
  intake::IngestOutcome putVideo(Nanoseconds pts, bool key) {
    Frame made = frame(pts, key, 100ms);
    made.dts = pts;
    return StreamFixture::put(made, annexB(accessUnit(key, nextNumber++)));
  }
  intake::IngestOutcome putOther(const intake::TrackPtr& track, Nanoseconds pts, std::string_view bytes,
                                 Nanoseconds duration) {
    Frame made = frame(pts, true, duration);
    return StreamFixture::put(track, made, asBytes(bytes));
  }
  intake::IngestOutcome putAudio(Nanoseconds pts, std::string_view bytes = "audio") {
    return putOther(microphone, pts, bytes, 20ms);
  }
  intake::IngestOutcome putData(Nanoseconds pts, std::string_view bytes) {
    return putOther(sensor, pts, bytes, 0s);
  }

  struct Seen {
    std::uint32_t track;
    std::int64_t ms;
    bool operator==(const Seen&) const = default;
  };
  /// Track and time since `start`, in the order on the wire.
  static std::vector<Seen> seen(const ReadSession& session) {
    std::vector<Seen> all;
    const std::uint64_t start = session.clusters.empty() ? 0 : session.clusters[0].timecode;
    for (const auto& cluster : session.clusters) {
      for (const ReadBlock& block : cluster.blocks)
        all.push_back({static_cast<std::uint32_t>(block.track),
                       static_cast<std::int64_t>(cluster.timecode - start) + block.relative});
    }
    return all;
  }
  static std::size_t count(const ReadSession& session, std::uint32_t track) {
    std::size_t count = 0;
    for (const auto& cluster : session.clusters)
      count += static_cast<std::size_t>(std::ranges::count(cluster.blocks, track, &ReadBlock::track));
    return count;
  }
  void wait(Nanoseconds time) {
    clock.advance(time);
    ingest.expire();
  }
  struct Heard final : StreamListener {
    std::vector<TrackSilence> silences;
    std::vector<TimeRepair> repairs;
    std::vector<CodecChange> changes;
    void onTrackSilence(const TrackSilence& silence) override { silences.push_back(silence); }
    void onTimeRepaired(const TimeRepair& repair) override { repairs.push_back(repair); }
    void onCodecChanged(const CodecChange& change) override { changes.push_back(change); }
  };
  Heard heard() {
    Heard listener;
    for (const News& news : std::exchange(state.news, {}))
      deliver(news, listener);
    return listener;
  }
};

TEST_F(TracksTest, EveryJumpOfTheTimesIsTold) {
  for (const Nanoseconds begin : {0s, 100s, 200s}) {
    for (int i = 0; i < 20; ++i) {
      wait(100ms);
      putVideo(begin + 100ms * i, i % 10 == 0);
    }
  }
  const Heard told = heard();
  EXPECT_EQ(std::ranges::count(told.repairs, TimeRepair::Kind::reanchored, &TimeRepair::kind), 2);
  EXPECT_EQ(stats().timesReanchored, 2u);
}

/// x264enc without tune=zerolatency: each picture comes two seconds after it was taken, and steadily.
TEST_F(TracksTest, AnEncoderThatLagsIsWaitedForAndMovesNoTime) {
  audio();
  constexpr int lag = 20;  // pictures of 100 ms
  for (int i = 0; i < 200; ++i) {
    for (int k = 0; k < 5; ++k) {
      putAudio(100ms * i + 20ms * k);
      wait(20ms);
    }
    if (i >= lag) putVideo(100ms * (i - lag), (i - lag) % 10 == 0);
  }
  EXPECT_TRUE(heard().repairs.empty());
  EXPECT_EQ(stats().timesMissing, 0u);
  EXPECT_EQ(stats().timesNudged, 0u);
  EXPECT_EQ(stats().timesRaised, 0u);
  EXPECT_EQ(stats().timesReanchored, 0u);
  EXPECT_EQ(stats().skippedLate, 0u);
  EXPECT_EQ(epochs().size(), 1u);
  ingest.seal();
  auto all = seen(parse(readAll(*body())));
  std::erase_if(all,
                [](const Seen& block) { return block.ms < 3000; });  // silence stands for the first sounds
  EXPECT_GT(all.size(), 900u);
  EXPECT_TRUE(std::ranges::is_sorted(all, {}, &Seen::ms));
}

TEST_F(TracksTest, AreInterleavedInDecodingOrder) {
  audio();
  // From one thread, one after the other, as a demuxer without queues does.
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(putVideo(100ms * i, i == 0).fate, FrameFate::accepted);
    for (int k = 0; k < 5; ++k)
      EXPECT_EQ(putAudio(100ms * i + 20ms * k).fate, FrameFate::accepted);
  }
  ingest.seal();
  const auto all = seen(parse(readAll(*body())));
  EXPECT_EQ(all.size(), 60u);
  EXPECT_TRUE(std::ranges::is_sorted(all, {}, &Seen::ms));
}

TEST_F(TracksTest, AThreadIsNeverHeldUpByTheOther) {
  audio();
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(putVideo(100ms * i, i == 0).fate, FrameFate::accepted);
  EXPECT_EQ(stats().framesIn, 0u) << "the microphone may still speak";
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(putAudio(20ms * i).fate, FrameFate::accepted);
  EXPECT_EQ(stats().framesIn, 120u);
  const auto all = seen(parse(readAll(*body())));
  EXPECT_TRUE(std::ranges::is_sorted(all, {}, &Seen::ms));
  EXPECT_EQ(stats().framesFilled, 0u);
}

TEST_F(TracksTest, FragmentsDoNotOverlap) {
  audio();
  for (int i = 0; i < 60; ++i) {
    putVideo(100ms * i, i % 20 == 0);
    if (i % 5 != 4) continue;  // audio comes half a second at a time
    for (int k = 0; k < 25; ++k)
      putAudio(100ms * (i - 4) + 20ms * k);
  }
  ingest.seal();
  const auto session = parse(readAll(*body()));
  ASSERT_EQ(session.clusters.size(), 3u);
  std::int64_t greatest = -1;
  for (const auto& cluster : session.clusters) {
    EXPECT_GT(static_cast<std::int64_t>(cluster.timecode), greatest);
    for (const ReadBlock& block : cluster.blocks) {
      EXPECT_GE(block.relative, 0);
      greatest = std::max(greatest, static_cast<std::int64_t>(cluster.timecode) + block.relative);
    }
  }
  EXPECT_EQ(count(session, videoNumber), 60u);
  EXPECT_EQ(count(session, audioNumber), 300u);
  EXPECT_EQ(stats().timesRepaired, 0u);
}

TEST_F(TracksTest, AKeyFrameShownLaterThanItIsDecodedSharesItsFragment) {
  audio();
  for (int i = 0; i < 4; ++i) {
    Frame made = frame(2s * i + 200ms, true, 100ms);  // B-frames: decoded 200 ms earlier
    made.dts = 2s * i;
    StreamFixture::put(made, annexB(accessUnit(true, nextNumber++)));
    for (int k = 0; k < 100; ++k)
      putAudio(2s * i + 20ms * k);
  }
  ingest.seal();
  EXPECT_EQ(stats().timesRaised, 0u) << "audio up to a key frame's presentation is of the fragment before";
  EXPECT_EQ(stats().skippedBeforeKeyFrame + stats().skippedLate, 10u) << "what came before all video";
}

TEST_F(TracksTest, ASilentTrackHoldsTheOtherUpNoLongerThanItMay) {
  audio();
  putVideo(0s, true);
  putAudio(0s);
  putAudio(20ms);
  putVideo(100ms, false);
  EXPECT_EQ(stats().framesIn, 3u);
  wait(499ms);
  EXPECT_EQ(stats().framesIn, 3u);
  wait(1ms);
  EXPECT_EQ(stats().framesIn, 4u);
  putVideo(700ms, false);
  EXPECT_EQ(stats().framesIn, 5u) << "nothing waits for a track that is known to be silent";
}

TEST_F(TracksTest, SilenceIsFilled) {
  audio();
  for (int second = 0; second < 60; ++second) {
    for (int i = 0; i < 10; ++i) {
      putVideo(1s * second + 100ms * i, i == 0 && second % 2 == 0);
      if (second < 2) {
        for (int k = 0; k < 5; ++k)
          putAudio(1s * second + 100ms * i + 20ms * k);
      }
      wait(100ms);
    }
  }
  wait(1s);
  ingest.seal();
  EXPECT_EQ(headers().size(), 1u) << "the track set never changes";
  const auto session = parse(readAll(*body()));
  ASSERT_EQ(session.clusters.size(), 30u);
  for (const auto& cluster : session.clusters) {
    EXPECT_GT(std::ranges::count(cluster.blocks, std::uint64_t{audioNumber}, &ReadBlock::track), 0);
  }
  EXPECT_EQ(count(session, videoNumber), 600u);
  EXPECT_NEAR(static_cast<double>(count(session, audioNumber)), 3000.0, 30.0) << "the gap is filled";
  EXPECT_EQ(stats().framesFilled + 100u, count(session, audioNumber));
  const auto told = heard();
  ASSERT_EQ(told.silences.size(), 1u);
  EXPECT_TRUE(told.silences[0].silent);
  EXPECT_TRUE(told.silences[0].filled);
}

TEST_F(TracksTest, ATrackThatReturnsIsHeardAgain) {
  audio();
  putVideo(0s, true);
  putAudio(0s);
  for (int i = 1; i < 40; ++i) {
    putVideo(100ms * i, i % 20 == 0);
    wait(100ms);
  }
  heard();
  for (int i = 40; i < 60; ++i) {
    putVideo(100ms * i, i % 20 == 0);
    for (int k = 0; k < 5; ++k)
      EXPECT_EQ(putAudio(100ms * i + 20ms * k).fate, FrameFate::accepted);
    wait(100ms);
  }
  const auto told = heard();
  ASSERT_EQ(told.silences.size(), 1u);
  EXPECT_FALSE(told.silences[0].silent);
  EXPECT_EQ(stats().skippedLate, 0u);
}

TEST_F(TracksTest, ATrackThatEndsIsFilledAndDoesNotEndTheOther) {
  audio();
  putVideo(0s, true);
  putAudio(0s);
  ingest.end(*microphone);
  for (int i = 1; i < 60; ++i)
    EXPECT_EQ(putVideo(100ms * i, i % 20 == 0).fate, FrameFate::accepted);
  EXPECT_EQ(stats().framesIn, 61u) << "nothing waits for it";
  ingest.seal();
  const auto session = parse(readAll(*body()));
  ASSERT_EQ(session.clusters.size(), 3u);
  for (const auto& cluster : session.clusters) {
    EXPECT_GT(std::ranges::count(cluster.blocks, std::uint64_t{audioNumber}, &ReadBlock::track), 0);
  }
}

TEST_F(TracksTest, AGapIsProgress) {
  audio();
  putVideo(0s, true);
  putAudio(0s);
  putVideo(100ms, false);
  ingest.gap(*microphone, 1s);
  EXPECT_EQ(stats().framesIn, 3u);
  putVideo(900ms, false);
  EXPECT_EQ(stats().framesIn, 4u);
}

TEST_F(TracksTest, AudioGoesOnAloneWhenTheCameraEnds) {
  audio();
  putVideo(0s, true);
  for (int k = 0; k < 50; ++k)
    putAudio(20ms * k);
  ingest.end(*camera);
  for (int k = 50; k < 500; ++k)
    EXPECT_EQ(putAudio(20ms * k).fate, FrameFate::accepted);
  ingest.seal();
  EXPECT_EQ(stats().framesIn, 501u);
  EXPECT_GE(store.log().fragments().size(), 4u);
  EXPECT_NE(store.log().fragments()[0].content->header, store.log().fragments()[1].content->header);
  const auto alone = parse(readAll(*body({.header = store.log().fragments()[1].content->header})), false);
  EXPECT_EQ(alone.tracks.size(), 1u);
}

TEST_F(TracksTest, AudioGoesOnAloneWhenTheCameraHangsAndTheCameraComesBack) {
  audio();
  putVideo(0s, true);
  int k = 0;
  const auto speak = [&](int frames) {
    for (; frames > 0; --frames, ++k) {
      putAudio(20ms * k);
      wait(20ms);
    }
  };
  speak(40 * 50);  // 40 s
  EXPECT_EQ(stats().framesIn, 1u + static_cast<unsigned>(k) - stats().skippedKeyFrameDistance);
  EXPECT_EQ(stats().skippedKeyFrameDistance, 0u);
  const auto alone = store.log().fragments().back().content->header;
  EXPECT_NE(alone, store.log().fragments().front().content->header);
  EXPECT_EQ(putVideo(20ms * k, false).fate, FrameFate::trackAbsent);
  putVideo(20ms * k + 100ms, true);
  speak(10);
  EXPECT_EQ(store.log().fragments().back().content->header, store.log().fragments().front().content->header);
}

TEST_F(TracksTest, AFrameALittleLateIsMovedToItsFragment) {
  audio();
  putVideo(0s, true);
  putAudio(0s);
  putVideo(2s, true);
  wait(500ms);
  EXPECT_EQ(store.log().fragments().size(), 2u);
  EXPECT_EQ(putAudio(1800ms).fate, FrameFate::accepted);
  EXPECT_EQ(stats().timesRaised, 1u);
  EXPECT_EQ(putAudio(1900ms).fate, FrameFate::accepted);
}

TEST_F(TracksTest, AFrameThatIsMuchTooLateIsRefusedAndCounted) {
  audio();
  putVideo(0s, true);
  putAudio(0s);
  putVideo(4s, true);
  wait(500ms);
  EXPECT_EQ(putAudio(1s).fate, FrameFate::late);
  EXPECT_EQ(stats().skippedLate, 1u);
}

TEST_F(TracksTest, AtTheStartATrackWithoutFormatIsWaitedFor) {
  microphone = *ingest.addTrack(TrackKind::audio);
  putVideo(0s, true);
  wait(4s);
  EXPECT_EQ(stats().framesIn, 0u);
  audio();
  putAudio(0s);
  EXPECT_EQ(stats().framesIn, 2u);
  putAudio(20ms);
  putVideo(100ms, false);
  EXPECT_EQ(parse(readAll(*body()), false).tracks.size(), 2u);
}

TEST_F(TracksTest, AtTheStartATrackThatNeverComesIsNotWaitedForForEver) {
  microphone = *ingest.addTrack(TrackKind::audio);
  putVideo(0s, true);
  wait(5s);
  EXPECT_EQ(stats().framesIn, 1u);
  EXPECT_EQ(parse(readAll(*body()), false).tracks.size(), 1u);
}

TEST_F(TracksTest, ATrackThatIsAddedJoinsAtTheNextKeyFrame) {
  putVideo(0s, true);
  putVideo(1s, false);
  audio();
  EXPECT_EQ(putAudio(1s).fate, FrameFate::beforeFirstKeyFrame);
  putVideo(2s, true);
  putAudio(2s);
  EXPECT_EQ(headers().size(), 2u);
}

TEST_F(TracksTest, ATrackThatIsRemovedLeavesTheNextHeader) {
  audio();
  putVideo(0s, true);
  remove(microphone);
  EXPECT_EQ(putVideo(1s, false).fate, FrameFate::accepted);
  putVideo(2s, true);
  EXPECT_EQ(headers().size(), 2u);
  const auto first = parse(readAll(*body()));
  EXPECT_EQ(first.tracks.size(), 2u);
  EXPECT_EQ(count(first, audioNumber), 1u) << "or the service refuses it";
}

TEST_F(TracksTest, ATailOfAudioStaysInTheLastFragment) {
  audio();
  putVideo(0s, true);
  ingest.end(*camera);
  for (int k = 0; k < 50; ++k)
    putAudio(20ms * k);
  ingest.seal();
  EXPECT_EQ(store.log().fragments().size(), 1u);
  EXPECT_EQ(count(parse(readAll(*body())), audioNumber), 50u);
}

TEST_F(TracksTest, ATrackWhoseCodecDataComeInBandIsInTheFirstHeader) {
  TrackFormat track;
  track.codec = media::Codec::aac;
  track.adts = true;
  ASSERT_TRUE(setAudio(track));
  putVideo(0s, true);
  wait(4s);
  EXPECT_EQ(stats().framesIn, 0u) << "nothing is known of it yet";
  // ADTS: AAC-LC, 48 kHz, mono; two frames of 7 + 4 bytes in one payload.
  const Bytes one = kvs::test::fromHex("fff14c40017ffc01182007");
  Bytes two = one;
  two.insert(two.end(), one.begin(), one.end());
  Frame made = frame(0s, true, 0s);
  StreamFixture::put(microphone, made, two);
  putVideo(100ms, false);
  ingest.seal();
  const auto session = parse(readAll(*body()));
  ASSERT_EQ(session.tracks.size(), 2u);
  EXPECT_EQ(session.tracks[1].codecPrivate, kvs::test::fromHex("1188"));
  EXPECT_EQ(count(session, audioNumber), 2u);
  EXPECT_EQ(session.clusters.size(), 1u);
}

TEST_F(TracksTest, AudioThatChangesWaitsForAHeaderThatSaysSo) {
  audio();
  putVideo(0s, true);
  putAudio(0s);
  TrackFormat stereo;
  stereo.codec = media::Codec::mulaw;
  stereo.samplingFrequency = 8000;
  stereo.channels = 2;
  ASSERT_TRUE(setAudio(stereo));
  EXPECT_EQ(putAudio(20ms).fate, FrameFate::afterGap);
  EXPECT_TRUE(ingest.takeKeyFrameRequest(*camera)) << "the sooner the better";
  putVideo(500ms, true);
  EXPECT_EQ(putAudio(500ms).fate, FrameFate::accepted);
  EXPECT_EQ(headers().size(), 2u);
  EXPECT_EQ(heard().changes.size(), 1u);
}

TEST_F(TracksTest, AudioThatIsSetUpAnewWaitsForAHeaderOfItsOwn) {
  audio();
  putVideo(0s, true);
  putAudio(0s);
  remove(microphone);
  audio();
  EXPECT_EQ(putAudio(20ms).fate, FrameFate::beforeFirstKeyFrame)
      << "the open header has another of this number";
  putVideo(2s, true);
  EXPECT_EQ(putAudio(2s).fate, FrameFate::accepted);
}

TEST_F(TracksTest, AHeaderThatNarrowsKeepsTheCodecDataOfItsOwnFragment) {
  TrackFormat track;  // of a codec that has no silence
  track.codec = media::Codec::other;
  track.codecId = "A_VORBIS";
  ASSERT_TRUE(setAudio(track));
  ingest.gap(*microphone, 10s);
  putVideo(0s, true);
  StreamFixture::put(frame(2s, true), annexB(accessUnit(true, 50, 64, kvs::test::largePicture)));
  ASSERT_EQ(store.log().fragments().size(), 2u);
  const auto first = parse(store.log().fragments()[0].content->header->bytes, false);
  ASSERT_EQ(first.tracks.size(), 1u);
  EXPECT_EQ(first.tracks[0].codecPrivate, kvs::test::fromHex(kvs::test::smallPicture.avcC));
}

TEST_F(TracksTest, AClockOfAudioThatJumpsDoesNotEndTheVideosGroup) {
  audio();
  putVideo(0s, true);
  putAudio(0s);
  putAudio(1h);
  for (int i = 1; i < 20; ++i)
    EXPECT_EQ(putVideo(100ms * i, false).fate, FrameFate::accepted) << i;
  clock.advance(1s);
  putVideo(2s, false);
  ingest.seal();
  EXPECT_EQ(stats().skippedLate, 1u);
  EXPECT_EQ(stats().framesIn, 22u);
  EXPECT_EQ(store.log().fragments().size(), 1u);
}

TEST_F(TracksTest, AudioAnHourAheadOfItsCameraIsCalledEarlyAndAnHourBehindLate) {
  audio();
  putVideo(2h, true);
  putAudio(2h);
  putAudio(3h);
  intake::IngestOutcome all;
  for (int i = 1; i < 20; ++i)
    all.add(putVideo(2h + 100ms * i, false));
  clock.advance(6s);
  all.add(putVideo(2h + 2s, false));
  EXPECT_EQ(all.skippedLater, 1u);
  EXPECT_EQ(all.skippedWhy, FrameFate::early);
  EXPECT_EQ(stats().skippedLate, 1u);
  putAudio(2h + 2s);
  EXPECT_EQ(putAudio(1h).fate, FrameFate::late);
  EXPECT_EQ(stats().skippedLate, 2u);
}

TEST_F(TracksTest, AudioSecondsAheadOfItsCameraIsCalledEarlyAndLeavesTheCamerasGroup) {
  audio();
  putVideo(0s, true);
  putAudio(0s);
  for (int i = 1; i < 100; ++i) {
    putAudio(15s + 100ms * i);
    clock.advance(100ms);
    EXPECT_EQ(putVideo(100ms * i, false).fate, FrameFate::accepted) << i;
    ingest.expire();
  }
  EXPECT_GT(stats().skippedLate, 0u);
  EXPECT_EQ(stats().skippedKeyFrameDistance, 0u);
}

TEST_F(TracksTest, AFrameThatSaysThatItLastsLongEndsNothing) {
  audio();
  data();
  EXPECT_EQ(StreamFixture::put(frame(0s, true, 30s), annexB(accessUnit(true, nextNumber++))).fate,
            FrameFate::accepted);
  ingest.end(*microphone);
  putData(0s, "a caption");
  putVideo(2s, true);
  EXPECT_EQ(putOther(sensor, 2s, "another", 25s).fate, FrameFate::accepted);
  EXPECT_EQ(putVideo(2100ms, false).fate, FrameFate::accepted);
  ingest.seal();
  ASSERT_EQ(store.log().fragments().size(), 2u);
  for (const auto& fragment : store.log().fragments()) {
    EXPECT_LE(fragment.content->duration, 20s);
    EXPECT_LT(state.timeline.timeOf(fragment.content->lastTicks - fragment.content->firstTicks), 20s);
  }
  EXPECT_EQ(stats().timesRaised, 0u) << "silence ends where the next fragment begins";
}

TEST_F(TracksTest, SilenceDoesNotReachIntoTheNextFragment) {
  audio();
  putVideo(0s, true);
  putAudio(0s);
  ingest.end(*microphone);
  putVideo(1950ms, false);
  putVideo(2s, true);  // 50 ms after a frame that says 100
  ingest.seal();
  EXPECT_EQ(stats().timesRaised, 0u);
  EXPECT_EQ(store.log().fragments()[1].content->firstTicks, 2000);
}

TEST_F(TracksTest, VideoThatHasEndedLeadsUpToItsLastFrame) {
  audio();
  putVideo(0s, true);
  putAudio(0s);
  putVideo(3s, true);  // waits for the audio
  ingest.end(*camera);
  for (int k = 1; k < 200; ++k)
    EXPECT_EQ(putAudio(20ms * k).fate, FrameFate::accepted);
  ingest.seal();
  const auto session = parse(readAll(*body()));
  ASSERT_EQ(session.clusters.size(), 2u);
  for (const auto& cluster : session.clusters)
    EXPECT_EQ(cluster.blocks.front().track, videoNumber);
  EXPECT_EQ(session.clusters[1].timecode - session.clusters[0].timecode, 3000u);
}

TEST_F(TracksTest, AFragmentIsNotShortBecauseFramesAreLong) {
  for (int i = 0; i < 9; ++i)  // two key frames a second
    StreamFixture::put(frame(500ms * i, true, 500ms), annexB(accessUnit(true, nextNumber++)));
  ingest.seal();
  EXPECT_EQ(store.log().fragments().size(), 5u);
}

// --- data ---

TEST_F(TracksTest, SamplesAreNeverWaitedFor) {
  data();
  putVideo(0s, true);
  EXPECT_EQ(stats().framesIn, 1u);
  EXPECT_EQ(parse(readAll(*body()), false).tracks.size(), 1u) << "no header names what may never come";
}

TEST_F(TracksTest, AFragmentWithoutASampleRepeatsTheLast) {
  data();
  putVideo(0s, true);
  putData(0s, "one");
  putVideo(2s, true);
  putData(2100ms, "two");
  for (int i = 21; i < 80; ++i)
    putVideo(100ms * i, i % 20 == 0);
  ingest.seal();
  ASSERT_EQ(store.log().fragments().size(), 4u);
  store.log().markRefused(1);  // which had the header without data
  const auto session = parse(readAll(*body()));
  ASSERT_EQ(session.clusters.size(), 3u);
  for (const auto& cluster : session.clusters) {
    const bool isFirst = &cluster == &session.clusters.front();
    std::vector<std::string_view> samples;
    for (const ReadBlock& block : cluster.blocks) {
      if (block.track != dataNumber) continue;
      samples.push_back(asText(block.payload));
      EXPECT_EQ((block.flags & 0x01) != 0, !isFirst) << "repeats are discardable";
    }
    EXPECT_EQ(samples, isFirst ? (std::vector<std::string_view>{"one", "two"})
                               : (std::vector<std::string_view>{"two"}));
  }
}

TEST_F(TracksTest, SamplesWithoutTimesHaveTheTimeOfTheirArrivalAndNoneIsLostOrRepeated) {
  data();
  Frame sample;
  sample.key = true;
  int samples = 0;
  const auto putSample = [&] {
    EXPECT_EQ(StreamFixture::put(sensor, sample, asBytes("sample " + std::to_string(samples++))).fate,
              FrameFate::accepted);
  };
  putSample();  // before anybody knows what time it is
  putSample();
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(putVideo(1000h + 100ms * i, i % 20 == 0).fate, FrameFate::accepted);
    wait(50ms);
    if (i % 10 == 5) putSample();
    wait(50ms);
  }
  ingest.seal();
  EXPECT_EQ(stats().framesIn, 100u + 12u);
  EXPECT_EQ(stats().framesFilled, 0u);
  EXPECT_EQ(stats().timesMissing, 12u);
  const auto all = seen(parse(readAll(*body())));
  std::vector<std::int64_t> times;
  for (const Seen& one : all) {
    if (one.track == dataNumber) times.push_back(one.ms);
  }
  EXPECT_EQ(times,
            (std::vector<std::int64_t>{0, 1, 550, 1550, 2550, 3550, 4550, 5550, 6550, 7550, 8550, 9550}));
}

TEST_F(TracksTest, SamplesWithoutTimesBetweenTwoGroupsWaitForTheNext) {
  data();
  putVideo(0s, true);
  putData(0s, "first");
  putVideo(2s, true);
  ingest.seal();
  Frame sample;
  sample.key = true;
  StreamFixture::put(sensor, sample, asBytes("between"));
  wait(10s);
  putVideo(14s, true);
  ingest.seal();
  EXPECT_EQ(stats().framesIn, 5u);
  EXPECT_EQ(stats().skippedAfterGap, 0u);
}

TEST_F(TracksTest, SamplesThatNoHeaderTookAreCounted) {
  data();
  putVideo(0s, true);
  EXPECT_EQ(putData(500ms, "first").fate, FrameFate::accepted);
  remove(sensor);
  EXPECT_EQ(stats().skippedAfterGap, 1u);
  data();
  EXPECT_EQ(putData(600ms, "second").fate, FrameFate::accepted);
  ingest.seal();
  EXPECT_EQ(stats().skippedAfterGap + stats().skippedBeforeKeyFrame, 2u);
}

TEST_F(TracksTest, SamplesThatWereHeldStayInOrder) {
  data();
  putVideo(0s, true);
  putVideo(600ms, false);
  putData(500ms, "first");
  ingest.end(*camera);
  putData(3s, "second");
  ingest.seal();
  ASSERT_EQ(store.log().fragments().size(), 2u);
  store.log().markRefused(1);  // which had the header without data
  const auto session = parse(readAll(*body()));
  std::vector<std::string> samples;
  for (const auto& cluster : session.clusters) {
    for (const ReadBlock& block : cluster.blocks)
      samples.emplace_back(asText(block.payload));
  }
  EXPECT_EQ(samples, (std::vector<std::string>{"first", "second"}));
}

TEST_F(TracksTest, SamplesThatComeBeforeTheirHeaderAreHeld) {
  data();
  putVideo(0s, true);
  EXPECT_EQ(putData(500ms, "first").fate, FrameFate::accepted);
  putVideo(2s, true);
  ingest.seal();
  const auto session = parse(readAll(*body({.header = headers().at(1)})));
  EXPECT_EQ(headers().size(), 2u);
  EXPECT_EQ(stats().framesIn, 3u);
}

// --- drop ---

class DropTest : public TracksTest {
 protected:
  DropTest() : TracksTest(Options{.silentTrack = SilentTrack::drop}) { audio(); }
  void run(int from, int to, bool speaks) {
    for (int i = from; i < to; ++i) {
      putVideo(100ms * i, i % 20 == 0);
      if (speaks) {
        for (int k = 0; k < 5; ++k)
          putAudio(100ms * i + 20ms * k);
      }
      wait(100ms);
    }
  }
  std::size_t tracksOf(std::size_t fragment) {
    return parse(store.log().fragments()[fragment].content->header->bytes, false).tracks.size();
  }
};

TEST_F(DropTest, TheHeaderLosesTheTrackAndTakesItBack) {
  run(0, 40, true);
  run(40, 200, false);
  run(200, 400, true);
  ingest.seal();
  EXPECT_EQ(stats().framesFilled, 0u);
  std::vector<std::size_t> tracks;
  for (std::size_t i = 0; i < store.log().fragments().size(); ++i)
    tracks.push_back(tracksOf(i));
  ASSERT_EQ(tracks.size(), 20u);
  EXPECT_EQ(tracks[0], 2u);
  EXPECT_EQ(tracks[1], 2u);
  for (std::size_t i = 3; i < 10; ++i)
    EXPECT_EQ(tracks[i], 1u) << i;
  EXPECT_EQ(tracks[10], 1u) << "it has not covered a fragment yet";
  for (std::size_t i = 11; i < 20; ++i)
    EXPECT_EQ(tracks[i], 2u) << i;
  EXPECT_EQ(headers().size(), 2u);
  EXPECT_GT(stats().skippedTrackAbsent, 0u);
  EXPECT_EQ(stats().framesIn + stats().skippedTrackAbsent + stats().skippedLate, 400u + 1200u);
}

TEST_F(DropTest, AFragmentIsNotSentBeforeItsTracksAreKnown) {
  run(0, 20, true);
  ingest.gap(*microphone, 10s);  // the microphone says that it has nothing to say
  putVideo(2s, true);
  EXPECT_EQ(store.log().fragments().size(), 2u);
  EXPECT_FALSE(store.log().growing()->isSendable());
  wait(500ms);
  EXPECT_TRUE(store.log().growing()->isSendable());
  EXPECT_EQ(tracksOf(1), 1u);
}

// --- without room for what stands for a track ---

class FullStorage : public TracksTest {
 protected:
  FullStorage() : TracksTest(Options{.chunks = 8}) { audio(); }

  /// A key frame that waits for what shows where its group begins, and so is in before the room goes.
  void putHeldKey(Nanoseconds at) {
    auto units = accessUnit(true, nextNumber);
    units.back() = kvs::test::slice(false, nextNumber++);
    units.insert(units.end() - 1, kvs::test::recoveryPointOf264());
    Frame made = frame(at + 100ms, true, 100ms);
    made.dts = at;
    EXPECT_EQ(StreamFixture::put(made, annexB(units)).fate, FrameFate::accepted);
  }
  void takeAllRoom() {
    for (const std::size_t size : {store::chunkSize / 2, std::size_t{1}}) {
      while (auto block = store.log().reserve(mkv::simpleBlockHeadSize, size, false))
        taken_.push_back(std::move(*block));
    }
  }

 private:
  std::vector<store::Block> taken_;
};

TEST_F(FullStorage, TheFragmentThatIsBeingSentHasWhatItsHeaderSays) {
  putVideo(0s, true);
  putVideo(400ms, false);
  wait(500ms);  // for sound, which has nothing to say
  const auto session = body();
  Bytes bytes = readAll(*session);
  ASSERT_TRUE(store.feed().isInside());
  putHeldKey(1s);
  takeAllRoom();
  wait(500ms);
  ASSERT_EQ(store.log().fragments().size(), 2u);
  const Bytes rest = readAll(*session);
  bytes.insert(bytes.end(), rest.begin(), rest.end());
  const ReadSession read = parse(bytes, false);
  ASSERT_EQ(read.tracks.size(), 2u);
  EXPECT_EQ(std::ranges::count(read.clusters.at(0).blocks, std::uint64_t{audioNumber}, &ReadBlock::track), 1);
}

TEST_F(FullStorage, AHeaderLacksTheTrackThatNothingCanStandFor) {
  putVideo(0s, true);
  wait(500ms);
  const auto session = body();
  readAll(*session);  // or the first fragment would make room
  putHeldKey(1s);
  takeAllRoom();
  wait(500ms);
  wait(500ms);
  ASSERT_EQ(store.log().fragments().size(), 2u);
  const store::GrowingFragment& newest = *store.log().growing();
  EXPECT_TRUE(newest.isSendable());
  EXPECT_TRUE(newest.isWhole());
  EXPECT_EQ(parse(newest.header->bytes, false).tracks.size(), 1u);
}

// --- recordings ---

class OfflineTracks : public TracksTest {
 protected:
  OfflineTracks() : TracksTest(Options{.chunks = 256, .type = StreamingType::offline}) { audio(); }
};

TEST_F(OfflineTracks, WaitsInMediaTimeOnly) {
  for (int i = 0; i < 99; ++i)
    putVideo(100ms * i, i == 0);
  wait(1h);
  EXPECT_EQ(stats().framesIn, 0u) << "the demuxer may be slow";
  putVideo(9900ms, false);
  putVideo(10s, false);
  putVideo(10'100ms, false);
  EXPECT_GT(stats().framesIn, 0u) << "ten seconds ahead is enough";
}

TEST_F(OfflineTracks, WhoIsBehindIsLetInOverTheBudget) {
  const std::string large(60'000, 'a');
  int taken = 0;
  for (; storage->used() + 2 * store::chunkSize <= storage->limit(); ++taken)
    putVideo(10ms * taken, taken == 0), putOther(microphone, 10ms * taken, large, 10ms);
  const auto full = storage->used();
  EXPECT_EQ(putOther(microphone, 10ms * (taken - 1), large, 10ms).fate, FrameFate::accepted);
  EXPECT_EQ(putOther(microphone, 10ms * (taken - 1), large, 10ms).fate, FrameFate::accepted);
  EXPECT_GE(storage->used(), full);
}

TEST_F(OfflineTracks, SamplesWithoutTimesStandWhereTheMediaHasGotTo) {
  data();
  Frame sample;
  sample.key = true;
  for (int i = 0; i < 40; ++i) {  // as fast as it goes
    putVideo(500ms * i, i % 4 == 0);
    putOther(microphone, 500ms * i, "audio", 500ms);
    if (i % 4 == 2) StreamFixture::put(sensor, sample, asBytes("sample " + std::to_string(i)));
  }
  ingest.seal();
  EXPECT_EQ(stats().framesIn, 40u + 40u + 10u);
  EXPECT_EQ(stats().framesFilled, 0u);
}

// --- open groups ---

TEST_F(TracksTest, CodecChangesAreToldOnce) {
  putVideo(0s, true);
  heard();
  StreamFixture::put(frame(2s, true), annexB(accessUnit(true, 50, 64, kvs::test::largePicture)));
  StreamFixture::put(frame(4s, true), annexB(accessUnit(true, 51, 64, kvs::test::largePicture)));
  const auto told = heard();
  ASSERT_EQ(told.changes.size(), 1u);
  EXPECT_EQ(told.changes[0].width, 640u);
  EXPECT_EQ(told.changes[0].codecId, "V_MPEG4/ISO/AVC");
}

}  // namespace
}  // namespace kvs::stream
