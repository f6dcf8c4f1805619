// SPDX-License-Identifier: Apache-2.0
// ERROR acknowledgements: every policy, and the end of refusals without end.
#include "life_driver.h"

namespace kvs::upload {
namespace {

using aws::AckPolicy;
using test::errorOf;
using test::LifeDriver;
using test::Words;

/// The session is over after any of them; what stands beside "close" is the policy.
class LifeRefusal : public testing::Test {
 protected:
  void SetUp() override { m.toStreaming(); }
  /// Opens the next session, after whatever wait there is.
  void nextSession() {
    if (m.state() == State::waiting) m.retry();
    while (m.state() != State::streaming && m.state() != State::stopped) {
      if (m.state() == State::describing) m.on(event::Described{});
      if (m.state() == State::locating) m.on(event::Located{});
    }
    if (m.state() == State::streaming) m.on(event::SessionAnswered{});
  }
  LifeDriver m;
};

TEST_F(LifeRefusal, EveryErrorEndsTheSession) {
  for (const AckPolicy policy :
       {AckPolicy::reconnect, AckPolicy::newSession, AckPolicy::setAside, AckPolicy::setAsideOnRepeat,
        AckPolicy::resendWithoutTags, AckPolicy::resendOtherHeader, AckPolicy::correctClock,
        AckPolicy::describe, AckPolicy::retryKms, AckPolicy::streamDeleted, AckPolicy::fatal}) {
    for (const std::optional<std::uint64_t> fragment :
         {std::optional<std::uint64_t>(), std::optional<std::uint64_t>(7)}) {
      LifeDriver one;
      one.toStreaming();
      const Words words = one.refuse(policy, fragment);
      EXPECT_EQ(std::ranges::count(words, "close"), 1) << "policy " << static_cast<int>(policy);
    }
  }
}

TEST_F(LifeRefusal, StreamReadErrorReconnectsWithBackOff) {
  EXPECT_EQ(m.refuse(AckPolicy::reconnect), (Words{"close"}));
  EXPECT_EQ(m.state(), State::waiting);
  EXPECT_EQ(m.retry(), (Words{"open"}));
}

TEST_F(LifeRefusal, TheSessionsLongestDurationIsNormal) {
  m.advance(std::chrono::minutes(45));
  EXPECT_EQ(m.refuse(AckPolicy::newSession), (Words{"close", "open"}));
  EXPECT_FALSE(m.reports(ConnectionState::retrying));
}

TEST_F(LifeRefusal, ASessionThatEndsAsSoonAsItBeganIsNotOpenedInAHotLoop) {
  int opened = 0;
  while (m.state() == State::streaming) {
    ASSERT_LT(++opened, 5);
    m.on(event::SessionAnswered{});
    m.refuse(AckPolicy::newSession);
  }
  EXPECT_EQ(m.state(), State::waiting);
  EXPECT_EQ(m.retry(), (Words{"open"}));
}

TEST_F(LifeRefusal, ANamedFragmentIsSetAsideAtOnce) {
  EXPECT_EQ(m.refuse(AckPolicy::setAside, 7), (Words{"refuse 7", "close", "open"}));
}

TEST_F(LifeRefusal, WithoutAFragmentNothingIsSkippedTheFirstTime) {
  EXPECT_EQ(m.refuse(AckPolicy::setAside), (Words{"close"}));
  EXPECT_EQ(m.state(), State::waiting);
  nextSession();
  EXPECT_EQ(m.refuse(AckPolicy::setAside), (Words{"refuse oldest", "close", "open"}));
  EXPECT_EQ(m.refuse(AckPolicy::setAside), (Words{"close"})) << "and the next one has its own first time";
}

TEST_F(LifeRefusal, APersistedBetweenMakesItTheFirstTimeAgain) {
  m.refuse(AckPolicy::setAside);
  nextSession();
  m.on(event::Persisted{});
  EXPECT_EQ(m.refuse(AckPolicy::setAside), (Words{"close"}));
}

TEST_F(LifeRefusal, ATrackMismatchIsResentAndThenSetAside) {
  for (const AckPolicy policy : {AckPolicy::resendOtherHeader, AckPolicy::setAsideOnRepeat}) {
    EXPECT_EQ(m.refuse(policy, 3), (Words{"close"}));
    nextSession();
    EXPECT_EQ(m.refuse(policy, 3), (Words{"refuse 3", "close", "open"}));
    m.on(event::SessionAnswered{});
    m.on(event::Persisted{});
  }
}

TEST_F(LifeRefusal, AnotherFragmentsMismatchIsItsFirst) {
  m.refuse(AckPolicy::resendOtherHeader, 3);
  nextSession();
  EXPECT_EQ(m.refuse(AckPolicy::resendOtherHeader, 4), (Words{"close"}));
}

TEST_F(LifeRefusal, TooMuchMetadataIsSentAgainWithoutIt) {
  EXPECT_EQ(m.refuse(AckPolicy::resendWithoutTags, 3), (Words{"strip 3", "warn", "close", "open"}));
  EXPECT_EQ(m.refuse(AckPolicy::resendWithoutTags, 3), (Words{"refuse 3", "close", "open"}))
      << "without its Tags it was refused again";
}

TEST_F(LifeRefusal, TooMuchMetadataOfNobodyIsNoHotLoop) {
  EXPECT_EQ(m.refuse(AckPolicy::resendWithoutTags), (Words{"strip oldest", "warn", "close", "open"}));
  EXPECT_EQ(m.refuse(AckPolicy::resendWithoutTags), (Words{"refuse oldest", "close", "open"}));
}

TEST_F(LifeRefusal, AWrongStartTimeIsFatalTheSecondTime) {
  EXPECT_EQ(m.refuse(AckPolicy::correctClock), (Words{"close"}));
  nextSession();
  EXPECT_EQ(m.refuse(AckPolicy::correctClock), (Words{"close", "fail"}));
}

TEST_F(LifeRefusal, AWrongStartTimeThatWasMendedIsForgotten) {
  m.refuse(AckPolicy::correctClock);
  nextSession();
  m.on(event::Persisted{});
  EXPECT_EQ(m.refuse(AckPolicy::correctClock), (Words{"close"}));
}

TEST_F(LifeRefusal, AnInactiveStreamIsDescribed) {
  for (const AckPolicy policy : {AckPolicy::describe, AckPolicy::streamDeleted}) {
    EXPECT_EQ(m.refuse(policy), (Words{"close"}));
    EXPECT_EQ(m.state(), State::waiting);
    EXPECT_EQ(m.retry(), (Words{"describe"}));
    nextSession();
  }
}

TEST_F(LifeRefusal, KmsTroubleIsToldOnceAndTriedForEverUpToAMinute) {
  Nanoseconds longest{0};
  EXPECT_EQ(m.refuse(AckPolicy::retryKms), (Words{"warn", "close"}));
  for (int i = 0; i < 200; ++i) {
    nextSession();
    EXPECT_EQ(m.refuse(AckPolicy::retryKms), (Words{"close"}));
    longest = std::max(longest, m.timerIn(Timer::retry));
  }
  EXPECT_LE(longest, Seconds(60));
  EXPECT_GT(longest, Seconds(30));
  nextSession();
  m.on(event::Persisted{});
  EXPECT_EQ(m.refuse(AckPolicy::retryKms), (Words{"warn", "close"}));
}

TEST_F(LifeRefusal, AWrongConfigurationIsFatal) {
  EXPECT_EQ(m.refuse(AckPolicy::fatal), (Words{"close", "fail"}));
  EXPECT_EQ(m.find<action::Fail>()->error.kind, ErrorKind::fatal);
}

TEST_F(LifeRefusal, ThreeOfAKindInARowEndTheStream) {
  EXPECT_EQ(m.refuse(AckPolicy::setAside, 1), (Words{"refuse 1", "close", "open"}));
  m.advance(Seconds(40));
  EXPECT_EQ(m.refuse(AckPolicy::setAside, 2), (Words{"refuse 2", "close", "open"}));
  m.advance(Seconds(40));
  EXPECT_EQ(m.refuse(AckPolicy::setAside, 3), (Words{"close", "fail"}));
  EXPECT_EQ(m.find<action::Fail>()->error.kind, ErrorKind::fatal);
}

TEST_F(LifeRefusal, APersistedFragmentBreaksTheRow) {
  for (std::uint64_t i = 0; i < 20; ++i) {
    EXPECT_EQ(m.refuse(AckPolicy::setAside, i), (Words{"refuse " + std::to_string(i), "close", "open"}));
    m.on(event::SessionAnswered{});
    m.on(event::Persisted{});
    m.advance(Seconds(16));
  }
}

TEST_F(LifeRefusal, FiveInAMinuteEndTheStreamWhateverTheirKind) {
  const StatusCode kinds[] = {StatusCode::ackInvalidMkvData, StatusCode::ackFragmentSizeReached};
  for (std::uint64_t i = 0; i < 4; ++i) {
    EXPECT_EQ(m.refuse(AckPolicy::setAside, i, kinds[i % 2]).size(), 3u);
    m.on(event::SessionAnswered{});
    m.on(event::Persisted{});
    m.advance(Seconds(14));
  }
  EXPECT_EQ(m.refuse(AckPolicy::setAside, 9, kinds[0]), (Words{"close", "fail"}));
}

TEST_F(LifeRefusal, RefusalsAreHeardWhileTheSessionEndsToo) {
  using Ending = void (*)(LifeDriver&);
  for (const Ending end : std::vector<Ending>{[](LifeDriver& one) { one.on(event::HeaderChanged{}); },
                                              [](LifeDriver& one) { one.pauseSource(); },
                                              [](LifeDriver& one) { one.on(event::EndOfStream{}); }}) {
    LifeDriver one;
    one.toStreaming();
    end(one);
    ASSERT_NE(one.state(), State::streaming);
    const Words words = one.refuse(AckPolicy::setAside, 5);
    EXPECT_EQ((Words{words.begin(), words.begin() + 3}), (Words{"refuse 5", "close", "open"}));
  }
}

TEST_F(LifeRefusal, OutsideASessionNobodyListens) {
  m.on(event::SessionEnded{errorOf(ErrorKind::retryable)});
  EXPECT_EQ(m.refuse(AckPolicy::setAside, 5), Words{});
}

}  // namespace
}  // namespace kvs::upload
