// SPDX-License-Identifier: Apache-2.0
// Sessions: opening, hand-over, idleness, end of stream, and what a broken one leads to.
#include "life_driver.h"

namespace kvs::upload {
namespace {

using test::errorOf;
using test::LifeDriver;
using test::Words;

const Error broken = errorOf(ErrorKind::retryable);
const Error limit = [] {
  Error error = errorOf(ErrorKind::throttled, "ConnectionLimitExceededException");
  error.httpStatus = 400;
  return error;
}();

TEST(LifeSession, OpensWhenThereIsSomethingToSend) {
  LifeDriver m;
  m.toReady();
  EXPECT_EQ(m.on(event::DataAvailable{}), (Words{"open"}));
  EXPECT_EQ(m.on(event::DataAvailable{}), Words{}) << "one session a stream";
  m.on(event::SessionAnswered{});
  EXPECT_TRUE(m.reports(ConnectionState::streaming));
}

TEST(LifeSession, LivesForFortyMinutesLessASeededRandomTen) {
  std::vector<Nanoseconds> lengths;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    LifeDriver m({}, seed);
    m.toReady();
    m.on(event::DataAvailable{});
    const Nanoseconds length = m.timerIn(Timer::session);
    EXPECT_GE(length, std::chrono::minutes(30));
    EXPECT_LE(length, std::chrono::minutes(40));
    lengths.push_back(length);
  }
  std::ranges::sort(lengths);
  EXPECT_LT(lengths.front(), std::chrono::minutes(31));
  EXPECT_GT(lengths.back(), std::chrono::minutes(39));
  EXPECT_GT(lengths[100] - lengths[50], std::chrono::minutes(1)) << "spread over the window";
}

TEST(LifeSession, HandsOverAtAFragmentsEndAndClosesBeforeItOpens) {
  for (const bool byTimer : {true, false}) {
    LifeDriver m;
    m.toStreaming();
    EXPECT_EQ(byTimer ? m.fire(Timer::session) : m.on(event::HeaderChanged{}), (Words{"finish fragment"}));
    EXPECT_EQ(m.state(), State::handingOver);
    EXPECT_EQ(m.on(event::Persisted{}), Words{});
    EXPECT_EQ(m.on(event::SessionConfirmed{}), (Words{"close", "open"}));
    EXPECT_EQ(m.state(), State::streaming);
    EXPECT_FALSE(m.timerSet(Timer::progress));
    EXPECT_TRUE(m.timerSet(Timer::session));
  }
}

TEST(LifeSession, AHandOverWaitsForTheFragmentToEndAndBeConfirmed) {
  LifeDriver m;
  m.toStreaming();
  m.on(event::HeaderChanged{});
  EXPECT_EQ(m.timerIn(Timer::progress), Seconds(30)) << "20 s of growth, 10 s for its acknowledgement";
  // The fragment before it is confirmed at once; the one under the cursor may still grow for 20 s.
  m.advance(Milliseconds(500));
  m.on(event::Persisted{});
  EXPECT_GE(m.timerIn(Timer::progress), Milliseconds(29500));
}

TEST(LifeSession, AConfirmedSessionEndsWellAlsoBeforeItsHandOverIsHeardOf) {
  LifeDriver machine(LifeConfig{.retry = {.restartOnError = false}});
  machine.toStreaming();
  EXPECT_EQ(machine.on(event::SessionConfirmed{}), Words({"close", "open"}));
  EXPECT_FALSE(machine.reports(ConnectionState::disconnected));
  EXPECT_EQ(machine.state(), State::streaming);
}

TEST(LifeSession, AnEndWithoutConfirmationIsAFailure) {
  LifeDriver m;
  m.toStreaming();
  m.on(event::HeaderChanged{});
  EXPECT_EQ(m.fire(Timer::progress), (Words{"close"}));
  EXPECT_EQ(m.state(), State::waiting);
  EXPECT_TRUE(m.reports(ConnectionState::disconnected));
  EXPECT_EQ(m.retry(), (Words{"open"}));
}

TEST(LifeSession, APausedSourceLetsTheConnectionGo) {
  LifeDriver m;
  m.toStreaming();
  EXPECT_EQ(m.pauseSource(), (Words{"finish everything endTag"}));
  EXPECT_EQ(m.state(), State::idle);
  EXPECT_EQ(m.timerIn(Timer::progress), Seconds(10));
  m.on(event::Persisted{});
  EXPECT_EQ(m.on(event::LogEmpty{}), Words{});
  EXPECT_EQ(m.on(event::SessionConfirmed{}), (Words{"close"}));
  EXPECT_EQ(m.state(), State::ready);
  EXPECT_EQ(m.on(event::DataAvailable{}), (Words{"open"})) << "and returns on the next frame";
}

TEST(LifeSession, AFrameThatComesWhileTheIdleSessionEndsTravelsInTheNext) {
  LifeDriver m;
  m.toStreaming();
  m.pauseSource();
  EXPECT_EQ(m.on(event::DataAvailable{}), Words{});
  EXPECT_EQ(m.on(event::SessionConfirmed{}), (Words{"close", "open"}));
}

TEST(LifeSession, PausingTwiceOrWhileEndingChangesNothing) {
  LifeDriver m;
  m.toStreaming();
  m.pauseSource();
  EXPECT_EQ(m.pauseSource(), Words{});
  EXPECT_EQ(m.on(event::HeaderChanged{}), Words{});
  EXPECT_EQ(m.on(event::TimerFired{Timer::session}), Words{});
}

TEST(LifeSession, EndOfStreamDrains) {
  LifeDriver m;
  m.toStreaming();
  EXPECT_EQ(m.on(event::EndOfStream{}), (Words{"finish everything"}));
  EXPECT_EQ(m.state(), State::draining);
  m.on(event::Persisted{});
  EXPECT_EQ(m.timerIn(Timer::progress), Seconds(10));
  EXPECT_EQ(m.on(event::LogEmpty{}), (Words{"close", "drained"}));
  EXPECT_TRUE(m.reports(ConnectionState::drained));
  EXPECT_EQ(m.state(), State::ready);
}

TEST(LifeSession, EndOfAnEmptyStreamIsDrainedAtOnce) {
  LifeDriver m;
  m.toReady();
  m.on(event::EndOfStream{});
  EXPECT_EQ(m.on(event::LogEmpty{}), (Words{"drained"}));
  EXPECT_EQ(m.on(event::LogEmpty{}), Words{}) << "told once";
}

TEST(LifeSession, EndOfStreamBeforeReadyDrainsOnceItCan) {
  LifeDriver m;
  m.start();
  m.on(event::DataAvailable{});
  m.on(event::EndOfStream{});
  m.on(event::CredentialsFetched{});
  m.on(event::Described{});
  EXPECT_EQ(m.on(event::Located{}), (Words{"ready", "open", "finish everything"}));
  EXPECT_EQ(m.state(), State::draining);
}

TEST(LifeSession, EndOfStreamDuringAHandOverIsNotForgotten) {
  for (const bool isIdle : {false, true}) {
    LifeDriver m;
    m.toStreaming();
    isIdle ? m.pauseSource() : m.on(event::HeaderChanged{});
    // By the one that pauses it is finished already.
    EXPECT_EQ(m.on(event::EndOfStream{}), isIdle ? Words{} : (Words{"finish everything"}));
    EXPECT_EQ(m.on(event::SessionConfirmed{}), (Words{"close", "open", "finish everything"}));
    EXPECT_EQ(m.state(), State::draining);
    EXPECT_EQ(m.on(event::LogEmpty{}), (Words{"close", "drained"}));
  }
}

TEST(LifeSession, ADrainThatBreaksIsTriedAgain) {
  LifeDriver m;
  m.toStreaming();
  m.on(event::EndOfStream{});
  EXPECT_EQ(m.on(event::SessionEnded{broken}), (Words{"close"}));
  EXPECT_EQ(m.retry(), (Words{"open", "finish everything"}));
  EXPECT_EQ(m.state(), State::draining);
}

TEST(LifeSession, TheLogMayRunEmptyWhileWaiting) {
  LifeDriver m;
  m.toStreaming();
  m.on(event::EndOfStream{});
  m.on(event::SessionEnded{broken});
  EXPECT_EQ(m.on(event::LogEmpty{}), (Words{"drained"}));
  EXPECT_EQ(m.state(), State::waiting);
  EXPECT_EQ(m.retry(), Words{});
  EXPECT_EQ(m.state(), State::ready);
}

TEST(LifeSession, FramesAfterEndOfStreamGoOnInTheNextSession) {
  LifeDriver m;
  m.toStreaming();
  m.on(event::EndOfStream{});
  EXPECT_EQ(m.on(event::DataAvailable{true}), Words{});
  EXPECT_EQ(m.state(), State::handingOver);
  EXPECT_EQ(m.on(event::SessionConfirmed{}), (Words{"close", "open"}));
  EXPECT_EQ(m.state(), State::streaming);
  EXPECT_EQ(m.on(event::LogEmpty{}), Words{}) << "the end was taken back";
}

TEST(LifeSession, ABrokenSessionIsOpenedAgainAfterAWait) {
  LifeDriver m;
  m.toStreaming();
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(m.on(event::SessionEnded{broken}), (Words{"close"}));
    ASSERT_EQ(m.state(), State::waiting);
    ASSERT_EQ(m.reported().size(), 2u);
    EXPECT_EQ(m.reported()[0].state, ConnectionState::disconnected);
    ASSERT_TRUE(m.reported()[0].reason);
    EXPECT_EQ(m.reported()[1].state, ConnectionState::retrying);
    EXPECT_EQ(m.reported()[1].attempt, static_cast<unsigned>(i + 1));
    EXPECT_FALSE(m.timerSet(Timer::session));
    EXPECT_FALSE(m.timerSet(Timer::progress));
    EXPECT_EQ(m.retry(), (Words{"open"}));
    m.on(event::SessionAnswered{});
  }
}

TEST(LifeSession, AnEndpointThatIsNotReachedTwiceIsAskedForAgain) {
  LifeDriver m;
  m.toStreaming();
  m.on(event::SessionEnded{broken});  // that one had been answered
  EXPECT_EQ(m.retry(), (Words{"open"}));
  m.on(event::SessionEnded{broken});
  EXPECT_EQ(m.retry(), (Words{"open"}));
  m.on(event::SessionEnded{broken});
  EXPECT_EQ(m.retry(), (Words{"locate"}));
  EXPECT_EQ(m.on(event::Located{}), (Words{"open"}));
}

TEST(LifeSession, AnAnswerThatEndsIsAFailureWithAReason) {
  LifeDriver m;
  m.toStreaming();
  EXPECT_EQ(m.on(event::SessionEnded{}), (Words{"close"}));
  ASSERT_TRUE(m.reported()[0].reason);
  EXPECT_FALSE(m.reported()[0].reason->message.empty());
  EXPECT_EQ(m.retry(), (Words{"open"}));
}

TEST(LifeSession, BackOffDoublesToItsCapAndIsResetByThePersisted) {
  // The ceiling of each delay, seen as the greatest over many seeds.
  std::vector<Nanoseconds> greatest(10), first(10, Seconds(99));
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    LifeDriver m({}, seed);
    m.toStreaming();
    for (std::size_t i = 0; i < greatest.size(); ++i) {
      m.on(event::SessionEnded{broken});
      greatest[i] = std::max(greatest[i], m.timerIn(Timer::retry));
      first[i] = std::min(first[i], m.timerIn(Timer::retry));
      m.retry();
      m.on(event::SessionAnswered{});  // a 200 alone resets nothing
    }
    m.on(event::Persisted{});
    m.on(event::SessionEnded{broken});
    EXPECT_LE(m.timerIn(Timer::retry), Milliseconds(200));
  }
  Milliseconds ceiling{200};
  for (std::size_t i = 0; i < greatest.size(); ++i) {
    EXPECT_LE(greatest[i], ceiling) << i;
    EXPECT_GT(greatest[i], ceiling * 9 / 10) << "full jitter reaches up to it";
    EXPECT_LT(first[i], ceiling / 10) << "and down to zero";
    ceiling = std::min(ceiling * 2, Milliseconds(10000));
  }
}

TEST(LifeSession, AMovedEndpointIsAskedForAgain) {
  LifeDriver m;
  m.toStreaming();
  EXPECT_EQ(m.on(event::SessionEnded{errorOf(ErrorKind::endpointMoved, "InvalidEndpointException")}),
            (Words{"close"}));
  EXPECT_EQ(m.retry(), (Words{"locate"}));
  EXPECT_EQ(m.on(event::Located{}), (Words{"open"}));
}

TEST(LifeSession, AStreamThatIsGoneIsDescribedAgain) {
  LifeDriver m;
  m.toStreaming();
  m.on(event::SessionEnded{errorOf(ErrorKind::notFound)});
  EXPECT_EQ(m.retry(), (Words{"describe"}));
}

TEST(LifeSession, AFatalRefusalEndsTheStream) {
  LifeDriver m;
  m.toStreaming();
  EXPECT_EQ(m.on(event::SessionEnded{errorOf(ErrorKind::fatal, "InvalidArgumentException")}),
            (Words{"close", "fail"}));
  EXPECT_EQ(m.state(), State::stopped);
  EXPECT_FALSE(m.sessionOpen());
}

TEST(LifeSession, ExpiredCredentialsAreFetchedAndTheSessionOpenedAgain) {
  LifeDriver m;
  m.toStreaming();
  const Error expired = errorOf(ErrorKind::auth, "ExpiredTokenException");
  EXPECT_EQ(m.on(event::SessionEnded{expired}), (Words{"close", "credentials"}));
  EXPECT_EQ(m.on(event::CredentialsFetched{}), (Words{"open"}));
  EXPECT_EQ(m.on(event::SessionEnded{expired}), (Words{"close"})) << "they worked before: back off";
  EXPECT_EQ(m.state(), State::waiting);
  EXPECT_EQ(m.retry(), (Words{"credentials"}));
  EXPECT_EQ(m.on(event::CredentialsFetched{}), (Words{"open"}));
  m.on(event::SessionAnswered{});
  EXPECT_EQ(m.on(event::SessionEnded{expired}), (Words{"close", "credentials"})) << "at once after a success";
}

TEST(LifeSession, ConnectionLimitSoonAfterOurOwnSessionIsRetriedAfterASecond) {
  LifeDriver m;
  m.toStreaming();
  m.on(event::HeaderChanged{});
  m.on(event::SessionConfirmed{});  // closes and opens
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(m.on(event::SessionEnded{limit}), (Words{"close"})) << "no word to the user";
    EXPECT_EQ(m.timerIn(Timer::retry), Seconds(1));
    EXPECT_EQ(m.retry(), (Words{"open"}));
  }
}

TEST(LifeSession, ConnectionLimitLaterIsAnotherProducer) {
  LifeDriver m;
  m.toReady();
  EXPECT_EQ(m.on(event::DataAvailable{}), (Words{"open"}));
  EXPECT_EQ(m.on(event::SessionEnded{limit}), (Words{"close", "warn"})) << "no session of ours was ever open";
  m.retry();
  EXPECT_EQ(m.on(event::SessionEnded{limit}), (Words{"close", "warn"}))
      << "an attempt that was refused is no session of ours";
}

TEST(LifeSession, ConnectionLimitIsOursForHalfAMinuteOnly) {
  LifeDriver m;
  m.toStreaming();
  m.on(event::SessionEnded{broken});
  m.retry();
  int quiet = 0;
  while (m.on(event::SessionEnded{limit}) == Words{"close"}) {
    ASSERT_LT(++quiet, 40);
    m.retry();
  }
  EXPECT_GE(quiet, 28);
  EXPECT_LE(quiet, 31);
}

TEST(LifeSession, StopClosesAndSilences) {
  LifeDriver m;
  m.toStreaming();
  EXPECT_EQ(m.on(event::Stop{}), (Words{"close", "stopped"}));
  EXPECT_TRUE(m.reports(ConnectionState::stopped));
  for (const Event& event :
       std::vector<Event>{event::Start{}, event::DataAvailable{}, event::SessionEnded{}, event::LogEmpty{},
                          event::EndOfStream{}, event::TimerFired{Timer::retry}, event::Stop{}}) {
    EXPECT_EQ(m.on(event), Words{});
    EXPECT_EQ(m.state(), State::stopped);
  }
}

TEST(LifeSession, StopWorksInEveryState) {
  LifeDriver fresh;
  EXPECT_EQ(fresh.on(event::Stop{}), (Words{"stopped"}));
  LifeDriver waiting;
  waiting.start();
  waiting.on(event::CallFailed{broken});
  EXPECT_EQ(waiting.on(event::Stop{}), (Words{"stopped"}));
  EXPECT_FALSE(waiting.timerSet(Timer::retry));
}

TEST(LifeSession, IsOpenedOnlyWhereSomethingMayBeSent) {
  LifeDriver m;
  m.toReady();
  m.hasSendable = false;
  EXPECT_EQ(m.on(event::DataAvailable{}), (Words{"open"}));
  EXPECT_EQ(m.state(), State::ready) << "what waits for its other tracks opens no session";
  EXPECT_FALSE(m.sessionOpen());
  m.hasSendable = true;
  EXPECT_EQ(m.on(event::DataAvailable{}), (Words{"open"}));
  EXPECT_EQ(m.state(), State::streaming);
}

TEST(LifeSession, HandsOverBeforeItsCredentialsExpire) {
  LifeDriver m;
  m.toReady();
  m.credentialsLife = Seconds(600);
  m.on(event::DataAvailable{});
  EXPECT_EQ(m.timerIn(Timer::session), Seconds(525)) << "an eighth before the end";
  m.credentialsLife = Milliseconds(500);
  m.fire(Timer::session);
  m.on(event::SessionConfirmed{});
  EXPECT_EQ(m.timerIn(Timer::session), Seconds(1)) << "not in a hot loop";
}

TEST(LifeSession, ASessionWithoutAWordOnWhatWasSentIsReplaced) {
  LifeDriver m(LifeConfig{.staleness = Seconds(60)});
  m.toStreaming();
  m.seen.longestPause = Seconds(999);
  m.seen.silence = Seconds(59);
  EXPECT_EQ(m.fire(Timer::watch), Words{});
  EXPECT_EQ(m.timerIn(Timer::watch), Seconds(1)) << "looks again when it would be enough";
  m.seen.silence = Seconds(60);
  EXPECT_EQ(m.fire(Timer::watch), (Words{"stale", "close"}));
  EXPECT_TRUE(m.find<action::CloseSession>()->deadHost);
  EXPECT_EQ(m.state(), State::waiting);
}

TEST(LifeSession, AWordMayBeAsLongInComingAsTwoFragments) {
  LifeDriver m(LifeConfig{.staleness = Seconds(60)});
  m.toStreaming();
  m.seen.longestFragment = Seconds(40);
  m.seen.silence = Seconds(79);
  EXPECT_EQ(m.fire(Timer::watch), Words{});
  m.seen.silence = Seconds(80);
  EXPECT_EQ(m.fire(Timer::watch), (Words{"stale", "close"}));
}

TEST(LifeSession, WithoutStalenessSilenceIsNoFailure) {
  LifeDriver m;
  m.toStreaming();
  m.seen.silence = std::chrono::hours(9);
  EXPECT_EQ(m.fire(Timer::watch), Words{});
  EXPECT_EQ(m.state(), State::streaming);
}

TEST(LifeSession, ASourceThatIsHeldBackHasNotPaused) {
  LifeDriver m;
  m.toStreaming();
  m.seen.sourceHeldBack = true;
  EXPECT_EQ(m.pauseSource(), Words{});
  EXPECT_EQ(m.state(), State::streaming);
}

TEST(LifeSession, AnEndIsAwaitedForAsLongAsBytesLeave) {
  LifeDriver m;
  m.toStreaming();
  m.on(event::EndOfStream{});
  for (m.seen.bytesSent = 1; m.seen.bytesSent < 20; ++m.seen.bytesSent) {
    EXPECT_EQ(m.fire(Timer::progress), Words{});
    EXPECT_EQ(m.timerIn(Timer::progress), Seconds(10));
  }
  EXPECT_EQ(m.fire(Timer::progress), Words{}) << "the last byte has left since";
  EXPECT_EQ(m.fire(Timer::progress), (Words{"close"}));
  EXPECT_EQ(m.state(), State::waiting);
}

TEST(LifeSession, StorageThatIsFullOfOneFragmentEndsItsSession) {
  LifeDriver m;
  m.toStreaming();
  EXPECT_EQ(m.on(event::StorageFull{}), (Words{"close"}));
  EXPECT_EQ(m.reported().front().reason->code, StatusCode::storeOutOfMemory);
  EXPECT_EQ(m.on(event::StorageFull{}), Words{}) << "there is no session in the way";
}

TEST(LifeSession, BurstsSendWhatIsCompleteAndLetTheConnectionGo) {
  for (const bool isPaused : {false, true}) {
    LifeDriver m(LifeConfig{.burstInterval = Seconds(10)});
    m.toReady();
    EXPECT_EQ(m.on(event::DataAvailable{}), Words{});
    EXPECT_EQ(m.timerIn(Timer::burst), Seconds(10));
    if (isPaused) m.seen.sourcePause = m.seen.longestPause;
    EXPECT_EQ(m.fire(Timer::burst),
              (Words{"open", isPaused ? "finish everything endTag" : "finish complete"}));
    EXPECT_EQ(m.state(), isPaused ? State::idle : State::handingOver);
    EXPECT_EQ(m.on(event::SessionConfirmed{}), (Words{"close"}));
    EXPECT_TRUE(m.timerSet(Timer::burst));
  }
}

TEST(LifeSession, AStopAfterAnErrorClosesTheStream) {
  LifeDriver m;
  m.toStreaming();
  m.on(event::SessionEnded{errorOf(ErrorKind::fatal)});
  EXPECT_EQ(m.on(event::Stop{}), (Words{"stopped"}));
  EXPECT_EQ(m.on(event::Stop{}), Words{});
}

}  // namespace
}  // namespace kvs::upload
