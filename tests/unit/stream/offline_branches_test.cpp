// SPDX-License-Identifier: Apache-2.0
// Recordings whose tracks come from threads of their own: the one that is ahead waits for the other, and
// nothing is lost or made up. One thread that feeds several tracks never waits for itself.
#include <atomic>
#include <functional>
#include <thread>

#include "stream_fixture.h"

namespace kvs::stream {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t videoNumber = 1;
constexpr std::uint32_t audioNumber = 2;
constexpr std::uint32_t dataNumber = 3;
constexpr auto audioPeriod = 20ms;
constexpr auto videoPeriod = 100ms;

class OfflineBranches : public test::StreamFixture {
 protected:
  explicit OfflineBranches(std::size_t chunks = 512)
      : StreamFixture(Options{
            .chunks = chunks, .type = StreamingType::offline, .enoughBytes = std::uint64_t{1} << 20}) {
    video();
    setAudio(audioNumber);
  }

  void setAudio(std::uint32_t number) {
    TrackConfig track;
    track.number = number;
    track.kind = media::TrackKind::audio;
    track.codec = media::Codec::mulaw;
    track.samplingFrequency = 8000;
    track.channels = 1;
    ASSERT_TRUE(ingest.setTrack(track));
  }
  void setData() {
    TrackConfig track;
    track.number = dataNumber;
    track.kind = media::TrackKind::data;
    track.codec = media::Codec::other;
    track.codecId = "S_TEXT/UTF8";
    ASSERT_TRUE(ingest.setTrack(track));
  }

  FrameFate putVideo(Nanoseconds at, std::size_t size = 64) {
    Frame made = frame(at, at % 1s == 0s, videoPeriod);
    made.dts = at;
    return StreamFixture::put(made, test::annexB(test::accessUnit(made.key, nextNumber++, size))).fate;
  }
  FrameFate putSound(std::uint32_t track, Nanoseconds at) {
    Frame made = frame(at, true, track == dataNumber ? Nanoseconds{0} : audioPeriod);
    made.track = track;
    return StreamFixture::put(made, asBytes("sample")).fate;
  }

  /// A branch with a thread of its own, from `from` up to `to`. Its end frees it, so that a failing test
  /// ends, too.
  class Branch {
   public:
    using Put = std::function<FrameFate(Nanoseconds)>;
    Branch(OfflineBranches& test, Nanoseconds from, Nanoseconds to, Nanoseconds period, Put put)
        : test_(test), thread_([=, this] { run(from, to, period, put); }) {}
    ~Branch() {
      test_.interrupt(true);
      thread_.join();
      test_.interrupt(false);
    }
    Branch(const Branch&) = delete;
    Branch& operator=(const Branch&) = delete;
    bool isDone() const { return done_; }
    FrameFate last() const { return last_; }
    int taken() const { return taken_; }

   private:
    void run(Nanoseconds from, Nanoseconds to, Nanoseconds period, const Put& put) {
      for (Nanoseconds at = from; at < to && last_ == FrameFate::accepted; at += period) {
        last_ = put(at);
        if (last_ == FrameFate::accepted) ++taken_;
      }
      done_ = true;
    }

    OfflineBranches& test_;
    std::atomic<bool> done_{false};
    std::atomic<FrameFate> last_{FrameFate::accepted};
    std::atomic<int> taken_{0};
    std::thread thread_;
  };
  std::unique_ptr<Branch> videoBranch(Nanoseconds to, std::size_t size = 64) {
    return std::make_unique<Branch>(*this, 0s, to, videoPeriod,
                                    [=, this](Nanoseconds at) { return putVideo(at, size); });
  }
  std::unique_ptr<Branch> audioBranch(Nanoseconds from, Nanoseconds to, std::uint32_t number = audioNumber) {
    return std::make_unique<Branch>(*this, from, to, audioPeriod,
                                    [=, this](Nanoseconds at) { return putSound(number, at); });
  }
  void feedAudio(Nanoseconds from, Nanoseconds to) {
    for (Nanoseconds at = from; at < to; at += audioPeriod)
      ASSERT_EQ(putSound(audioNumber, at), FrameFate::accepted) << at / 1ms;
  }

  template <class Condition>
  bool eventually(Condition condition) {
    const auto until = std::chrono::steady_clock::now() + 30s;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > until) return false;
      std::this_thread::yield();
    }
    return true;
  }
  bool waits() {
    const std::lock_guard lock(buffer.mutex);
    return buffer.waiting > 0;
  }
  /// It has stopped, and is not at its end.
  bool isHeldBack(const Branch& branch) {
    return eventually([&] { return waits() || branch.isDone(); }) && !branch.isDone();
  }
  bool endsWell(const Branch& branch) {
    return eventually([&] { return branch.isDone(); }) && branch.last() == FrameFate::accepted;
  }
  void interrupt(bool on) {
    const std::lock_guard lock(buffer.mutex);
    buffer.interrupted = on;
    buffer.changed.notify_all();
  }
  void persistOldest() {
    const std::lock_guard lock(buffer.mutex);
    while (buffer.feed->ahead().record && !buffer.feed->ahead().record->isGrowing()) {
      buffer.feed->enter();
      while (buffer.feed->read(1 << 20).size > 0) {
      }
      buffer.feed->leave();
    }
    const auto* oldest = buffer.log.oldest();
    if (oldest && !oldest->isGrowing()) {
      ASSERT_TRUE(buffer.log.markPersisted(oldest->id));
    }
    buffer.changed.notify_all();
  }

  void expectAll(std::uint64_t frames) {
    ingest.seal();
    EXPECT_EQ(buffer.stats.framesIn, frames);
    EXPECT_EQ(buffer.stats.framesFilled, 0u);
    EXPECT_EQ(buffer.stats.skippedLate + buffer.stats.skippedTrackAbsent + buffer.stats.skippedAfterGap +
                  buffer.stats.skippedBeforeKeyFrame + buffer.stats.skippedNoRoom,
              0u);
    EXPECT_TRUE(lost.empty());
  }
};

TEST_F(OfflineBranches, VideoThatIsAheadWaitsForSlowAudioAndNothingIsLost) {
  ASSERT_EQ(putSound(audioNumber, 0s), FrameFate::accepted);
  const auto camera = videoBranch(60s);
  ASSERT_TRUE(isHeldBack(*camera));
  EXPECT_LE(camera->taken(), 101);
  feedAudio(audioPeriod, 60s);
  ASSERT_TRUE(endsWell(*camera));
  expectAll(600 + 3000);
}

TEST_F(OfflineBranches, AudioThatIsAheadWaitsForSlowVideoAndNothingIsLost) {
  ASSERT_EQ(putVideo(0s), FrameFate::accepted);
  const auto microphone = audioBranch(0s, 60s);
  ASSERT_TRUE(isHeldBack(*microphone));
  for (Nanoseconds at = videoPeriod; at < 60s; at += videoPeriod)
    ASSERT_EQ(putVideo(at), FrameFate::accepted);
  ASSERT_TRUE(endsWell(*microphone));
  expectAll(600 + 3000);
}

TEST_F(OfflineBranches, VideoThatIsAheadOfAudioThatHasNotBegunWaitsForItsStart) {
  std::unique_ptr<Branch> camera;
  std::thread other([&] { ingest.setTrack(test::h264Track()); });
  other.join();
  camera = videoBranch(60s);
  ASSERT_TRUE(isHeldBack(*camera));
  feedAudio(0s, 60s);
  ASSERT_TRUE(endsWell(*camera));
  expectAll(600 + 3000);
}

TEST_F(OfflineBranches, ABranchThatNeverBeginsIsNotWaitedForForEver) {
  const auto camera = videoBranch(60s);  // audio was set up by this thread, and gives nothing
  ASSERT_TRUE(isHeldBack(*camera));
  clock.advance(4s);
  EXPECT_FALSE(camera->isDone());
  clock.advance(1s);
  ASSERT_TRUE(endsWell(*camera));
  ingest.seal();
  EXPECT_GE(buffer.stats.framesIn, 600u);
}

TEST_F(OfflineBranches, AudioThatBeginsHalfAMinuteLaterIsWhole) {
  const auto microphone = audioBranch(30s, 60s);
  ASSERT_TRUE(eventually([&] { return waits() || microphone->taken() > 0; }));
  const auto camera = videoBranch(60s);
  ASSERT_TRUE(endsWell(*camera));
  ASSERT_TRUE(endsWell(*microphone));
  ingest.seal();
  EXPECT_EQ(buffer.stats.skippedLate + buffer.stats.skippedTrackAbsent + buffer.stats.skippedAfterGap, 0u);
  EXPECT_EQ(buffer.stats.framesIn, 600u + 1500u);
}

TEST_F(OfflineBranches, OneThreadForBothNeverWaitsForItself) {
  ASSERT_EQ(putSound(audioNumber, 0s), FrameFate::accepted);
  for (Nanoseconds at = 0s; at < 60s; at += videoPeriod)
    ASSERT_EQ(putVideo(at), FrameFate::accepted);
  EXPECT_FALSE(waits());
  EXPECT_GT(buffer.stats.framesIn, 400u) << "what can no longer be waited for is not waited for";
}

TEST_F(OfflineBranches, AThreadThatTakesTheOtherTrackOverWaitsForItselfNoMore) {
  { ASSERT_TRUE(endsWell(*audioBranch(0s, 1s))); }
  ASSERT_EQ(putSound(audioNumber, 1s), FrameFate::accepted) << "from now on of this thread";
  for (Nanoseconds at = 0s; at < 60s; at += videoPeriod)
    ASSERT_EQ(putVideo(at), FrameFate::accepted);
  EXPECT_FALSE(waits());
}

TEST_F(OfflineBranches, ABranchThatGetsAnotherThreadIsStillWaitedFor) {
  const auto firstHalf = audioBranch(0s, 5s);
  ASSERT_TRUE(endsWell(*firstHalf));
  const auto camera = videoBranch(60s);
  ASSERT_TRUE(isHeldBack(*camera));
  const auto secondHalf = audioBranch(5s, 60s);
  ASSERT_TRUE(endsWell(*secondHalf));
  ASSERT_TRUE(endsWell(*camera));
  expectAll(600 + 3000);
}

TEST_F(OfflineBranches, EndGapRemovalFreeTheOneThatIsAhead) {
  const std::vector<std::function<void()>> ways{
      [&] { ingest.endTrack(audioNumber); },
      [&] { ingest.putGap(audioNumber, nextPts); },
      [&] { ingest.removeTrack(audioNumber); },
  };
  for (const auto& way : ways) {
    setAudio(audioNumber);
    ASSERT_EQ(putSound(audioNumber, nextPts), FrameFate::accepted);
    const Nanoseconds begin = std::exchange(nextPts, nextPts + 30s);
    Branch camera(*this, begin, begin + 30s, videoPeriod, [this](Nanoseconds at) { return putVideo(at); });
    ASSERT_TRUE(isHeldBack(camera));
    way();
    ASSERT_TRUE(endsWell(camera));
  }
}

TEST_F(OfflineBranches, AFlushFreesTheOneThatIsAhead) {
  ASSERT_EQ(putSound(audioNumber, 0s), FrameFate::accepted);
  const auto camera = videoBranch(60s);
  ASSERT_TRUE(isHeldBack(*camera));
  interrupt(true);
  ASSERT_TRUE(eventually([&] { return camera->isDone(); }));
  EXPECT_EQ(camera->last(), FrameFate::interrupted);
}

TEST_F(OfflineBranches, TheStreamsEndFreesTheOneThatIsAhead) {
  ASSERT_EQ(putSound(audioNumber, 0s), FrameFate::accepted);
  const auto camera = videoBranch(60s);
  ASSERT_TRUE(isHeldBack(*camera));
  {
    const std::lock_guard lock(buffer.mutex);
    buffer.ended = Error{StatusCode::streamStopped, ErrorKind::cancelled, "stopped"};
    buffer.changed.notify_all();
  }
  EXPECT_TRUE(eventually([&] { return camera->isDone(); }));
}

TEST_F(OfflineBranches, DataHoldNobodyUpAndAreHeldBackThemselves) {
  setData();
  ASSERT_EQ(putSound(dataNumber, 0s), FrameFate::accepted);
  const auto microphone = audioBranch(0s, 60s);
  const auto camera = videoBranch(60s);
  ASSERT_TRUE(endsWell(*camera));
  ASSERT_TRUE(endsWell(*microphone));
  const Branch samples(*this, 59s, 100s, 1s, [this](Nanoseconds at) { return putSound(dataNumber, at); });
  EXPECT_TRUE(isHeldBack(samples));
}

TEST_F(OfflineBranches, OfThreeTheLastIsWaitedForAndNoTwoForEachOther) {
  constexpr std::uint32_t second = 4;
  setAudio(second);
  ASSERT_EQ(putSound(second, 0s), FrameFate::accepted);
  const auto camera = videoBranch(60s);
  const auto microphone = audioBranch(0s, 60s);
  ASSERT_TRUE(isHeldBack(*camera));
  for (Nanoseconds at = audioPeriod; at < 60s; at += audioPeriod)
    ASSERT_EQ(putSound(second, at), FrameFate::accepted);
  ASSERT_TRUE(endsWell(*camera));
  ASSERT_TRUE(endsWell(*microphone));
  expectAll(600 + 2 * 3000);
}

TEST_F(OfflineBranches, TheThreadOfTheLastTrackIsNeverHeldBackWithAnotherOfItsTracks) {
  constexpr std::uint32_t second = 4;
  setAudio(second);
  ASSERT_EQ(putVideo(0s), FrameFate::accepted);
  ASSERT_EQ(putSound(second, 0s), FrameFate::accepted);
  const auto microphone = audioBranch(0s, 60s);
  ASSERT_TRUE(isHeldBack(*microphone));
  for (Nanoseconds at = videoPeriod; at < 60s; at += videoPeriod)  // the second one stays where it is
    ASSERT_EQ(putVideo(at), FrameFate::accepted);
  ASSERT_TRUE(endsWell(*microphone));
}

class SmallOfflineBranches : public OfflineBranches {
 protected:
  SmallOfflineBranches() : OfflineBranches(64) {}  // 4 MiB
};

TEST_F(SmallOfflineBranches, AStorageFullOfVideoThatWaitsForAudioLosesNoAudio) {
  ASSERT_EQ(putSound(audioNumber, 0s), FrameFate::accepted);
  const auto camera = videoBranch(30s, 60'000);  // seven seconds fill it
  ASSERT_TRUE(isHeldBack(*camera));
  std::atomic<bool> fed{false};
  std::thread loop([&] {
    while (!fed || !camera->isDone())
      persistOldest();
  });
  feedAudio(audioPeriod, 30s);
  fed = true;
  EXPECT_TRUE(endsWell(*camera));
  if (!camera->isDone()) interrupt(true);
  loop.join();
  expectAll(300 + 1500);
}

}  // namespace
}  // namespace kvs::stream
