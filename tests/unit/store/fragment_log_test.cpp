// SPDX-License-Identifier: Apache-2.0
// Writing and reading: what is appended is what the cursor reads, wherever chunks end.
#include "log_fixture.h"

namespace kvs::store {
namespace {

using test::headSize;
using test::pattern;

class FragmentLogTest : public test::LogFixture {};

TEST_F(FragmentLogTest, IsEmptyAtFirst) {
  EXPECT_TRUE(log.isEmpty());
  EXPECT_EQ(feed.ahead().record, nullptr);
  EXPECT_EQ(log.oldest(), nullptr);
  EXPECT_EQ(log.growing(), nullptr);
  EXPECT_EQ(log.find(0), nullptr);
  EXPECT_EQ(log.find(1), nullptr);
  EXPECT_FALSE(log.markPersisted(1));
  EXPECT_EQ(budget->used(), 0u);
}

TEST_F(FragmentLogTest, ReadsBackWhatWasAppended) {
  log.open({}, {}, 0);
  ASSERT_TRUE(append(500, 1));
  feed.enter();
  EXPECT_EQ(readAll(), pattern(1, 500));
}

class BlockSizes : public test::LogFixture, public testing::WithParamInterface<std::size_t> {};

TEST_P(BlockSizes, CrossChunkBordersUnharmed) {
  log.open({}, {}, 0);
  Bytes expected;
  for (std::uint64_t i = 0; i < 12; ++i) {
    ASSERT_TRUE(append(GetParam(), i));
    const Bytes block = pattern(i, GetParam());
    expected.insert(expected.end(), block.begin(), block.end());
  }
  EXPECT_EQ(log.totals().bytes, expected.size());
  feed.enter();
  EXPECT_EQ(readAll(777), expected);
  EXPECT_LE(budget->used(), expected.size() + 13 * chunkSize);
}

INSTANTIATE_TEST_SUITE_P(AroundAChunk, BlockSizes,
                         testing::Values(headSize, headSize + 1, 100, 9999, chunkSize - headSize - 1,
                                         chunkSize - 1, chunkSize, chunkSize + 1, chunkSize + headSize,
                                         2 * chunkSize, 3 * chunkSize + 5));

TEST_F(FragmentLogTest, AHeadNeverStraddles) {
  log.open({}, {}, 0);
  for (std::size_t left = 0; left <= headSize + 1; ++left) {
    // Leaves `left` bytes of a chunk.
    ASSERT_TRUE(append(chunkSize - left, left));
    ASSERT_TRUE(append(headSize + 20, 100 + left));
    log.seal();
    log.open({}, {}, 0);
    ASSERT_TRUE(append(chunkSize, 7));  // ends this chunk's part
  }
  for (const FragmentRecord& fragment : log.fragments()) {
    EXPECT_EQ(fragment.content->spans.empty(), false);
  }
  // Every fragment reads back whole: a head written across a border would have overrun its span.
  std::size_t left = 0;
  while (feed.ahead().record && !feed.ahead().record->isGrowing()) {
    const bool first = feed.ahead().record->id == 1;
    feed.enter();
    const Bytes bytes = readAll();
    const std::size_t own = first ? 0 : chunkSize;
    Bytes expected = first ? Bytes{} : pattern(7, chunkSize);
    for (const Bytes& part : {pattern(left, chunkSize - left), pattern(100 + left, headSize + 20)})
      expected.insert(expected.end(), part.begin(), part.end());
    EXPECT_EQ(bytes, expected) << "left " << left << ", own " << own;
    feed.leave();
    ++left;
  }
}

TEST_F(FragmentLogTest, ABlockWithoutPayloadIsFullAtOnce) {
  auto made = log.reserve(headSize, 0, true);
  ASSERT_TRUE(made);
  EXPECT_TRUE(made->isFull());
  EXPECT_EQ(made->payloadSize(), 0u);
}

TEST_F(FragmentLogTest, ExtendedBlocksReadAsOne) {
  log.open({}, {}, 0);
  Bytes expected;
  for (const std::size_t first :
       {std::size_t{0}, std::size_t{1}, std::size_t{5000}, chunkSize - headSize, chunkSize}) {
    auto made = log.reserve(headSize, first, true);
    ASSERT_TRUE(made);
    const Bytes whole = pattern(first, headSize + first + 70000 + 3 + 10);
    ByteView rest = ByteView(whole).subspan(headSize);
    made->write(rest.first(first));
    rest = rest.subspan(first);
    for (const std::size_t more : {std::size_t{70000}, std::size_t{3}, std::size_t{10}}) {
      ASSERT_TRUE(made->isFull());
      ASSERT_TRUE(log.extend(*made, more, true));
      EXPECT_FALSE(made->isFull());
      made->write(rest.first(more / 2));
      made->write(rest.subspan(more / 2, more - more / 2));
      rest = rest.subspan(more);
    }
    EXPECT_EQ(made->payloadSize(), whole.size() - headSize);
    made->writeHead(ByteView(whole).first(headSize));
    log.append(std::move(*made), 0, {});
    expected.insert(expected.end(), whole.begin(), whole.end());
  }
  feed.enter();
  EXPECT_EQ(readAll(4096), expected);
}

TEST_F(FragmentLogTest, BlocksOfTwoTracksMayBeFilledAtOnce) {
  log.open({}, {}, 0);
  auto video = block(90000, 1);
  auto audio = block(300, 2);
  ASSERT_TRUE(video);
  ASSERT_TRUE(audio);
  log.append(std::move(*audio), 0, {});  // the later reserved one is complete first
  log.append(std::move(*video), 0, {});
  Bytes expected = pattern(2, 300);
  const Bytes second = pattern(1, 90000);
  expected.insert(expected.end(), second.begin(), second.end());
  feed.enter();
  EXPECT_EQ(readAll(), expected);
}

TEST_F(FragmentLogTest, ADroppedBlockGivesItsSpaceUp) {
  {
    const auto made = log.reserve(headSize, 10 * chunkSize, true);
    ASSERT_TRUE(made);
    EXPECT_GE(budget->used(), 10 * chunkSize);
  }
  EXPECT_LE(budget->used(), chunkSize) << "at most the chunk being filled";
  EXPECT_TRUE(log.isEmpty());
}

TEST_F(FragmentLogTest, ReadsInPiecesOfAnySize) {
  log.open({}, {}, 0);
  Bytes expected;
  for (std::uint64_t i = 0; i < 5; ++i) {
    ASSERT_TRUE(append(50000, i));
    const Bytes one = pattern(i, 50000);
    expected.insert(expected.end(), one.begin(), one.end());
  }
  log.seal();
  for (const std::size_t piece :
       {std::size_t{997}, std::size_t{4096}, chunkSize, chunkSize + 1, std::size_t{1} << 30}) {
    feed.enter();
    EXPECT_EQ(readAll(piece), expected) << piece;
    EXPECT_TRUE(feed.atEndOfFragment());
    feed.rewind();
  }
  feed.enter();
  Bytes bytes;
  for (Span span = feed.read(1); span.size > 0; span = feed.read(1))
    bytes.push_back(span.view()[0]);
  EXPECT_EQ(bytes, expected);
}

TEST_F(FragmentLogTest, FollowsAFragmentThatGrows) {
  log.open({}, {}, 0);
  ASSERT_TRUE(append(100, 1));
  feed.enter();
  EXPECT_EQ(readAll(), pattern(1, 100));
  EXPECT_EQ(feed.read(10).size, 0u);
  EXPECT_FALSE(feed.atEndOfFragment());
  for (std::uint64_t i = 2; i < 400; ++i) {
    const std::size_t size = 10 + i * 5;
    ASSERT_TRUE(append(size, i));
    EXPECT_EQ(readAll(333), pattern(i, size));
  }
  EXPECT_FALSE(feed.atEndOfFragment());
  log.seal();
  EXPECT_TRUE(feed.atEndOfFragment());
  EXPECT_EQ(stateOf(1), FragmentState::sending);
  feed.leave();
  EXPECT_EQ(stateOf(1), FragmentState::sent);
}

TEST_F(FragmentLogTest, ABlockIsReadOnlyWhenItIsComplete) {
  log.open({}, {}, 0);
  ASSERT_TRUE(append(100, 1));
  auto later = block(5000, 2);
  feed.enter();
  EXPECT_EQ(readAll().size(), 100u);
  log.append(std::move(*later), 0, {});
  EXPECT_EQ(readAll(), pattern(2, 5000));
}

TEST_F(FragmentLogTest, APieceStaysReadableAfterItsFragmentWasFreed) {
  const FragmentId id = sealed(5000);
  feed.enter();
  const Span piece = feed.read(5000);
  feed.leave();
  ASSERT_TRUE(log.markPersisted(id));
  EXPECT_TRUE(log.isEmpty());
  EXPECT_TRUE(std::ranges::equal(piece.view(), pattern(id, 5000)));
  EXPECT_EQ(budget->used(), chunkSize) << "pinned until the piece goes";
}

TEST_F(FragmentLogTest, IdsAreConsecutiveAndTheCursorTakesThemInOrder) {
  for (FragmentId id = 1; id <= 5; ++id)
    EXPECT_EQ(sealed(100), id);
  for (FragmentId id = 1; id <= 5; ++id)
    EXPECT_EQ(send(), id);
  EXPECT_EQ(feed.ahead().record, nullptr);
  EXPECT_EQ(sealed(100), 6u);
  EXPECT_EQ(send(), 6u);
}

TEST_F(FragmentLogTest, IdsGoOnWhenAllIsPersisted) {
  const FragmentId id = sealed(100);
  send();
  ASSERT_TRUE(log.markPersisted(id));
  EXPECT_TRUE(log.isEmpty());
  feed.rewind();
  EXPECT_EQ(sealed(100), id + 1);
  EXPECT_EQ(send(), id + 1);
}

TEST_F(FragmentLogTest, RewindSendsAgainWhatIsNotPersisted) {
  for (int i = 0; i < 4; ++i)
    sealed(100);
  send();
  send();
  send();
  ASSERT_TRUE(log.markReceived(2));
  ASSERT_TRUE(log.markPersisted(1));
  feed.rewind();
  EXPECT_EQ(stateOf(2), FragmentState::sealed);
  EXPECT_EQ(send(), 2u);
  EXPECT_EQ(send(), 3u);
  EXPECT_EQ(send(), 4u);
}

TEST_F(FragmentLogTest, RewindInTheMiddleOfAFragmentStartsItAnew) {
  sealed(5000);
  feed.enter();
  EXPECT_EQ(feed.read(1234).size, 1234u);
  feed.rewind();
  EXPECT_FALSE(feed.isInside());
  EXPECT_EQ(stateOf(1), FragmentState::sealed);
  feed.enter();
  EXPECT_EQ(readAll(), pattern(1, 5000));
}

TEST_F(FragmentLogTest, RewindOfAGrowingFragmentLeavesItOpen) {
  log.open({}, {}, 0);
  ASSERT_TRUE(append(100, 1));
  feed.enter();
  readAll();
  feed.rewind();
  EXPECT_EQ(stateOf(1), FragmentState::open);
  ASSERT_TRUE(append(50, 2));
  feed.enter();
  EXPECT_EQ(readAll().size(), 150u);
}

TEST_F(FragmentLogTest, PersistedInTheMiddleIsAHole) {
  for (int i = 0; i < 3; ++i)
    sealed(100);
  send();
  send();
  send();
  ASSERT_TRUE(log.markPersisted(2));
  EXPECT_EQ(log.fragments().size(), 3u) << "the head is freed only while it is terminal";
  EXPECT_EQ(log.totals().fragments, 2u);
  EXPECT_EQ(log.oldest()->id, 1u);
  feed.rewind();
  EXPECT_EQ(send(), 1u);
  EXPECT_EQ(send(), 3u);
  ASSERT_TRUE(log.markPersisted(1));
  EXPECT_EQ(log.oldest()->id, 3u);
  EXPECT_EQ(log.fragments().size(), 1u) << "one and the hole behind it are gone";
}

TEST_F(FragmentLogTest, ARepeatedAcknowledgementChangesNothing) {
  sealed(100);
  sealed(100);
  send();
  send();
  ASSERT_TRUE(log.markPersisted(2));
  const LogTotals before = log.totals();
  EXPECT_TRUE(log.markPersisted(2));
  EXPECT_EQ(log.totals().bytes, before.bytes);
  EXPECT_EQ(log.totals().fragments, before.fragments);
  ASSERT_TRUE(log.markPersisted(1));
  EXPECT_FALSE(log.markPersisted(1)) << "unknown by now";
}

TEST_F(FragmentLogTest, ARefusedFragmentIsSteppedOver) {
  for (int i = 0; i < 3; ++i)
    sealed(100);
  send();
  ASSERT_TRUE(log.markRefused(2));
  EXPECT_EQ(send(), 3u);
  feed.rewind();
  EXPECT_EQ(send(), 1u);
  EXPECT_EQ(send(), 3u);
  EXPECT_FALSE(log.markPersisted(2));
}

TEST_F(FragmentLogTest, RefusingTheFragmentUnderTheCursorMovesOn) {
  sealed(5000);
  sealed(100);
  feed.enter();
  feed.read(1000);
  ASSERT_TRUE(log.markRefused(1));
  EXPECT_FALSE(feed.isInside());
  EXPECT_EQ(log.find(1), nullptr);
  EXPECT_EQ(send(), 2u);
}

TEST_F(FragmentLogTest, RefusingAGrowingFragmentEndsIt) {
  log.open({}, {}, 0);
  ASSERT_TRUE(append(100, 1));
  feed.enter();
  readAll();
  ASSERT_TRUE(log.markRefused(1));
  EXPECT_EQ(log.growing(), nullptr);
  EXPECT_TRUE(log.isEmpty());
  EXPECT_EQ(sealed(100), 2u);
}

TEST_F(FragmentLogTest, WhenAllIsPersistedNothingIsHeld) {
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 10; ++i)
      sealed(40000);
    while (feed.ahead().record)
      send();
    while (const FragmentRecord* oldest = log.oldest())
      ASSERT_TRUE(log.markPersisted(oldest->id));
    EXPECT_TRUE(log.isEmpty());
    EXPECT_EQ(log.totals().bytes, 0u);
    EXPECT_EQ(log.totals().duration, Nanoseconds{0});
    EXPECT_EQ(budget->used(), 0u) << "the tail goes too";
  }
}

TEST_F(FragmentLogTest, CountsDurationsAsTheSumOfFragments) {
  log.open({}, {}, 0);
  ASSERT_TRUE(append(100, 1, true, Seconds(1)));
  ASSERT_TRUE(append(100, 2, true, Seconds(3)));
  ASSERT_TRUE(append(100, 3, true, Seconds(2)));  // a B-frame: shown earlier
  EXPECT_EQ(log.totals().duration, Seconds(3));
  log.seal();
  sealed(100, Seconds(5));
  EXPECT_EQ(log.totals().duration, Seconds(8));
  send();
  ASSERT_TRUE(log.markPersisted(1));
  EXPECT_EQ(log.totals().duration, Seconds(5));
}

}  // namespace
}  // namespace kvs::store
