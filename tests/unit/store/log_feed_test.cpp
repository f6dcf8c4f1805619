// SPDX-License-Identifier: Apache-2.0
// One log as a feed: what is ahead, where a session's part of it ends, and fragments that come and go by
// another log.
#include "log_fixture.h"

namespace kvs::store {
namespace {

using Until = Feed::Until;

class LogFeedTest : public test::LogFixture {
 protected:
  GrowingFragment& growing() {
    GrowingFragment& fragment = log.open({}, {}, 0);
    EXPECT_TRUE(append(100, 1));
    return fragment;
  }
};

TEST_F(LogFeedTest, AnEmptyLogHasNothingAheadNorToCome) {
  EXPECT_EQ(feed.ahead().record, nullptr);
  EXPECT_FALSE(feed.ahead().isToCome);
  EXPECT_TRUE(feed.isEmpty());
}

TEST_F(LogFeedTest, WhatLacksATrackIsToCome) {
  GrowingFragment& fragment = growing();
  fragment.wanted = 2;
  EXPECT_EQ(feed.ahead().record, nullptr);
  EXPECT_TRUE(feed.ahead().isToCome);
  fragment.optional = 2;
  EXPECT_NE(feed.ahead().record, nullptr);
}

TEST_F(LogFeedTest, EverythingIsWhatThereIsNow) {
  sealed(100);
  growing();
  feed.endBehind(Until::everything);
  log.seal();
  sealed(100);
  EXPECT_EQ(send(), 1u);
  EXPECT_EQ(send(), 2u);
  EXPECT_EQ(feed.ahead().record, nullptr);
  EXPECT_FALSE(feed.ahead().isToCome) << "it is for the next session";
  feed.rewind();
  EXPECT_EQ(feed.ahead().record->id, 1u);
}

TEST_F(LogFeedTest, WholeLeavesOutWhatGrows) {
  sealed(100);
  growing();
  feed.endBehind(Until::whole);
  EXPECT_EQ(send(), 1u);
  EXPECT_EQ(feed.ahead().record, nullptr);
}

TEST_F(LogFeedTest, WholeIsWhatGrowsWhereThereIsNothingElse) {
  growing();
  feed.endBehind(Until::whole);
  feed.enter();
  readAll();
  log.seal();
  feed.leave();
  EXPECT_EQ(feed.ahead().record, nullptr);
}

TEST_F(LogFeedTest, CountsWhatTheReaderHasNotPassed) {
  for (int i = 0; i < 3; ++i)
    sealed(1000, Seconds(2));
  EXPECT_EQ(feed.unsent().bytes, 3000u);
  send();
  feed.enter();
  feed.read(400);
  EXPECT_EQ(feed.unsent().bytes, 1600u);
  EXPECT_EQ(feed.unsent().duration, Seconds(4));
  EXPECT_EQ(feed.totals().bytes, 3000u) << "none of it is durable";
}

TEST_F(LogFeedTest, WhatSomethingElseAnswersForIsGone) {
  for (int i = 0; i < 3; ++i)
    sealed(chunkSize);
  EXPECT_TRUE(log.release(1));
  EXPECT_EQ(log.totals().fragments, 2u);
  EXPECT_EQ(send(), 2u);
  EXPECT_FALSE(log.release(2)) << "it is in the session, which owes a word on it";
  EXPECT_TRUE(losses.empty());
  ASSERT_TRUE(log.markPersisted(2));
  EXPECT_LE(budget->used(), 2 * chunkSize);
}

TEST_F(LogFeedTest, AFragmentReadsTheSameInAnotherLog) {
  sealed(70'000);
  const SealedFragment fragment = log.find(1)->content;
  FragmentLog other(
      {budget}, pool, [](const Loss&) {}, 1000);
  LogFeed otherFeed(other);
  EXPECT_EQ(other.adopt(fragment).id, 1000u);
  EXPECT_TRUE(log.release(1));
  EXPECT_TRUE(log.isEmpty());
  EXPECT_EQ(other.totals().bytes, 70'000u);
  otherFeed.enter();
  Bytes bytes;
  for (Span span = otherFeed.read(999); span.size > 0; span = otherFeed.read(999))
    bytes.insert(bytes.end(), span.view().begin(), span.view().end());
  EXPECT_EQ(bytes, test::pattern(1, 70'000));
  EXPECT_TRUE(otherFeed.atEndOfFragment());
  otherFeed.leave();
  EXPECT_TRUE(other.markPersisted(1000));
  EXPECT_EQ(other.oldest(), nullptr);
}

TEST_F(LogFeedTest, ASealedFragmentNeverChanges) {
  sealed(100);
  const SealedFragment before = log.find(1)->content;
  log.find(1)->replaceTail(Bytes(3, std::byte{7}));
  EXPECT_TRUE(before->tail.empty());
  EXPECT_EQ(log.find(1)->close(), Bytes(3, std::byte{7}));
  EXPECT_FALSE(log.find(1)->takesTail()) << "it was closed";
  feed.rewind();
  EXPECT_TRUE(log.find(1)->takesTail());
  log.find(1)->stripped = true;
  EXPECT_TRUE(log.find(1)->close().empty()) << "by the mark alone";
}

}  // namespace
}  // namespace kvs::store
