// SPDX-License-Identifier: Apache-2.0
// When the budget is spent: whole fragments go in real time, and offline the frame waits.
#include <thread>

#include "nal_writer.h"
#include "stream_fixture.h"

namespace kvs::stream {
namespace {

using namespace std::chrono_literals;
using Ids = std::vector<store::FragmentId>;

class IngestRoom : public test::StreamFixture {
 protected:
  IngestRoom() : StreamFixture(Options{.chunks = 8}) { video(); }
};

TEST_F(IngestRoom, TheOldestFragmentsGoAndTheRestIsWhole) {
  putGroups(10, 10, 12'000);  // 120 KB each; 512 KB of room
  EXPECT_FALSE(lost().empty());
  EXPECT_EQ(lost().front(), 1u);
  EXPECT_TRUE(std::ranges::is_sorted(lost()));
  EXPECT_LE(storage->used(), storage->limit());
  EXPECT_EQ(numbers(parse(readAll(*body()))), range(10 * lost().size(), 100));
}

TEST_F(IngestRoom, AnOpenFragmentThatAloneFillsTheBudgetGoesWhole) {
  EXPECT_EQ(put(0s, true, 10'000), FrameFate::accepted);
  int accepted = 1;
  FrameFate fate = FrameFate::accepted;
  Nanoseconds pts = 0s;
  while (fate == FrameFate::accepted) {
    pts += 100ms;
    fate = put(pts, false, 60'000);
    accepted += fate == FrameFate::accepted;
    ASSERT_LT(accepted, 100);
  }
  EXPECT_EQ(fate, FrameFate::noRoom);
  EXPECT_EQ(lost(), (Ids{1}));
  EXPECT_EQ(put(pts + 100ms, false), FrameFate::afterGap) << "frames are refused until the next key frame";
  EXPECT_EQ(put(pts + 200ms, true), FrameFate::accepted);
  EXPECT_EQ(stats().skippedNoRoom, 1u);
  EXPECT_EQ(stats().skippedAfterGap, 1u);
  EXPECT_EQ(stats().framesIn, static_cast<std::uint64_t>(accepted + 1));
}

TEST_F(IngestRoom, TheOneUnderTheCursorIsFinishedOrItsSessionClosed) {
  put(0s, true, 10'000);
  const auto session = body();
  readAll(*session);
  intake::IngestOutcome outcome;
  Nanoseconds pts = 0s;
  do {
    pts += 100ms;
    outcome =
        StreamFixture::put(frame(pts, false), test::annexB(test::accessUnit(false, nextNumber++, 60'000)));
  } while (outcome.fate == FrameFate::accepted);
  EXPECT_EQ(outcome.fate, FrameFate::noRoom);
  EXPECT_TRUE(outcome.closeSession);
  EXPECT_TRUE(lost().empty()) << "never a part of one";
  EXPECT_TRUE(store.log().growing()->broken);
  EXPECT_EQ(put(pts + 100ms, false), FrameFate::afterGap);
  EXPECT_NE(put(pts + 200ms, true), FrameFate::accepted) << "nor is another begun behind a broken one";
  store.feed().rewind();  // the session is closed
  EXPECT_EQ(lost(), (Ids{1}));
  EXPECT_EQ(put(pts + 300ms, true), FrameFate::accepted);
}

TEST_F(IngestRoom, AFrameLargerThanTheWholeBudgetIsRefusedAlone) {
  putGroups(2, 10, 3000);
  const auto before = store.log().totals().fragments;
  EXPECT_EQ(put(nextPts, false, 600'000), FrameFate::noRoom);
  EXPECT_EQ(store.log().totals().fragments, before - 1) << "but for the group that it leaves torn";
}

TEST_F(IngestRoom, RoomComesBackAsFragmentsArePersisted) {
  for (int round = 0; round < 30; ++round) {
    putGroups(2, 10, 15'000);
    const auto session = body();
    readAll(*session);
    ingest.seal();
    readAll(*session);
    while (const auto* oldest = store.log().oldest())
      ASSERT_TRUE(store.log().markPersisted(oldest->id));
    EXPECT_EQ(storage->used(), 0u);
  }
  EXPECT_TRUE(lost().empty());
}

class IngestDuration : public test::StreamFixture {
 protected:
  IngestDuration() : StreamFixture(Options{.bufferDuration = 20s}) { video(); }
};

TEST_F(IngestDuration, OlderMediaGoes) {
  putGroups(15, 20);
  EXPECT_EQ(lost(), (Ids{1, 2, 3, 4, 5}));
  EXPECT_LE(store.log().totals().duration, 20s);
}

class IngestShortDuration : public test::StreamFixture {
 protected:
  IngestShortDuration() : StreamFixture(Options{.bufferDuration = 10s}) { video(); }
};

TEST_F(IngestShortDuration, AFragmentLongerThanTheBudgetGoesWhole) {
  EXPECT_EQ(put(0s, true), FrameFate::accepted);
  EXPECT_EQ(put(9s, false), FrameFate::accepted);
  EXPECT_EQ(put(11s, false), FrameFate::accepted);
  EXPECT_EQ(lost(), (Ids{1}));
  EXPECT_EQ(put(12s, false), FrameFate::afterGap);
  EXPECT_EQ(put(13s, true), FrameFate::accepted);
}

/// The least that a fragment may need is more than what was asked for.
class IngestLeastDuration : public test::StreamFixture {
 protected:
  IngestLeastDuration() : StreamFixture(Options{.bufferDuration = 1s, .leastDuration = 20s}) { video(); }
};

TEST_F(IngestLeastDuration, TheNewestFragmentStaysBesideTheOneThatGrows) {
  putGroups(4, 40);  // 4 s each
  EXPECT_EQ(lost(), (Ids{1, 2}));
  EXPECT_EQ(numbers(parse(readAll(*body()))), range(80, 160));
}

TEST_F(IngestLeastDuration, TheBoundOfAFragmentIsStillABound) {
  put(0s, true);
  for (int second = 1; second < 15; ++second)
    put(Seconds(second), false);
  put(15s, true);
  for (int second = 16; second <= 20; ++second)
    put(Seconds(second), false);
  EXPECT_TRUE(lost().empty());
  put(21s, false);
  EXPECT_EQ(lost(), (Ids{1}));
}

/// The same of bytes.
class IngestLeastStorage : public test::StreamFixture {
 protected:
  IngestLeastStorage() : StreamFixture(Options{.chunks = 2, .leastChunks = 16}) { video(); }
};

TEST_F(IngestLeastStorage, AFragmentLargerThanTheStorageIsHeldWhole) {
  putGroups(6, 10, 30'000);  // 300 KB each; 128 KB asked for, 1 MB at least
  EXPECT_EQ(numbers(parse(readAll(*body()))), range(40, 60));
  EXPECT_EQ(stats().skippedNoRoom, 0u);
}

TEST_F(IngestDuration, ThePinnedOneInTheWayClosesTheSession) {
  put(0s, true);
  for (int second = 1; second < 15; ++second)
    put(Seconds(second), false);
  const auto session = body();
  Bytes some(200);
  session->read(some);  // inside the first fragment
  put(15s, true);
  intake::IngestOutcome outcome;
  for (int second = 16; second < 24; ++second)
    outcome = StreamFixture::put(frame(Seconds(second), false),
                                 test::annexB(test::accessUnit(false, nextNumber++)));
  EXPECT_TRUE(outcome.closeSession);
  EXPECT_TRUE(lost().empty());
  store.feed().rewind();
  put(24s, false);
  EXPECT_EQ(lost(), (Ids{1}));
}

/// Offline: nothing is dropped, the streaming thread waits for the loop.
class IngestOffline : public test::StreamFixture {
 protected:
  IngestOffline()
      : StreamFixture(Options{.chunks = 8, .bufferDuration = 120s, .type = StreamingType::offline}) {
    video();
  }

  /// Fragments of ten seconds until the next frame would have to wait.
  void fill() {
    while (storage->used() + 2 * store::chunkSize <= storage->limit()) {
      EXPECT_EQ(put(nextPts, true, 9'000), FrameFate::accepted);
      nextPts += 5s;
    }
  }
  void persistOldest() {
    const Lock lock(store.mutex());
    while (store.feed().ahead().record && !store.feed().ahead().record->isGrowing()) {
      store.feed().enter();
      while (store.feed().read(1 << 20).size > 0) {
      }
      store.feed().leave();
    }
    ASSERT_TRUE(store.log().markPersisted(store.log().oldest()->id));
    store.changed();
  }
  /// Puts large frames on a thread of its own until `count` are in or one is not taken. Its end wakes it,
  /// so that a failing test ends too.
  class Feeder {
   public:
    Feeder(IngestOffline& test, int count) : test_(test), thread_([&test, count] { test.feed(count); }) {}
    ~Feeder() { test_.interrupt(); }

   private:
    IngestOffline& test_;
    std::jthread thread_;
  };
  void feed(int count) {
    for (int i = 0; i < count; ++i) {
      fate = put(nextPts, true, 60'000);
      nextPts += 5s;
      if (*fate != FrameFate::accepted) break;
      ++taken;
    }
    done = true;
  }
  void interrupt() {
    const Lock lock(store.mutex());
    state.interrupted = true;
    store.changed();
  }
  /// A condition that another thread brings about, bounded.
  template <class Condition>
  bool eventually(Condition condition) {
    const auto until = std::chrono::steady_clock::now() + 20s;
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

  std::atomic<int> taken{0};
  std::atomic<bool> done{false};
  std::optional<FrameFate> fate;
};

TEST_F(IngestOffline, FragmentsGrowToTenSeconds) {
  putGroups(13, 20);  // 2 s each
  ASSERT_EQ(store.log().fragments().size(), 3u);
  EXPECT_EQ(store.log().fragments()[0].content->duration, 10s);
}

TEST_F(IngestOffline, WaitsForRoomAndLosesNothing) {
  fill();
  {
    const Feeder feeder(*this, 20);
    while (!done) {
      ASSERT_TRUE(eventually([&] {
        const Lock lock(store.mutex());
        return done || store.log().totals().fragments > 1;
      }));
      if (!done) persistOldest();
    }
  }
  EXPECT_EQ(taken, 20);
  EXPECT_TRUE(lost().empty());
  EXPECT_LE(storage->used(), storage->limit());
}

TEST_F(IngestOffline, InterruptWakesTheWait) {
  fill();
  {
    const Feeder feeder(*this, 100);
    ASSERT_TRUE(eventually([&] { return waits(); }));
    interrupt();
  }
  EXPECT_EQ(fate, FrameFate::interrupted);
  EXPECT_TRUE(lost().empty());
}

TEST_F(IngestOffline, TheStreamsEndWakesTheWait) {
  fill();
  {
    const Feeder feeder(*this, 100);
    ASSERT_TRUE(eventually([&] { return waits(); }));
    const Lock lock(store.mutex());
    store.end({StatusCode::streamStopped, ErrorKind::cancelled, "stopped"});
    store.changed();
  }
  ASSERT_TRUE(fate);
  EXPECT_NE(*fate, FrameFate::accepted);
}

TEST_F(IngestOffline, AFlushDoesNotWaitForAFrameThatWaits) {
  fill();
  const Feeder feeder(*this, 100);
  ASSERT_TRUE(eventually([&] { return waits(); }));
  ingest.seal();  // what endOfStream() and flush() call: must come back
  const Lock lock(store.mutex());
  EXPECT_EQ(store.log().growing(), nullptr);
}

TEST_F(IngestOffline, OneGroupThatFillsTheStorageIsAnErrorAndNoEndlessWait) {
  Nanoseconds pts = 0s;
  std::optional<Error> error;
  for (int i = 0; i < 100 && !error; ++i) {
    const Bytes bytes = test::annexB(test::accessUnit(i == 0, nextNumber++, 30'000));
    const ByteView view = bytes;
    Frame made = frame(pts, i == 0);
    made.payload = Pieces(&view, 1);
    const auto outcome = ingest.put(*camera, made);
    if (!outcome) error = outcome.error();
    pts += 100ms;
  }
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, StatusCode::storeOutOfMemory);
}

/// Its bytes are in no fragment yet, so no fragment can give any back.
TEST_F(IngestOffline, APictureInPiecesThatFillsTheStorageIsAnErrorAndNoEndlessWait) {
  TrackFormat pieces = test::h264Track();
  pieces.nalAligned = true;
  ASSERT_TRUE(set(camera, TrackKind::video, pieces));
  state.interrupted = true;  // whoever waits comes back at once
  Bytes message = kvs::test::fromHex("0605");
  message.resize(60'000, std::byte{0x55});
  const Bytes piece = test::annexB({message});
  const ByteView view = piece;
  Frame made = frame(0s, true);
  made.payload = Pieces(&view, 1);
  made.endOfUnit = false;
  auto outcome = ingest.put(*camera, made);
  for (int i = 0; i < 100 && outcome && outcome->fate == FrameFate::accepted; ++i)
    outcome = ingest.put(*camera, made);
  ASSERT_FALSE(outcome) << "fate " << static_cast<int>(outcome->fate);
  EXPECT_EQ(outcome.error().code, StatusCode::storeOutOfMemory);
}

/// A key frame waits for what shows where its group begins. Without room for that neither would ever go.
TEST_F(IngestOffline, WhatShowsWhereAnOpenGroupBeginsIsLetIn) {
  state.interrupted = true;  // whoever waits comes back at once
  for (int i = 0; storage->used() < storage->limit(); ++i)
    ASSERT_EQ(put(100ms * i, i == 0, 30'000), FrameFate::accepted);
  const auto putDecoded = [this](Nanoseconds dts, Nanoseconds pts, const std::vector<Bytes>& units) {
    Frame made = frame(pts, false);
    made.key = units.size() > 1;
    made.dts = dts;
    return StreamFixture::put(made, test::annexB(units)).fate;
  };
  auto recoveryPoint = test::accessUnit(true, nextNumber, 64);
  recoveryPoint.back() = kvs::test::slice(false, nextNumber++, 64);
  recoveryPoint.insert(recoveryPoint.end() - 1, kvs::test::recoveryPointOf264());
  EXPECT_EQ(putDecoded(12s, 12'200ms, recoveryPoint), FrameFate::accepted);
  ASSERT_EQ(store.log().fragments().size(), 1u) << "it is held";
  EXPECT_EQ(putDecoded(12'100ms, 12'100ms, {kvs::test::slice(false, nextNumber++, 60'000)}),
            FrameFate::accepted);
  EXPECT_EQ(putDecoded(12'200ms, 12'300ms, {kvs::test::slice(false, nextNumber++, 60'000)}),
            FrameFate::accepted);
  ASSERT_EQ(store.log().fragments().size(), 2u);
  EXPECT_EQ(stats().timesRaised, 0u) << "the picture that leads the key frame is where it belongs";
  EXPECT_GT(storage->used(), storage->limit()) << "a bound that is passed offline alone";
}

TEST_F(IngestOffline, TheBudgetOfSecondsHoldsBackToo) {
  while (store.log().totals().duration <= 120s) {
    const Bytes bytes = test::annexB(test::accessUnit(true, nextNumber++));
    EXPECT_EQ(StreamFixture::put(frame(nextPts, true, 5s), bytes).fate, FrameFate::accepted);
    nextPts += 5s;
  }
  const Feeder feeder(*this, 1);
  ASSERT_TRUE(eventually([&] { return waits(); }));
  persistOldest();
  EXPECT_TRUE(eventually([&] { return done.load(); }));
  EXPECT_EQ(taken, 1);
}

}  // namespace
}  // namespace kvs::stream
