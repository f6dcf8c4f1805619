// SPDX-License-Identifier: Apache-2.0
// What becomes of fragments, and that the counts say so.
#include "store/stream_store.h"

#include <gtest/gtest.h>

namespace kvs::store {
namespace {

using namespace std::chrono_literals;

constexpr WallTime noon{1'700'000'000s};

class StreamStoreTest : public testing::Test {
 protected:
  /// A sealed fragment of one frame of a second.
  FragmentId sealed(std::size_t size = 1000) {
    const Lock lock(store.mutex());
    auto block = store.log().reserve(9, size - 9, true);
    EXPECT_TRUE(block);
    block->write(Bytes(size - 9));
    const Ticks first = 1000 * ++made;
    store.log().open(header, epoch, first);
    store.log().append(std::move(*block), first, 1s);
    store.log().seal();
    return store.log().newest()->id;
  }
  void send() {
    const Lock lock(store.mutex());
    while (store.feed().ahead().record) {
      store.feed().enter();
      while (store.feed().read(4096).size > 0) {
      }
      store.feed().leave();
    }
  }
  template <class Act>
  auto locked(Act act) {
    const Lock lock(store.mutex());
    return act();
  }
  StoreCounts counts() const {
    const Lock lock(store.mutex());
    return store.counts();
  }

  ChunkPool pool;
  std::shared_ptr<StorageBudget> budget = std::make_shared<StorageBudget>(4 * chunkSize);
  StreamStore store{{budget, Nanoseconds::max(), Nanoseconds{0}, {10s}}, pool};
  SharedHeader header = std::make_shared<const Header>();
  SharedEpoch epoch = std::make_shared<Epoch>(Epoch::Tie{.zero = noon, .byClock = true});
  Ticks made = 0;
};

TEST_F(StreamStoreTest, SaysWhatItHolds) {
  sealed();
  sealed();
  EXPECT_EQ(counts().bytesBuffered, 2000u);
  EXPECT_EQ(counts().durationUnsent, 2s);
  EXPECT_EQ(counts().bufferedSince, noon + 1s);
  send();
  EXPECT_EQ(counts().bytesUnsent, 0u);
  locked([&] { store.markPersisted(1); });
  EXPECT_EQ(counts().framesPersisted, 1u);
  EXPECT_EQ(counts().bytesPersisted, 1000u);
  EXPECT_EQ(counts().bytesBuffered, 1000u);
  locked([&] { store.markPersisted(1); });
  EXPECT_EQ(counts().framesPersisted, 1u) << "unknown by now";
}

TEST_F(StreamStoreTest, ALossIsCollectedOnceAndTakenBackByALateWord) {
  for (int i = 0; i < 4; ++i)
    sealed(chunkSize);
  send();
  sealed(chunkSize);
  EXPECT_TRUE(locked([&] { return store.hasLosses(); }));
  const auto losses = locked([&] { return store.takeLosses(); });
  ASSERT_EQ(losses.size(), 1u);
  EXPECT_EQ(losses[0].reason, FragmentLost::Reason::storageFull);
  EXPECT_EQ(losses[0].start, noon + 1s);
  EXPECT_TRUE(losses[0].unconfirmed);
  EXPECT_FALSE(locked([&] { return store.hasLosses(); }));
  EXPECT_EQ(counts().lostStorageFull.fragments, 1u);
  locked([&] { store.markPersisted(1); });
  EXPECT_EQ(counts().lostStorageFull.fragments, 0u);
  EXPECT_EQ(counts().framesLost, 0u);
  EXPECT_EQ(counts().framesPersisted, 1u);
}

TEST_F(StreamStoreTest, ARefusedOneIsToldAndCounted) {
  sealed();
  sealed();
  const auto named = locked([&] { return store.refuse(2); });
  ASSERT_TRUE(named);
  EXPECT_EQ(named->start, noon + 2s);
  EXPECT_FALSE(named->unconfirmed);
  send();
  const auto oldest = locked([&] { return store.refuse(std::nullopt); });
  ASSERT_TRUE(oldest);
  EXPECT_TRUE(oldest->unconfirmed) << "which of those sent it was, nobody said";
  EXPECT_FALSE(locked([&] { return store.refuse(std::nullopt); }));
  EXPECT_EQ(counts().fragmentsRefused, 2u);
  EXPECT_EQ(counts().lostRefused.frames, 2u);
  EXPECT_EQ(locked([&] { return store.takeLosses(); }).size(), 2u);
}

TEST_F(StreamStoreTest, AReplayIsNotCountedAsPersistedTwice) {
  sealed();
  sealed();
  send();
  locked([&] { store.markPersisted(2); });
  locked([&] { store.rewind(false, 10s); });
  EXPECT_EQ(counts().framesPersisted, 0u);
  EXPECT_EQ(counts().fragmentsReplayed, 1u);
  EXPECT_EQ(counts().bytesUnsent, 2000u);
}

TEST_F(StreamStoreTest, WhatAnEndedSessionConfirmedIsNotReplayed) {
  sealed();
  sealed();
  send();
  locked([&] { store.markPersisted(2); });
  locked([&] { store.rewind(true, 10s); });
  EXPECT_EQ(counts().fragmentsReplayed, 0u);
}

TEST_F(StreamStoreTest, InTheEndEverythingIsDropped) {
  sealed();
  sealed();
  send();
  locked([&] { store.drop(); });
  EXPECT_EQ(counts().lostStopped.fragments, 2u);
  EXPECT_EQ(counts().bytesBuffered, 0u);
  EXPECT_EQ(budget->used(), 0u);
}

TEST_F(StreamStoreTest, TheTimesOfWhatIsHeldAreCorrected) {
  sealed();
  locked([&] { store.correct(1h, Epoch::Correct::unseen); });
  EXPECT_EQ(counts().bufferedSince, noon + 1h + 1s);
}

TEST_F(StreamStoreTest, TheFirstReasonToEndIsTheOneThatIsSaid) {
  locked([&] { store.end({StatusCode::streamStopped, ErrorKind::cancelled, "stopped"}); });
  locked([&] { store.end({StatusCode::putMediaFailed, ErrorKind::fatal, "failed"}); });
  EXPECT_EQ(locked([&] { return store.ended()->message; }), "stopped");
}

}  // namespace
}  // namespace kvs::store
