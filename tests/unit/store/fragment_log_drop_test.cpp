// SPDX-License-Identifier: Apache-2.0
// Who goes when there is no room: oldest first among those not begun in this session, then
// those sent, never the one under the cursor.
#include "log_fixture.h"

namespace kvs::store {
namespace {

class FragmentLogDrop : public test::LogFixture {
 protected:
  FragmentLogDrop() : LogFixture(4) {}

  std::vector<FragmentId> lostIds() const {
    std::vector<FragmentId> ids;
    for (const test::Dropped& loss : losses)
      ids.push_back(loss.id);
    return ids;
  }
};

using Ids = std::vector<FragmentId>;

TEST_F(FragmentLogDrop, TheOldestSealedGoFirstAndWhole) {
  for (int i = 0; i < 4; ++i)
    sealed(chunkSize);
  log.open({}, {}, 0);
  ASSERT_TRUE(append(chunkSize + 1, 9));
  EXPECT_EQ(lostIds(), (Ids{1, 2}));
  EXPECT_EQ(losses[0], (test::Dropped{1, LossReason::storageFull, false, chunkSize, 1}));
  EXPECT_EQ(log.totals().fragments, 3u);
  EXPECT_LE(budget->used(), budget->limit());
}

TEST_F(FragmentLogDrop, NothingGoesWhereNothingMay) {
  for (int i = 0; i < 4; ++i)
    sealed(chunkSize);
  EXPECT_FALSE(log.reserve(test::headSize, 100, false));
  EXPECT_TRUE(losses.empty());
  EXPECT_EQ(log.totals().fragments, 4u);
}

TEST_F(FragmentLogDrop, UnsentOnesGoBeforeSentOnes) {
  for (int i = 0; i < 4; ++i)
    sealed(chunkSize);
  send();
  send();  // 1 and 2 are sent and not confirmed; 3 and 4 are not begun
  log.open({}, {}, 0);
  ASSERT_TRUE(append(2 * chunkSize, 9));
  EXPECT_EQ(lostIds(), (Ids{3, 4}));
  EXPECT_FALSE(losses[0].sent);
}

TEST_F(FragmentLogDrop, ThenSentOnesOldestFirstAsUnconfirmed) {
  for (int i = 0; i < 4; ++i)
    sealed(chunkSize);
  for (int i = 0; i < 4; ++i)
    send();
  ASSERT_TRUE(log.markReceived(1));
  log.open({}, {}, 0);
  ASSERT_TRUE(append(2 * chunkSize, 9));
  EXPECT_EQ(lostIds(), (Ids{1, 2}));
  EXPECT_TRUE(losses[0].sent);
  EXPECT_TRUE(losses[1].sent);
}

TEST_F(FragmentLogDrop, TheOneUnderTheCursorIsPinned) {
  for (int i = 0; i < 4; ++i)
    sealed(chunkSize);
  feed.enter();
  feed.read(100);
  log.open({}, {}, 0);
  ASSERT_TRUE(append(3 * chunkSize, 9));
  EXPECT_EQ(lostIds(), (Ids{2, 3, 4}));
  EXPECT_FALSE(log.pinnedInTheWay());
  EXPECT_EQ(stateOf(1), FragmentState::sending);
  EXPECT_EQ(readAll().size(), chunkSize - 100) << "a cluster once begun is finished";
}

TEST_F(FragmentLogDrop, SaysWhenOnlyThePinnedOneStandsInTheWay) {
  sealed(4 * chunkSize);
  feed.enter();
  feed.read(100);
  EXPECT_FALSE(log.reserve(test::headSize, 100, true));
  EXPECT_TRUE(log.pinnedInTheWay());
  EXPECT_TRUE(losses.empty());
  feed.rewind();  // the session is closed
  EXPECT_FALSE(log.pinnedInTheWay());
  EXPECT_TRUE(log.reserve(test::headSize, 100, true));
  EXPECT_EQ(lostIds(), (Ids{1}));
}

TEST_F(FragmentLogDrop, AGrowingOneUnderTheCursorIsPinnedToo) {
  log.open({}, {}, 0);
  ASSERT_TRUE(append(4 * chunkSize, 1));
  feed.enter();
  feed.read(100);
  EXPECT_FALSE(log.reserve(test::headSize, 100, true));
  EXPECT_FALSE(log.dropGrowing(LossReason::storageFull));
  EXPECT_TRUE(log.pinnedInTheWay());
  EXPECT_TRUE(losses.empty());
  feed.rewind();
  EXPECT_TRUE(log.dropGrowing(LossReason::storageFull));
  EXPECT_EQ(losses, (std::vector{test::Dropped{1, LossReason::storageFull, false, 4 * chunkSize, 1}}));
  EXPECT_EQ(log.growing(), nullptr);
  EXPECT_EQ(budget->used(), 0u);
}

TEST_F(FragmentLogDrop, TheOpenOneGoesOnlyWhenAsked) {
  log.open({}, {}, 0);
  ASSERT_TRUE(append(3 * chunkSize, 1));
  EXPECT_FALSE(log.reserve(test::headSize, 2 * chunkSize, true));
  EXPECT_TRUE(losses.empty());
  EXPECT_FALSE(log.pinnedInTheWay());
  EXPECT_TRUE(log.dropGrowing(LossReason::storageFull));
  EXPECT_EQ(lostIds(), (Ids{1}));
  EXPECT_TRUE(log.isEmpty());
  EXPECT_TRUE(log.reserve(test::headSize, 2 * chunkSize, true));
}

TEST_F(FragmentLogDrop, ABlockLargerThanTheBudgetDropsNothingInVain) {
  sealed(chunkSize);
  sealed(chunkSize);
  EXPECT_FALSE(log.reserve(test::headSize, 4 * chunkSize, true));
  EXPECT_TRUE(losses.empty()) << "no drop can make room for it";
  EXPECT_EQ(log.totals().fragments, 2u);
}

TEST_F(FragmentLogDrop, AFailedExtensionLeavesTheBlockAsItWas) {
  log.open({}, {}, 0);
  auto made = block(1000, 5);
  ASSERT_TRUE(made);
  EXPECT_FALSE(log.extend(*made, 4 * chunkSize, true));
  EXPECT_TRUE(made->isFull());
  log.append(std::move(*made), 0, {});
  feed.enter();
  EXPECT_EQ(readAll(), test::pattern(5, 1000));
  EXPECT_LE(budget->used(), 2 * chunkSize) << "what the attempt took is given back";
}

/// Whoever waits for room asks again and again.
TEST_F(FragmentLogDrop, AFailedReservationLeavesTheChunkThatIsBeingFilled) {
  log.open({}, {}, 0);
  ASSERT_TRUE(append(1000, 1));
  while (budget->used() < budget->limit())
    ASSERT_TRUE(append(chunkSize / 2, 2));
  EXPECT_FALSE(append(chunkSize, 3, false));
  EXPECT_TRUE(append(chunkSize / 4, 4, false)) << "what the attempt took is given back";
}

TEST_F(FragmentLogDrop, ALostOneIsSteppedOver) {
  for (int i = 0; i < 4; ++i)
    sealed(chunkSize);
  send();
  log.open({}, {}, 0);
  ASSERT_TRUE(append(chunkSize, 9));  // drops 2
  EXPECT_EQ(lostIds(), (Ids{2}));
  EXPECT_EQ(send(), 3u);
  feed.rewind();
  EXPECT_EQ(send(), 1u);
  EXPECT_EQ(send(), 3u);
}

TEST_F(FragmentLogDrop, LostThenPersistedIsPersisted) {
  for (int i = 0; i < 4; ++i)
    sealed(chunkSize);
  for (int i = 0; i < 4; ++i)
    send();
  log.open({}, {}, 0);
  ASSERT_TRUE(append(chunkSize, 9));
  ASSERT_EQ(lostIds(), (Ids{1}));
  const LogTotals before = log.totals();
  ASSERT_NE(log.find(1), nullptr) << "its record waits for the acknowledgement";
  EXPECT_EQ(log.find(1)->amount.frames, 1u);
  EXPECT_EQ(stateOf(1), FragmentState::lost);
  EXPECT_TRUE(log.markPersisted(1));
  EXPECT_EQ(log.totals().fragments, before.fragments) << "its bytes were freed once";
  EXPECT_EQ(log.totals().bytes, before.bytes);
  EXPECT_EQ(log.oldest()->id, 2u);
}

TEST_F(FragmentLogDrop, ALostOnesRecordGoesWithItsSession) {
  for (int i = 0; i < 4; ++i)
    sealed(chunkSize);
  for (int i = 0; i < 4; ++i)
    send();
  log.open({}, {}, 0);
  ASSERT_TRUE(append(chunkSize, 9));
  feed.rewind();
  EXPECT_EQ(log.find(1), nullptr) << "no later session can confirm it";
  EXPECT_EQ(send(), 2u);
}

TEST_F(FragmentLogDrop, DropAllReportsEachAndKeepsThePinnedOne) {
  for (int i = 0; i < 2; ++i)
    sealed(1000);
  send();
  feed.enter();
  log.open({}, {}, 0);
  ASSERT_TRUE(append(1000, 3));
  log.dropAll(LossReason::stopped);
  EXPECT_EQ(lostIds(), (Ids{1, 3}));
  EXPECT_EQ(log.totals().fragments, 1u);
  feed.rewind();
  log.dropAll(LossReason::stopped);
  EXPECT_EQ(lostIds(), (Ids{1, 3, 2}));
  EXPECT_TRUE(log.isEmpty());
  EXPECT_EQ(budget->used(), 0u);
}

TEST_F(FragmentLogDrop, WhatWasSentInAnEarlierSessionMayBeStored) {
  for (int i = 0; i < 2; ++i)
    sealed(1000);
  send();
  feed.rewind();
  log.dropAll(LossReason::stopped);
  ASSERT_EQ(lostIds(), (Ids{1, 2}));
  EXPECT_TRUE(losses[0].sent) << "its acknowledgement was lost with the session";
  EXPECT_FALSE(losses[1].sent);
}

class FragmentLogDuration : public test::LogFixture {
 protected:
  FragmentLogDuration() : LogFixture(64, Seconds(10)) {}
};

TEST_F(FragmentLogDuration, TheBudgetOfTimeIsKept) {
  for (int i = 0; i < 4; ++i)
    sealed(100, Seconds(3));
  log.trimToDuration();
  ASSERT_EQ(losses.size(), 1u);
  EXPECT_EQ(losses[0].id, 1u);
  EXPECT_EQ(losses[0].reason, LossReason::durationReached);
  EXPECT_EQ(log.totals().duration, Seconds(9));
}

TEST_F(FragmentLogDuration, ThePinnedOneStaysAndIsToldWhenItAloneIsInTheWay) {
  sealed(100, Seconds(8));
  feed.enter();
  sealed(100, Seconds(8));
  log.trimToDuration();
  ASSERT_EQ(losses.size(), 1u);
  EXPECT_EQ(losses[0].id, 2u);
  feed.rewind();
  sealed(100, Seconds(1));
  log.open({}, {}, 0);
  ASSERT_TRUE(append(100, 1, true, Seconds(11)));
  EXPECT_FALSE(log.pinnedInTheWay());
}

TEST_F(FragmentLogDuration, NothingGoesAtTheLimitItself) {
  sealed(100, Seconds(5));
  sealed(100, Seconds(5));
  log.trimToDuration();
  EXPECT_TRUE(losses.empty());
}

}  // namespace
}  // namespace kvs::store
