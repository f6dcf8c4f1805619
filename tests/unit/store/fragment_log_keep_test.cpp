// SPDX-License-Identifier: Apache-2.0
// What is durable and held for a replay: it is in nobody's way, and is sent again when that is asked for.
#include "log_fixture.h"

namespace kvs::store {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t size = 1000;

/// Fragments of 2 s; of what is durable 10 s are kept, in a storage of six chunks.
class KeepAllTest : public test::LogFixture {
 protected:
  explicit KeepAllTest(bool keepAll = true) : LogFixture(6, Nanoseconds::max(), 10s, keepAll) {}

  /// Fragments that are sent and durable.
  void durable(int count) {
    for (int i = 0; i < count; ++i) {
      const FragmentId id = sealed(size, 2s);
      EXPECT_EQ(send(), id);
      EXPECT_TRUE(log.markPersisted(id));
    }
  }
};

TEST_F(KeepAllTest, WhatIsKeptCountsForNothing) {
  durable(3);
  EXPECT_TRUE(log.isEmpty());
  EXPECT_EQ(log.totals().bytes, 0u);
  EXPECT_EQ(log.totals().duration, 0s);
  EXPECT_EQ(feed.ahead().record, nullptr);
  EXPECT_EQ(log.fragments().size(), 3u);
}

TEST_F(KeepAllTest, OnlySoMuchIsKept) {
  durable(20);
  EXPECT_EQ(log.fragments().size(), 5u);
}

TEST_F(KeepAllTest, ARewindReplaysTheLastOfIt) {
  durable(5);
  const auto replayed = feed.rewind(5s);
  EXPECT_EQ(replayed.fragments, 2u);
  EXPECT_EQ(replayed.frames, 2u);
  EXPECT_EQ(replayed.bytes, 2 * size);
  EXPECT_EQ(log.totals().fragments, 2u);
  EXPECT_EQ(log.totals().duration, 4s);
  EXPECT_EQ(send(), 4u);
  EXPECT_EQ(send(), 5u);
  EXPECT_EQ(feed.ahead().record, nullptr);
}

TEST_F(KeepAllTest, WhatIsReplayedIsTheSameBytes) {
  const FragmentId id = sealed(size, 2s);
  feed.ahead().record;
  feed.enter();
  const Bytes first = readAll();
  feed.leave();
  ASSERT_TRUE(log.markPersisted(id));
  feed.rewind(10s);
  feed.ahead().record;
  feed.enter();
  EXPECT_EQ(readAll(), first);
}

TEST_F(KeepAllTest, ARewindWithoutAReplayGoesToTheFirstThatIsNotDurable) {
  durable(3);
  const FragmentId next = sealed(size, 2s);
  send();
  feed.rewind();
  EXPECT_EQ(feed.ahead().record->id, next);
}

TEST_F(KeepAllTest, ItGivesWayToWhatIsNew) {
  for (int i = 0; i < 4; ++i) {
    const FragmentId id = sealed(chunkSize, 2s);
    send();
    ASSERT_TRUE(log.markPersisted(id));
  }
  for (int i = 0; i < 5; ++i)
    sealed(chunkSize, 2s);
  EXPECT_TRUE(losses.empty());
  EXPECT_EQ(log.totals().fragments, 5u);
  EXPECT_LE(budget->used(), budget->limit());
}

TEST_F(KeepAllTest, ItCanBeForgotten) {
  durable(3);
  log.forgetKept();
  EXPECT_TRUE(log.fragments().empty());
  EXPECT_EQ(budget->used(), 0u);
  EXPECT_EQ(feed.rewind(10s).fragments, 0u);
}

class KeepBehindTest : public KeepAllTest {
 protected:
  KeepBehindTest() : KeepAllTest(false) {}
};

TEST_F(KeepBehindTest, WhatHasNothingBeforeItIsLetGo) {
  durable(3);
  EXPECT_TRUE(log.fragments().empty());
  EXPECT_EQ(budget->used(), 0u);
}

TEST_F(KeepBehindTest, WhatLiesBehindOneThatIsNotDurableIsStillHeldAndReplayed) {
  const FragmentId first = sealed(size, 2s);
  send();
  durable(2);
  EXPECT_EQ(log.totals().fragments, 1u);
  EXPECT_EQ(feed.rewind(10s).fragments, 2u);
  EXPECT_EQ(send(), first);
  EXPECT_EQ(send(), first + 1);
  EXPECT_EQ(send(), first + 2);
}

TEST_F(KeepBehindTest, AndIsLetGoWithThatOne) {
  const FragmentId first = sealed(size, 2s);
  send();
  durable(2);
  ASSERT_TRUE(log.markPersisted(first));
  EXPECT_TRUE(log.fragments().empty());
  EXPECT_EQ(feed.rewind(10s).fragments, 0u);
}

}  // namespace
}  // namespace kvs::store
