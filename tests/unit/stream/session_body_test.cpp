// SPDX-License-Identifier: Apache-2.0
// The bytes of a session: header, Clusters with their Tags, blocks; the same however they are asked for.
#include "mkv/tags.h"
#include "stream_fixture.h"

namespace kvs::stream {
namespace {

using namespace std::chrono_literals;
using Finish = upload::SessionBody::Finish;
using State = net::BodyRead::State;
using kvs::test::ReadTag;

class SessionBodyTest : public test::StreamFixture {
 protected:
  SessionBodyTest() { video(); }
  const std::vector<ReadTag> endTag{{"AWS_KINESISVIDEO_END_OF_FRAGMENT", ""}};
  static Bytes closing() { return mkv::endOfFragmentTags({}); }
  /// The body ends here, behind the end-of-fragment tag, which stands nowhere before.
  void expectClosed(upload::SessionBody& session, std::size_t clusters) {
    const std::uint64_t before = stats().bytesSent;
    const Bytes bytes = readAll(session);
    EXPECT_EQ(last.state, State::end);
    EXPECT_EQ(stats().bytesSent - before, bytes.size());
    const auto read = parse(bytes);
    EXPECT_EQ(read.tagsBehind, endTag);
    ASSERT_EQ(read.clusters.size(), clusters);
    for (const auto& cluster : read.clusters)
      EXPECT_TRUE(cluster.tagsBefore.empty());
    EXPECT_TRUE(readAll(session).empty()) << "once";
  }
};

TEST_F(SessionBodyTest, BeginsWithTheHeaderEvenWhenNothingIsThere) {
  putGroups(1, 1);
  store.log().seal();
  const auto session = body();
  const Bytes bytes = readAll(*session);
  ASSERT_GE(bytes.size(), headers()[0]->bytes.size());
  EXPECT_TRUE(std::equal(headers()[0]->bytes.begin(), headers()[0]->bytes.end(), bytes.begin()));
}

TEST_F(SessionBodyTest, SendsEverythingInOrder) {
  putGroups(5, 20, 3000);
  const auto session = body();
  const auto read = parse(readAll(*session));
  EXPECT_EQ(numbers(read), range(0, 100));
  ASSERT_EQ(read.clusters.size(), 5u);
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(Milliseconds(read.clusters[i].timecode), session->sent()[i].timecode);
    EXPECT_EQ(session->sent()[i].id, i + 1);
  }
  EXPECT_EQ(last.state, State::wait);
  EXPECT_EQ(stats().fragmentsSent, 5u);
}

class ReadSizes : public SessionBodyTest, public testing::WithParamInterface<std::size_t> {};

TEST_P(ReadSizes, MakeNoDifference) {
  ASSERT_TRUE(ingest.putMetadata({"name", "value"}, true));
  putGroups(3, 20, 20'000);
  const Bytes expected = readAll(*body(), 1 << 22);
  store.feed().rewind();
  EXPECT_EQ(readAll(*body(), GetParam()), expected);
}

INSTANTIATE_TEST_SUITE_P(Any, ReadSizes, testing::Values(1, 2, 3, 7, 16, 100, 1021, 16384, 65536, 1'000'000));

TEST_F(SessionBodyTest, FollowsAFragmentThatGrows) {
  putGroups(1, 1);
  const auto session = body();
  Bytes all = readAll(*session);
  for (int i = 1; i < 50; ++i) {
    EXPECT_EQ(last.state, State::wait);
    put(nextPts, i % 20 == 0);
    nextPts += 100ms;
    const Bytes more = readAll(*session, 33);
    EXPECT_FALSE(more.empty()) << "a frame is on the wire when it is there";
    all.insert(all.end(), more.begin(), more.end());
  }
  EXPECT_EQ(numbers(parse(all)), range(0, 50));
}

TEST_F(SessionBodyTest, AResendHasTheSameBytes) {
  putGroups(3, 20, 5000);
  ingest.seal();
  const Bytes first = readAll(*body());
  store.feed().rewind();
  clock.advance(10min);
  clock.stepWall(5h);
  EXPECT_EQ(readAll(*body(), 777), first) << "nothing in the log depends on a session or a clock";
}

TEST_F(SessionBodyTest, AResendLeavesOutWhatIsPersisted) {
  putGroups(4, 20);
  readAll(*body());
  ASSERT_TRUE(store.log().markPersisted(1));
  ASSERT_TRUE(store.log().markPersisted(3));
  store.feed().rewind();
  auto expected = range(20, 40);
  const auto tail = range(60, 80);
  expected.insert(expected.end(), tail.begin(), tail.end());
  EXPECT_EQ(numbers(parse(readAll(*body()))), expected);
}

TEST_F(SessionBodyTest, TagsStandBeforeTheirCluster) {
  ASSERT_TRUE(ingest.putMetadata({"a", "1"}, false));
  ASSERT_TRUE(ingest.putMetadata({"b", "2"}, false));
  putGroups(2, 20);
  const auto read = parse(readAll(*body()));
  EXPECT_EQ(read.clusters[0].tagsBefore, (std::vector<ReadTag>{{"a", "1"}, {"b", "2"}}));
  EXPECT_TRUE(read.clusters[1].tagsBefore.empty());
}

TEST_F(SessionBodyTest, StrippedTagsAreGoneInTheResend) {
  ASSERT_TRUE(ingest.putMetadata({"a", "1"}, false));
  putGroups(1, 20);
  readAll(*body());
  store.feed().rewind();
  store.log().find(1)->stripped = true;
  EXPECT_TRUE(parse(readAll(*body())).clusters[0].tagsBefore.empty());
}

TEST_F(SessionBodyTest, AnEndTagClosesTheFragmentAtOnce) {
  putGroups(1, 20);
  const auto session = body();
  Bytes bytes = readAll(*session);
  ingest.seal(intake::Ingest::SealWith::endTag);
  const Bytes more = readAll(*session);
  bytes.insert(bytes.end(), more.begin(), more.end());
  const auto read = parse(bytes);
  EXPECT_EQ(read.tagsBehind, endTag);
  EXPECT_EQ(last.state, State::wait);
  EXPECT_EQ(store.log().find(1)->state, store::FragmentState::sent);
}

TEST_F(SessionBodyTest, AnEndTagIsReadAtAnySize) {
  putGroups(1, 20);
  ingest.seal(intake::Ingest::SealWith::endTag);
  putGroups(1, 20);
  const Bytes expected = readAll(*body(), 1 << 20);
  for (const std::size_t size : {1u, 5u, 11u}) {
    store.feed().rewind();
    EXPECT_EQ(readAll(*body(), size), expected);
  }
  EXPECT_EQ(parse(expected).clusters[1].tagsBefore, endTag);
}

class AnyFinish : public SessionBodyTest, public testing::WithParamInterface<Finish> {};

TEST_P(AnyFinish, ClosesTheSessionsLastFragment) {
  putGroups(2, 20);
  ingest.seal();
  const auto session = body();
  const Bytes before = readAll(*session);
  EXPECT_TRUE(parse(before).tagsBehind.empty()) << "another fragment may follow";
  session->finish(GetParam());
  EXPECT_EQ(readAll(*session), closing());
  EXPECT_EQ(last.state, State::end);
  store.feed().rewind();
  const auto again = body();
  again->finish(GetParam());
  if (GetParam() != Finish::fragment) expectClosed(*again, 2);
}

INSTANTIATE_TEST_SUITE_P(Of, AnyFinish,
                         testing::Values(Finish::fragment, Finish::complete, Finish::everything));

TEST_F(SessionBodyTest, ABurstClosesItsLastFragmentAlsoWhereAnotherGrows) {
  putGroups(3, 20);
  const auto session = body();
  session->finish(Finish::complete);
  expectClosed(*session, 2);
}

TEST_F(SessionBodyTest, AnotherHeaderClosesTheFragmentBefore) {
  putGroups(1, 20);
  put(frame(nextPts, true), test::annexB(test::accessUnit(true, nextNumber++, 64, kvs::test::largePicture)));
  expectClosed(*body({.header = headers()[0]}), 1);
}

TEST_F(SessionBodyTest, AnotherEpochClosesTheFragmentBefore) {
  put(100s, true);
  clock.advance(2s);
  put(0s, true);
  expectClosed(*body({.epoch = epochs()[0], .absoluteTimes = false}), 1);
}

TEST_F(SessionBodyTest, AClockThatWasSetBackClosesTheFragmentBefore) {
  putGroups(1, 20);
  clock.stepWall(-1h);
  putGroups(1, 20);
  expectClosed(*body(), 1);
}

TEST_F(SessionBodyTest, AFragmentThatWasCutShortIsClosed) {
  put(0s, true);
  ingest.seal();
  put(500ms, true);
  expectClosed(*body(), 1);
}

TEST_F(SessionBodyTest, ASessionWithoutAFragmentClosesNothing) {
  putGroups(1, 20);
  const auto session = body();
  session->finish(Finish::fragment);
  EXPECT_EQ(readAll(*session), headers()[0]->bytes) << "no mark without a block before it";
  EXPECT_EQ(last.state, State::end);
}

TEST_F(SessionBodyTest, AFragmentIsClosedInItsMiddleByNothing) {
  putGroups(1, 10);
  const auto session = body();
  const Bytes before = readAll(*session);
  session->finish(Finish::everything);
  EXPECT_TRUE(readAll(*session).empty());
  EXPECT_EQ(last.state, State::wait);
  EXPECT_TRUE(parse(before).tagsBehind.empty());
}

TEST_F(SessionBodyTest, AFragmentThatAMarkClosedIsNotClosedAgainByTheEnd) {
  putGroups(1, 20);
  ASSERT_TRUE(ingest.putEvent({}));
  ingest.seal(intake::Ingest::SealWith::endTag);
  const auto session = body();
  session->finish(Finish::everything);
  const auto tags = parse(readAll(*session)).tagsBehind;
  EXPECT_EQ(tags, (std::vector<ReadTag>{{"AWS_KINESISVIDEO_NOTIFICATION", ""}, endTag[0]}));
  EXPECT_EQ(last.state, State::end);
}

TEST_F(SessionBodyTest, TheLastOfOneSessionIsSentAgainWithoutAMarkInTheMiddleOfTheNext) {
  putGroups(1, 20);
  ingest.seal();
  const auto first = body();
  first->finish(Finish::everything);
  expectClosed(*first, 1);
  store.feed().rewind();
  putGroups(1, 20);
  ingest.seal();
  const auto second = body();
  second->finish(Finish::everything);
  expectClosed(*second, 2);
}

TEST_F(SessionBodyTest, TheLastFragmentIsClosedAlsoWhereItWasGivenUpMeanwhile) {
  putGroups(1, 20);
  ingest.seal();
  const auto session = body();
  readAll(*session);
  store.log().dropAll(store::LossReason::storageFull);
  session->finish(Finish::fragment);
  EXPECT_EQ(readAll(*session), closing());
  EXPECT_EQ(last.state, State::end);
}

TEST_F(SessionBodyTest, WhoLooksOnIsShownTheMarkToo) {
  struct Copy final : upload::BodyTap {
    void taken(ByteView bytes) override { all.insert(all.end(), bytes.begin(), bytes.end()); }
    Bytes all;
  };
  putGroups(1, 20);
  ingest.seal();
  const auto copy = std::make_shared<Copy>();
  const auto session = body({.tap = copy});
  session->finish(Finish::everything);
  EXPECT_EQ(readAll(*session), copy->all);
  EXPECT_EQ(parse(copy->all).tagsBehind, endTag);
}

TEST_F(SessionBodyTest, TheMarkOfASessionsEndIsReadAtAnySize) {
  putGroups(2, 20);
  ingest.seal();
  const auto all = [this](std::size_t size) {
    store.feed().rewind();
    const auto session = body();
    session->finish(Finish::everything);
    return readAll(*session, size);
  };
  const Bytes expected = all(1 << 20);
  EXPECT_EQ(parse(expected).tagsBehind, endTag);
  for (const std::size_t size : {1u, 5u, 11u, 4096u})
    EXPECT_EQ(all(size), expected);
}

TEST_F(SessionBodyTest, FinishFragmentEndsBehindTheOneUnderTheCursor) {
  putGroups(3, 20);
  const auto session = body();
  Bytes room(headers()[0]->bytes.size() + 200);
  Bytes all;
  net::BodyRead first = session->read(room);
  all.assign(room.begin(), room.begin() + static_cast<std::ptrdiff_t>(first.bytes));
  session->finish(Finish::fragment);
  const Bytes more = readAll(*session);
  all.insert(all.end(), more.begin(), more.end());
  EXPECT_EQ(last.state, State::end);
  EXPECT_EQ(numbers(parse(all)), range(0, 20));
  EXPECT_EQ(ends, 1);
  EXPECT_FALSE(endedByHeader);
  EXPECT_TRUE(session->hasEnded());
}

TEST_F(SessionBodyTest, FinishFragmentWaitsForAGrowingOne) {
  putGroups(1, 10);
  const auto session = body();
  readAll(*session);
  session->finish(Finish::fragment);
  readAll(*session);
  EXPECT_EQ(last.state, State::wait);
  EXPECT_EQ(ends, 0);
  put(nextPts, false);
  EXPECT_FALSE(readAll(*session).empty());
  ingest.seal();
  EXPECT_EQ(readAll(*session), closing());
  EXPECT_EQ(last.state, State::end);
}

TEST_F(SessionBodyTest, FinishBetweenFragmentsEndsAtOnce) {
  putGroups(1, 20);
  ingest.seal();
  const auto session = body();
  readAll(*session);
  session->finish(Finish::fragment);
  putGroups(1, 20);
  EXPECT_EQ(readAll(*session), closing());
  EXPECT_EQ(last.state, State::end);
  EXPECT_EQ(store.log().find(2)->state, store::FragmentState::open);
}

TEST_F(SessionBodyTest, FinishEverythingEndsBehindTheLog) {
  putGroups(3, 20);
  ingest.seal();
  const auto session = body();
  session->finish(Finish::everything);
  EXPECT_EQ(numbers(parse(readAll(*session))), range(0, 60));
  EXPECT_EQ(last.state, State::end);
  EXPECT_EQ(ends, 1);
}

TEST_F(SessionBodyTest, WhatComesAfterFinishEverythingTravelsInTheNextSession) {
  putGroups(2, 20);
  ingest.seal();
  const auto session = body();
  session->finish(Finish::everything);
  putGroups(1, 20);
  EXPECT_EQ(numbers(parse(readAll(*session))), range(0, 40));
  EXPECT_EQ(last.state, State::end);
  for (const store::FragmentId id : {1u, 2u})
    ASSERT_TRUE(store.log().markPersisted(id));
  store.feed().rewind();
  EXPECT_EQ(numbers(parse(readAll(*body()))), range(40, 60));
}

TEST_F(SessionBodyTest, TheEndIsToldOnceAndStays) {
  putGroups(1, 20);
  ingest.seal();
  const auto session = body();
  session->finish(Finish::everything);
  readAll(*session);
  Bytes room(10);
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(session->read(room).state, State::end);
  EXPECT_EQ(ends, 1);
}

TEST_F(SessionBodyTest, AnotherHeaderEndsTheBody) {
  putGroups(1, 20);
  put(frame(nextPts, true), test::annexB(test::accessUnit(true, nextNumber++, 64, kvs::test::largePicture)));
  const auto session = body({.header = headers()[0]});
  EXPECT_EQ(numbers(parse(readAll(*session))), range(0, 20));
  EXPECT_EQ(last.state, State::end);
  EXPECT_TRUE(endedByHeader);
  EXPECT_EQ(numbers(parse(readAll(*body({.header = headers().at(1)})))), range(20, 21));
}

TEST_F(SessionBodyTest, AnotherEpochEndsARelativeBodyOnly) {
  put(100s, true);
  clock.advance(2s);
  put(0s, true);  // an epoch of its own
  const auto absolute = body({.epoch = epochs()[0], .absoluteTimes = true});
  EXPECT_EQ(parse(readAll(*absolute)).clusters.size(), 2u);
  EXPECT_EQ(last.state, State::wait);
  store.feed().rewind();
  const auto relative = body({.epoch = epochs()[0], .absoluteTimes = false});
  const auto read = parse(readAll(*relative));
  ASSERT_EQ(read.clusters.size(), 1u);
  EXPECT_EQ(read.clusters[0].timecode, 0u);
  EXPECT_EQ(last.state, State::end);
  EXPECT_TRUE(endedByHeader);
}

TEST_F(SessionBodyTest, AFragmentThatWasCutShortIsTheLastOfItsSession) {
  put(0s, true);
  ingest.seal();
  put(500ms, true);  // the service refuses what is followed in less than a second
  EXPECT_EQ(parse(readAll(*body())).clusters.size(), 1u);
  EXPECT_EQ(last.state, State::end);
  EXPECT_TRUE(endedByHeader);
}

TEST_F(SessionBodyTest, AFragmentThatATagClosedMayBeShort) {
  put(0s, true);
  ingest.seal(intake::Ingest::SealWith::endTag);
  put(500ms, true);
  EXPECT_EQ(parse(readAll(*body())).clusters.size(), 2u);
}

TEST_F(SessionBodyTest, RelativeTimesGoOnInTheNextSession) {
  putGroups(3, 20);
  const auto first = body({.absoluteTimes = false});
  EXPECT_EQ(parse(readAll(*first)).clusters[2].timecode, 4000u);
  ASSERT_TRUE(store.log().markPersisted(1));
  store.feed().rewind();
  const auto second = parse(readAll(*body({.absoluteTimes = false})));
  EXPECT_EQ(second.clusters[0].timecode, 2000u) << "every session sends the same start";
}

TEST_F(SessionBodyTest, AbsoluteTimesAreTheWallClocks) {
  putGroups(1, 20);
  const auto read = parse(readAll(*body()));
  EXPECT_EQ(WallTime(Milliseconds(read.clusters[0].timecode)),
            std::chrono::floor<Milliseconds>(clock.wallNow()));
}

TEST_F(SessionBodyTest, RefusedFragmentsAreSteppedOver) {
  putGroups(3, 20);
  ASSERT_TRUE(store.log().markRefused(2));
  auto expected = range(0, 20);
  const auto tail = range(40, 60);
  expected.insert(expected.end(), tail.begin(), tail.end());
  EXPECT_EQ(numbers(parse(readAll(*body()))), expected);
}

TEST_F(SessionBodyTest, TheQuotaOfFragmentsIsKept) {
  pacer = upload::FragmentPacer(5);
  putGroups(12, 10);
  ingest.seal();
  const auto session = body();
  Bytes all = readAll(*session);
  EXPECT_EQ(parse(all).clusters.size(), 5u);
  EXPECT_EQ(last.state, State::wait);
  ASSERT_TRUE(pacedUntil);
  EXPECT_EQ(*pacedUntil - clock.now(), 200ms);
  std::size_t clusters = 5;
  while (clusters < 12) {
    clock.advanceTo(*pacedUntil);
    const Bytes more = readAll(*session);
    all.insert(all.end(), more.begin(), more.end());
    EXPECT_EQ(parse(all).clusters.size(), ++clusters);
  }
}

TEST_F(SessionBodyTest, TimecodesAreTakenAsTheServiceAcknowledgesThem) {
  clock.advance(3s);
  putGroups(2, 20);
  const auto session = body();
  readAll(*session);
  EXPECT_EQ(session->sent().front().since, clock.now());
  clock.advance(1s);
  putGroups(1, 20);
  readAll(*session);
  EXPECT_EQ(session->sent().back().begun, clock.now());
}

class CoarseBody : public test::StreamFixture {
 protected:
  CoarseBody() : StreamFixture(Options{.scale = 10ms}) { video(); }
};

TEST_F(CoarseBody, AcknowledgementsCountInMillisecondsWhateverTheScale) {
  putGroups(2, 20);
  for (const bool absolute : {true, false}) {
    store.feed().rewind();
    const auto session = body({.absoluteTimes = absolute});
    const auto read = parse(readAll(*session));
    EXPECT_EQ(read.timecodeScaleNs, 10'000'000u);
    EXPECT_EQ(session->sent()[1].timecode, Milliseconds(read.clusters[1].timecode * 10));
    EXPECT_EQ(session->sent()[1].timecode - session->sent()[0].timecode, 2s);
  }
}

}  // namespace
}  // namespace kvs::stream
