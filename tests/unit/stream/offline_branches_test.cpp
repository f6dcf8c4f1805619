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

constexpr auto audioPeriod = 20ms;
constexpr auto videoPeriod = 100ms;

class OfflineBranches : public test::StreamFixture {
 protected:
  explicit OfflineBranches(std::size_t chunks = 512)
      : StreamFixture(Options{
            .chunks = chunks, .type = StreamingType::offline, .enoughBytes = std::uint64_t{1} << 20}) {
    video();
    audio(microphone);
  }

  void audio(intake::TrackPtr& track) {
    TrackFormat format;
    format.codec = media::Codec::mulaw;
    format.samplingFrequency = 8000;
    format.channels = 1;
    ASSERT_TRUE(set(track, TrackKind::audio, format));
  }
  void data() {
    TrackFormat format;
    format.codec = media::Codec::other;
    format.codecId = "S_TEXT/UTF8";
    ASSERT_TRUE(setData(format));
  }

  FrameFate putVideo(Nanoseconds at, std::size_t size = 64) {
    Frame made = frame(at, at % 1s == 0s, videoPeriod);
    made.dts = at;
    return StreamFixture::put(made, test::annexB(test::accessUnit(made.key, nextNumber++, size))).fate;
  }
  FrameFate putSound(const intake::TrackPtr& track, Nanoseconds at) {
    const Frame made = frame(at, true, track->isData() ? Nanoseconds{0} : audioPeriod);
    return StreamFixture::put(track, made, asBytes("sample")).fate;
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
  std::unique_ptr<Branch> audioBranch(Nanoseconds from, Nanoseconds to) {
    return std::make_unique<Branch>(*this, from, to, audioPeriod,
                                    [this](Nanoseconds at) { return putSound(microphone, at); });
  }
  void feedAudio(Nanoseconds from, Nanoseconds to) {
    for (Nanoseconds at = from; at < to; at += audioPeriod)
      ASSERT_EQ(putSound(microphone, at), FrameFate::accepted) << at / 1ms;
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
    const Lock lock(store.mutex());
    return state.waiting > 0;
  }
  /// It has stopped, and is not at its end.
  bool isHeldBack(const Branch& branch) {
    return eventually([&] { return waits() || branch.isDone(); }) && !branch.isDone();
  }
  bool endsWell(const Branch& branch) {
    return eventually([&] { return branch.isDone(); }) && branch.last() == FrameFate::accepted;
  }
  void interrupt(bool on) {
    const Lock lock(store.mutex());
    state.interrupted = on;
    store.changed();
  }
  void persistOldest() {
    const Lock lock(store.mutex());
    while (store.feed().ahead().record && !store.feed().ahead().record->isGrowing()) {
      store.feed().enter();
      while (store.feed().read(1 << 20).size > 0) {
      }
      store.feed().leave();
    }
    const auto* oldest = store.log().oldest();
    if (oldest && !oldest->isGrowing()) {
      ASSERT_TRUE(store.log().markPersisted(oldest->id));
    }
    store.changed();
  }

  void expectAll(std::uint64_t frames) {
    ingest.seal();
    EXPECT_EQ(stats().framesIn, frames);
    EXPECT_EQ(stats().framesFilled, 0u);
    EXPECT_EQ(stats().skippedLate + stats().skippedTrackAbsent + stats().skippedAfterGap +
                  stats().skippedBeforeKeyFrame + stats().skippedNoRoom,
              0u);
    EXPECT_TRUE(lost().empty());
  }
};

TEST_F(OfflineBranches, VideoThatIsAheadWaitsForSlowAudioAndNothingIsLost) {
  ASSERT_EQ(putSound(microphone, 0s), FrameFate::accepted);
  const auto pictures = videoBranch(60s);
  ASSERT_TRUE(isHeldBack(*pictures));
  EXPECT_LE(pictures->taken(), 101);
  feedAudio(audioPeriod, 60s);
  ASSERT_TRUE(endsWell(*pictures));
  expectAll(600 + 3000);
}

TEST_F(OfflineBranches, AudioThatIsAheadWaitsForSlowVideoAndNothingIsLost) {
  ASSERT_EQ(putVideo(0s), FrameFate::accepted);
  const auto sound = audioBranch(0s, 60s);
  ASSERT_TRUE(isHeldBack(*sound));
  for (Nanoseconds at = videoPeriod; at < 60s; at += videoPeriod)
    ASSERT_EQ(putVideo(at), FrameFate::accepted);
  ASSERT_TRUE(endsWell(*sound));
  expectAll(600 + 3000);
}

TEST_F(OfflineBranches, VideoThatIsAheadOfAudioThatHasNotBegunWaitsForItsStart) {
  std::unique_ptr<Branch> pictures;
  std::thread other([&] { setVideo(test::h264Track()); });
  other.join();
  pictures = videoBranch(60s);
  ASSERT_TRUE(isHeldBack(*pictures));
  feedAudio(0s, 60s);
  ASSERT_TRUE(endsWell(*pictures));
  expectAll(600 + 3000);
}

TEST_F(OfflineBranches, ABranchThatNeverBeginsIsNotWaitedForForEver) {
  const auto pictures = videoBranch(60s);  // audio was set up by this thread, and gives nothing
  ASSERT_TRUE(isHeldBack(*pictures));
  clock.advance(4s);
  EXPECT_FALSE(pictures->isDone());
  clock.advance(1s);
  ASSERT_TRUE(endsWell(*pictures));
  ingest.seal();
  EXPECT_GE(stats().framesIn, 600u);
}

TEST_F(OfflineBranches, AudioThatBeginsHalfAMinuteLaterIsWhole) {
  const auto sound = audioBranch(30s, 60s);
  ASSERT_TRUE(eventually([&] { return waits() || sound->taken() > 0; }));
  const auto pictures = videoBranch(60s);
  ASSERT_TRUE(endsWell(*pictures));
  ASSERT_TRUE(endsWell(*sound));
  ingest.seal();
  EXPECT_EQ(stats().skippedLate + stats().skippedTrackAbsent + stats().skippedAfterGap, 0u);
  EXPECT_EQ(stats().framesIn, 600u + 1500u);
}

TEST_F(OfflineBranches, OneThreadForBothNeverWaitsForItself) {
  ASSERT_EQ(putSound(microphone, 0s), FrameFate::accepted);
  for (Nanoseconds at = 0s; at < 60s; at += videoPeriod)
    ASSERT_EQ(putVideo(at), FrameFate::accepted);
  EXPECT_FALSE(waits());
  EXPECT_GT(stats().framesIn, 400u) << "what can no longer be waited for is not waited for";
}

TEST_F(OfflineBranches, AThreadThatTakesTheOtherTrackOverWaitsForItselfNoMore) {
  { ASSERT_TRUE(endsWell(*audioBranch(0s, 1s))); }
  ASSERT_EQ(putSound(microphone, 1s), FrameFate::accepted) << "from now on of this thread";
  for (Nanoseconds at = 0s; at < 60s; at += videoPeriod)
    ASSERT_EQ(putVideo(at), FrameFate::accepted);
  EXPECT_FALSE(waits());
}

TEST_F(OfflineBranches, ABranchThatGetsAnotherThreadIsStillWaitedFor) {
  const auto firstHalf = audioBranch(0s, 5s);
  ASSERT_TRUE(endsWell(*firstHalf));
  const auto pictures = videoBranch(60s);
  ASSERT_TRUE(isHeldBack(*pictures));
  const auto secondHalf = audioBranch(5s, 60s);
  ASSERT_TRUE(endsWell(*secondHalf));
  ASSERT_TRUE(endsWell(*pictures));
  expectAll(600 + 3000);
}

TEST_F(OfflineBranches, EndGapRemovalFreeTheOneThatIsAhead) {
  const std::vector<std::function<void()>> ways{
      [&] { ingest.end(*microphone); },
      [&] { ingest.gap(*microphone, nextPts); },
      [&] { remove(microphone); },
  };
  for (const auto& way : ways) {
    audio(microphone);
    ASSERT_EQ(putSound(microphone, nextPts), FrameFate::accepted);
    const Nanoseconds begin = std::exchange(nextPts, nextPts + 30s);
    Branch pictures(*this, begin, begin + 30s, videoPeriod, [this](Nanoseconds at) { return putVideo(at); });
    ASSERT_TRUE(isHeldBack(pictures));
    way();
    ASSERT_TRUE(endsWell(pictures));
  }
}

TEST_F(OfflineBranches, AFlushFreesTheOneThatIsAhead) {
  ASSERT_EQ(putSound(microphone, 0s), FrameFate::accepted);
  const auto pictures = videoBranch(60s);
  ASSERT_TRUE(isHeldBack(*pictures));
  interrupt(true);
  ASSERT_TRUE(eventually([&] { return pictures->isDone(); }));
  EXPECT_EQ(pictures->last(), FrameFate::interrupted);
}

TEST_F(OfflineBranches, TheStreamsEndFreesTheOneThatIsAhead) {
  ASSERT_EQ(putSound(microphone, 0s), FrameFate::accepted);
  const auto pictures = videoBranch(60s);
  ASSERT_TRUE(isHeldBack(*pictures));
  {
    const Lock lock(store.mutex());
    store.end({StatusCode::streamStopped, ErrorKind::cancelled, "stopped"});
    store.changed();
  }
  EXPECT_TRUE(eventually([&] { return pictures->isDone(); }));
}

TEST_F(OfflineBranches, DataHoldNobodyUpAndAreHeldBackThemselves) {
  data();
  ASSERT_EQ(putSound(sensor, 0s), FrameFate::accepted);
  const auto sound = audioBranch(0s, 60s);
  const auto pictures = videoBranch(60s);
  ASSERT_TRUE(endsWell(*pictures));
  ASSERT_TRUE(endsWell(*sound));
  const Branch samples(*this, 59s, 100s, 1s, [this](Nanoseconds at) { return putSound(sensor, at); });
  EXPECT_TRUE(isHeldBack(samples));
}

TEST_F(OfflineBranches, OfThreeTheLastIsWaitedForAndNoTwoForEachOther) {
  intake::TrackPtr second;
  audio(second);
  ASSERT_EQ(putSound(second, 0s), FrameFate::accepted);
  const auto pictures = videoBranch(60s);
  const auto sound = audioBranch(0s, 60s);
  ASSERT_TRUE(isHeldBack(*pictures));
  for (Nanoseconds at = audioPeriod; at < 60s; at += audioPeriod)
    ASSERT_EQ(putSound(second, at), FrameFate::accepted);
  ASSERT_TRUE(endsWell(*pictures));
  ASSERT_TRUE(endsWell(*sound));
  expectAll(600 + 2 * 3000);
}

TEST_F(OfflineBranches, TheThreadOfTheLastTrackIsNeverHeldBackWithAnotherOfItsTracks) {
  intake::TrackPtr second;
  audio(second);
  ASSERT_EQ(putVideo(0s), FrameFate::accepted);
  ASSERT_EQ(putSound(second, 0s), FrameFate::accepted);
  const auto sound = audioBranch(0s, 60s);
  ASSERT_TRUE(isHeldBack(*sound));
  for (Nanoseconds at = videoPeriod; at < 60s; at += videoPeriod)  // the second one stays where it is
    ASSERT_EQ(putVideo(at), FrameFate::accepted);
  ASSERT_TRUE(endsWell(*sound));
}

class SmallOfflineBranches : public OfflineBranches {
 protected:
  SmallOfflineBranches() : OfflineBranches(64) {}  // 4 MiB
};

TEST_F(SmallOfflineBranches, AStorageFullOfVideoThatWaitsForAudioLosesNoAudio) {
  ASSERT_EQ(putSound(microphone, 0s), FrameFate::accepted);
  const auto pictures = videoBranch(30s, 60'000);  // seven seconds fill it
  ASSERT_TRUE(isHeldBack(*pictures));
  std::atomic<bool> fed{false};
  std::thread loop([&] {
    while (!fed || !pictures->isDone())
      persistOldest();
  });
  feedAudio(audioPeriod, 30s);
  fed = true;
  EXPECT_TRUE(endsWell(*pictures));
  if (!pictures->isDone()) interrupt(true);
  loop.join();
  expectAll(300 + 1500);
}

}  // namespace
}  // namespace kvs::stream
