// SPDX-License-Identifier: Apache-2.0
// How recovery is governed, scene by scene: docs/reliability.md, "Settings".
#include "core_fixture.h"

namespace kvs::stream {
namespace {

using namespace std::chrono_literals;
using std::chrono::hours;

class RecoveryTest : public test::CoreFixture {
 protected:
  /// How far the times of what was stored are from the service's own clock when it arrived.
  Nanoseconds furthestFromTheServicesTime() const {
    Nanoseconds furthest{0};
    const Nanoseconds ahead = options.clockAhead.value_or(Seconds(0));
    for (const auto& fragment : service->stored()) {
      const WallTime arrived(wallAtStart + ahead + (fragment.when - monotonicAtStart));
      const Nanoseconds off = WallTime(Milliseconds(fragment.timecodeMs)) - arrived;
      furthest = std::max(furthest, off < 0ns ? -off : off);
    }
    return furthest;
  }
  bool isTold(std::string_view words) const {
    return std::ranges::any_of(told->warnings,
                               [&](const Error& e) { return e.message.find(words) != std::string::npos; });
  }

  const TimePoint monotonicAtStart = clock.now();
  const WallTime wallAtStart = clock.wallNow();
};

// --- a wrong clock ---

TEST_F(RecoveryTest, AClockThatIsYearsBehindIsLearntFromTheRefusal) {
  options.clockAhead = hours(24 * 365 * 40);
  begin();
  stream(20s);
  EXPECT_TRUE(drain());
  EXPECT_EQ(stored(), range(100));
  // The first frames came before anybody knew the time: they bear the right one all the same.
  EXPECT_LT(furthestFromTheServicesTime(), 6s);
  EXPECT_TRUE(isTold("behind the service's"));
  EXPECT_EQ(told->warnings.size(), 1u);
  EXPECT_EQ(told->errors.size(), 0u);
}

TEST_F(RecoveryTest, AClockThatIsYearsAheadToo) {
  options.clockAhead = -hours(24 * 365 * 9);
  begin();
  stream(20s);
  EXPECT_TRUE(drain());
  EXPECT_EQ(stored(), range(100));
  EXPECT_LT(furthestFromTheServicesTime(), 6s);
  EXPECT_TRUE(isTold("ahead of the service's"));
}

TEST_F(RecoveryTest, WhatOneStreamHasLearntHoldsForTheNext) {
  options.clockAhead = hours(24 * 365);
  begin();
  stream(20s);
  EXPECT_TRUE(drain());
  core->stop();
  pass(1s);
  core = std::make_shared<StreamCore>(context, config, std::make_shared<Notifier>(told, executor), 2);
  setTrack();
  core->start();
  stream(20s);
  EXPECT_TRUE(drain());
  EXPECT_EQ(stored(), range(200));
  EXPECT_LT(furthestFromTheServicesTime(), 6s);
  EXPECT_EQ(told->warnings.size(), 1u);
}

TEST_F(RecoveryTest, AStreamThatBeginsJustAfterAnotherHasLearntTheTimeIsNotMovedTwice) {
  options.clockAhead = hours(24 * 365);
  network.refuse = true;
  begin();
  pass(1s);
  context->clock->learn(clock.wallNow() + *options.clockAhead);  // another stream's refusal
  stream(10s);
  service->network.refuse = false;
  stream(20s);
  EXPECT_TRUE(drain());
  EXPECT_EQ(stored(), range(150));
  for (const auto& fragment : service->stored()) {
    const Nanoseconds off = WallTime(Milliseconds(fragment.timecodeMs)) - (wallAtStart + *options.clockAhead);
    EXPECT_LT(off < 0s ? -off : off, 2min) << fragment.timecodeMs;
  }
}

TEST_F(RecoveryTest, AClockThatIsOffByAMinuteIsLeftAlone) {
  options.clockAhead = 55s;
  begin();
  stream(20s);
  EXPECT_TRUE(drain());
  EXPECT_EQ(stored(), range(100));
  EXPECT_TRUE(told->warnings.empty());
}

TEST_F(RecoveryTest, AClockThatIsSetWrongWhileStreamingIsSeenAtTheNextSession) {
  options.clockAhead = 0s;
  begin();
  stream(20s);
  clock.stepWall(2h);
  service->resetConnections();
  stream(60s);
  EXPECT_TRUE(drain());
  EXPECT_EQ(stored(), range(400));
  EXPECT_TRUE(isTold("ahead of the service's"));
  EXPECT_EQ(told->losses.size(), 0u);
}

TEST_F(RecoveryTest, AClockThatIsPutRightBySomebodyElseGoesOnAsIfNothingHadBeen) {
  options.clockAhead = hours(24 * 365);
  begin();
  stream(20s);
  clock.stepWall(hours(24 * 365));  // NTP has come
  service->resetConnections();
  stream(20s);
  EXPECT_TRUE(drain());
  EXPECT_EQ(stored(), range(200));
  EXPECT_LT(furthestFromTheServicesTime(), 6s);
  EXPECT_EQ(told->warnings.size(), 1u);
}

// --- when to give up ---

/// Keeps what is worth a warning.
class Log final : public LogSink {
 public:
  bool wants(LogLevel level, Room) const override { return level <= LogLevel::warning; }
  void write(LogLevel, Room, std::string_view, std::string_view text) override {
    lines.append(text).append("\n");
  }
  std::string lines;
};

TEST_F(RecoveryTest, AServiceThatAsksToBeLeftAloneForADayIsAskedAgainInAMinute) {
  const auto lines = std::make_shared<Log>();
  log = lines;
  begin();
  bool refused = false;
  service->intercept = [&](const std::string& operation) -> std::optional<kvs::test::FakeReply> {
    if (operation != "putMedia" || std::exchange(refused, true)) return std::nullopt;
    return kvs::test::FakeReply{503, "ServiceUnavailableException", "86400"};
  };
  stream(75s);
  EXPECT_TRUE(refused);
  EXPECT_FALSE(service->stored().empty());
  EXPECT_TRUE(drain());
  EXPECT_EQ(stored(), range(number)) << "the buffer held it";
  EXPECT_NE(lines->lines.find("86400 s"), std::string::npos) << lines->lines;
}

TEST_F(RecoveryTest, WithoutRestartTheFirstFailureEndsTheStream) {
  config.restartOnError = false;
  begin();
  stream(10s);
  service->resetConnections();
  pass(1s);
  ASSERT_EQ(told->errors.size(), 1u);
  EXPECT_EQ(told->errors[0].kind, ErrorKind::fatal);
  EXPECT_NE(told->errors[0].message.find("not to restart"), std::string::npos);
  EXPECT_EQ(core->stats().state, "stopped");
}

TEST_F(RecoveryTest, WithoutRestartTheOrdinaryEndOfASessionIsNoFailure) {
  config.restartOnError = false;
  begin();
  stream(10s);
  service->errorAck(4003, "MAX_CONNECTION_DURATION_REACHED", false);
  stream(10s);
  EXPECT_TRUE(drain());
  EXPECT_EQ(stored(), range(100));
  EXPECT_EQ(told->errors.size(), 0u);
}

TEST_F(RecoveryTest, ARetryTimeoutEndsAStreamThatNeverBegan) {
  config.retryTimeout = 60s;
  network.refuse = true;
  begin();
  pass(59s);
  EXPECT_EQ(told->errors.size(), 0u);
  pass(7s);  // the last attempt is made when the time is over, and needs a connection's time
  ASSERT_EQ(told->errors.size(), 1u);
  EXPECT_NE(told->errors[0].message.find("retrying for 60 s"), std::string::npos);
}

TEST_F(RecoveryTest, ARetryTimeoutCountsFromTheLastSuccess) {
  config.retryTimeout = 60s;
  begin();
  for (int i = 0; i < 4; ++i) {
    stream(10s);
    service->network.refuse = true;
    service->resetConnections();
    stream(40s);
    service->network.refuse = false;
    stream(30s);
  }
  EXPECT_EQ(told->errors.size(), 0u);
  service->network.refuse = true;
  service->resetConnections();
  pass(80s);
  EXPECT_EQ(told->errors.size(), 1u);
}

// --- sessions ---

TEST_F(RecoveryTest, ARotationAsksForCredentialsAgainAndRenewsTheSession) {
  config.rotationPeriod = 600s;
  begin();
  stream(25min);
  EXPECT_TRUE(drain());
  EXPECT_EQ(stored().size(), 25u * 60 * 5);
  EXPECT_GE(keys->fetched, 3);
  EXPECT_GE(service->sessions(), 3u);
  EXPECT_EQ(told->count(ConnectionState::disconnected), 0u);
  EXPECT_EQ(told->losses.size(), 0u);
}

// --- ends that we asked for ---

/// Whatever ends a session on our side, its last word, the end of its answer and the end of its body are
/// heard in one pass of the loop; and the first failure would end the stream.
class AskedEnds : public RecoveryTest {
 protected:
  AskedEnds() { config.restartOnError = false; }
  void beginInOnePass() {
    begin();
    service->passThatEndsTheBody = 5s;
  }
  void expectNoFailure(unsigned sessions) {
    EXPECT_TRUE(drain());
    EXPECT_EQ(stored(), range(number));
    EXPECT_GE(service->sessions(), sessions);
    EXPECT_EQ(told->errors.size(), 0u);
    EXPECT_EQ(told->count(ConnectionState::disconnected), 0u);
    EXPECT_EQ(core->stats().reconnects, 0u);
    EXPECT_EQ(core->stats().lastError, "");
    EXPECT_EQ(core->stats().fragmentsSent, core->stats().fragmentsIn) << "nothing was sent twice";
  }
};

TEST_F(AskedEnds, AnotherFormat) {
  beginInOnePass();
  for (int i = 0; i < 6; ++i) {
    stream(6s);
    largeFormat = !largeFormat;
  }
  expectNoFailure(6);
}

TEST_F(AskedEnds, ARotation) {
  config.rotationPeriod = 10s;
  beginInOnePass();
  stream(60s);
  expectNoFailure(5);
}

TEST_F(AskedEnds, ASourceThatPauses) {
  beginInOnePass();
  for (int i = 0; i < 3; ++i) {
    stream(4s);
    pass(40s);
    pts += 40s;
  }
  expectNoFailure(3);
}

TEST_F(AskedEnds, TheEndOfTheStreamAndMoreBehindIt) {
  beginInOnePass();
  for (int i = 0; i < 3; ++i) {
    stream(4s);
    EXPECT_TRUE(drain());
  }
  expectNoFailure(3);
}

TEST_F(AskedEnds, Bursts) {
  config.streamingType = StreamingType::nearRealtime;
  config.burstInterval = 5s;
  beginInOnePass();
  stream(31s);
  expectNoFailure(5);
}

TEST_F(AskedEnds, ABurstWhoseOnlyFragmentStopsGrowing) {
  config.streamingType = StreamingType::nearRealtime;
  config.burstInterval = 5s;
  group = 100;
  interval = 8s;  // a source that is slow is idle only after some such frames
  beginInOnePass();
  stream(16s);
  pass(60s);
  expectNoFailure(1);
}

TEST_F(AskedEnds, CredentialsThatExpire) {
  keys->expiration = [this] { return clock.wallNow() + 20s; };
  beginInOnePass();
  stream(60s);
  expectNoFailure(3);
}

TEST_F(AskedEnds, AnotherFormatWithRetentionZero) {
  options.retentionHours = 0;
  beginInOnePass();
  stream(6s);
  largeFormat = true;
  stream(6s);
  expectNoFailure(2);
}

TEST_F(AskedEnds, AnotherFormatWithoutAcknowledgements) {
  config.fragmentAcks = false;
  beginInOnePass();
  service->withholdAcks = true;
  stream(6s);
  largeFormat = true;
  stream(6s);
  expectNoFailure(2);
}

// --- without acknowledgements ---

class WithoutAcks : public RecoveryTest {
 protected:
  WithoutAcks() { config.fragmentAcks = false; }
  void beginSilently() {
    begin();
    service->withholdAcks = true;
  }
};

TEST_F(WithoutAcks, TheEndOfTheResponseConfirmsTheStream) {
  beginSilently();
  stream(60s);
  EXPECT_EQ(service->sessions(), 1u);
  EXPECT_TRUE(drain());
  EXPECT_EQ(stored(), range(300));
  EXPECT_EQ(core->stats().framesPersisted, 300u);
  EXPECT_EQ(storage->used(), 0u) << "nothing is kept when all was confirmed";
}

TEST_F(WithoutAcks, AServiceThatEndsItsResponseWithTheBodyConfirmsTheStreamToo) {
  beginSilently();
  service->endsWithTheBody = true;
  stream(60s);
  EXPECT_TRUE(drain());
  EXPECT_EQ(service->sessions(), 1u);
  EXPECT_EQ(core->stats().fragmentsReplayed, 0u);
  EXPECT_EQ(storage->used(), 0u);
}

TEST_F(WithoutAcks, ABrokenConnectionSendsAgainWhatWasSentOfLate) {
  beginSilently();
  stream(60s);
  service->resetConnections();
  stream(20s);
  EXPECT_TRUE(drain());
  EXPECT_EQ(stored(), range(400));
  EXPECT_GE(core->stats().fragmentsReplayed, 18u);  // 40 s of 2 s each, less the one that grew
  EXPECT_LE(core->stats().fragmentsReplayed, 20u);
  EXPECT_EQ(core->stats().framesPersisted, 400u);
}

TEST_F(WithoutAcks, AReplayDurationOfZeroSendsNothingTwiceButWhatWasNotSent) {
  config.replayDuration = 0s;
  beginSilently();
  stream(60s);
  service->resetConnections();
  stream(20s);
  EXPECT_TRUE(drain());
  EXPECT_EQ(core->stats().fragmentsReplayed, 0u);
}

TEST_F(WithoutAcks, SilenceIsNotStaleness) {
  beginSilently();
  stream(5min);
  EXPECT_EQ(service->sessions(), 1u);
  EXPECT_EQ(told->stale, 0);
}

TEST_F(WithoutAcks, WhatIsKeptGivesWayToWhatIsNew) {
  storageSize = 8 * store::chunkSize;
  beginSilently();
  stream(2min, 3000);
  EXPECT_EQ(told->losses.size(), 0u);
  EXPECT_LE(storage->used(), storageSize);
  EXPECT_TRUE(drain());
  EXPECT_EQ(stored(), range(600));
}

}  // namespace
}  // namespace kvs::stream
