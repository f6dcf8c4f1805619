// SPDX-License-Identifier: Apache-2.0
// Sessions: opening, hand-over, idleness, end of stream, and what a broken one leads to.
#include "life_driver.h"

namespace kvs::stream {
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
  EXPECT_EQ(m.on(upload::event::DataAvailable{}), (Words{"open"}));
  EXPECT_EQ(m.on(upload::event::DataAvailable{}), Words{}) << "one session a stream";
  m.on(upload::event::SessionAnswered{});
  EXPECT_TRUE(m.tells(ConnectionState::streaming));
}

TEST(LifeSession, LivesForFortyMinutesLessASeededRandomTen) {
  std::vector<Nanoseconds> lengths;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    LifeDriver m({}, seed);
    m.toReady();
    m.on(upload::event::DataAvailable{});
    const Nanoseconds length = m.timerIn(upload::Timer::session);
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
    EXPECT_EQ(byTimer ? m.fire(upload::Timer::session) : m.on(upload::event::HandOver{}),
              (Words{"finish fragment"}));
    EXPECT_EQ(m.state(), upload::State::handingOver);
    EXPECT_EQ(m.on(upload::event::Persisted{}), Words{});
    EXPECT_EQ(m.on(upload::event::SessionConfirmed{}), (Words{"close", "open"}));
    EXPECT_EQ(m.state(), upload::State::streaming);
    EXPECT_FALSE(m.timerSet(upload::Timer::progress));
    EXPECT_TRUE(m.timerSet(upload::Timer::session));
  }
}

TEST(LifeSession, AHandOverWaitsForTheFragmentToEndAndBeConfirmed) {
  LifeDriver m;
  m.toStreaming();
  m.on(upload::event::HandOver{});
  EXPECT_EQ(m.timerIn(upload::Timer::progress), Seconds(30))
      << "20 s of growth, 10 s for its acknowledgement";
  // The fragment before it is confirmed at once; the one under the cursor may still grow for 20 s.
  m.advance(Milliseconds(500));
  m.on(upload::event::Persisted{});
  EXPECT_GE(m.timerIn(upload::Timer::progress), Milliseconds(29500));
}

TEST(LifeSession, AConfirmedSessionEndsWellAlsoBeforeItsHandOverIsHeardOf) {
  LifeDriver machine(upload::LifeConfig{.restartOnError = false});
  machine.toStreaming();
  EXPECT_EQ(machine.on(upload::event::SessionConfirmed{}), Words({"close", "open"}));
  EXPECT_FALSE(machine.tells(ConnectionState::disconnected));
  EXPECT_EQ(machine.state(), upload::State::streaming);
}

TEST(LifeSession, AnEndWithoutConfirmationIsAFailure) {
  LifeDriver m;
  m.toStreaming();
  m.on(upload::event::HandOver{});
  EXPECT_EQ(m.fire(upload::Timer::progress), (Words{"close"}));
  EXPECT_EQ(m.state(), upload::State::waiting);
  EXPECT_TRUE(m.tells(ConnectionState::disconnected));
  EXPECT_EQ(m.retry(), (Words{"open"}));
}

TEST(LifeSession, APausedSourceLetsTheConnectionGo) {
  LifeDriver m;
  m.toStreaming();
  EXPECT_EQ(m.on(upload::event::SourcePaused{}), (Words{"finish everything endTag"}));
  EXPECT_EQ(m.state(), upload::State::idle);
  EXPECT_EQ(m.timerIn(upload::Timer::progress), Seconds(10));
  m.on(upload::event::Persisted{});
  EXPECT_EQ(m.on(upload::event::LogEmpty{}), Words{});
  EXPECT_EQ(m.on(upload::event::SessionConfirmed{}), (Words{"close"}));
  EXPECT_EQ(m.state(), upload::State::ready);
  EXPECT_EQ(m.on(upload::event::DataAvailable{}), (Words{"open"})) << "and returns on the next frame";
}

TEST(LifeSession, AFrameThatComesWhileTheIdleSessionEndsTravelsInTheNext) {
  LifeDriver m;
  m.toStreaming();
  m.on(upload::event::SourcePaused{});
  EXPECT_EQ(m.on(upload::event::DataAvailable{}), Words{});
  EXPECT_EQ(m.on(upload::event::SessionConfirmed{}), (Words{"close", "open"}));
}

TEST(LifeSession, PausingTwiceOrWhileEndingChangesNothing) {
  LifeDriver m;
  m.toStreaming();
  m.on(upload::event::SourcePaused{});
  EXPECT_EQ(m.on(upload::event::SourcePaused{}), Words{});
  EXPECT_EQ(m.on(upload::event::HandOver{}), Words{});
  EXPECT_EQ(m.on(upload::event::TimerFired{upload::Timer::session}), Words{});
}

TEST(LifeSession, EndOfStreamDrains) {
  LifeDriver m;
  m.toStreaming();
  EXPECT_EQ(m.on(upload::event::EndOfStream{}), (Words{"finish everything"}));
  EXPECT_EQ(m.state(), upload::State::draining);
  m.on(upload::event::Persisted{});
  EXPECT_EQ(m.timerIn(upload::Timer::progress), Seconds(10));
  EXPECT_EQ(m.on(upload::event::LogEmpty{}), (Words{"close", "drained"}));
  EXPECT_TRUE(m.tells(ConnectionState::drained));
  EXPECT_EQ(m.state(), upload::State::ready);
}

TEST(LifeSession, EndOfAnEmptyStreamIsDrainedAtOnce) {
  LifeDriver m;
  m.toReady();
  m.on(upload::event::EndOfStream{});
  EXPECT_EQ(m.on(upload::event::LogEmpty{}), (Words{"drained"}));
  EXPECT_EQ(m.on(upload::event::LogEmpty{}), Words{}) << "told once";
}

TEST(LifeSession, EndOfStreamBeforeReadyDrainsOnceItCan) {
  LifeDriver m;
  m.start();
  m.on(upload::event::DataAvailable{});
  m.on(upload::event::EndOfStream{});
  m.on(upload::event::CredentialsFetched{});
  m.on(upload::event::Described{});
  EXPECT_EQ(m.on(upload::event::Located{}), (Words{"ready", "open", "finish everything"}));
  EXPECT_EQ(m.state(), upload::State::draining);
}

TEST(LifeSession, EndOfStreamDuringAHandOverIsNotForgotten) {
  const Words finished{"finish everything"};  // by the one that pauses it is finished already
  for (const auto& [ending, finishes] : std::vector<std::pair<upload::Event, Words>>{
           {upload::event::HandOver{}, finished}, {upload::event::SourcePaused{}, Words{}}}) {
    LifeDriver m;
    m.toStreaming();
    m.on(ending);
    EXPECT_EQ(m.on(upload::event::EndOfStream{}), finishes);
    EXPECT_EQ(m.on(upload::event::SessionConfirmed{}), (Words{"close", "open", "finish everything"}));
    EXPECT_EQ(m.state(), upload::State::draining);
    EXPECT_EQ(m.on(upload::event::LogEmpty{}), (Words{"close", "drained"}));
  }
}

TEST(LifeSession, ADrainThatBreaksIsTriedAgain) {
  LifeDriver m;
  m.toStreaming();
  m.on(upload::event::EndOfStream{});
  EXPECT_EQ(m.on(upload::event::SessionEnded{broken}), (Words{"close"}));
  EXPECT_EQ(m.retry(), (Words{"open", "finish everything"}));
  EXPECT_EQ(m.state(), upload::State::draining);
}

TEST(LifeSession, TheLogMayRunEmptyWhileWaiting) {
  LifeDriver m;
  m.toStreaming();
  m.on(upload::event::EndOfStream{});
  m.on(upload::event::SessionEnded{broken});
  EXPECT_EQ(m.on(upload::event::LogEmpty{}), (Words{"drained"}));
  EXPECT_EQ(m.state(), upload::State::waiting);
  EXPECT_EQ(m.retry(), Words{});
  EXPECT_EQ(m.state(), upload::State::ready);
}

TEST(LifeSession, FramesAfterEndOfStreamGoOnInTheNextSession) {
  LifeDriver m;
  m.toStreaming();
  m.on(upload::event::EndOfStream{});
  EXPECT_EQ(m.on(upload::event::DataAvailable{true}), Words{});
  EXPECT_EQ(m.state(), upload::State::handingOver);
  EXPECT_EQ(m.on(upload::event::SessionConfirmed{}), (Words{"close", "open"}));
  EXPECT_EQ(m.state(), upload::State::streaming);
  EXPECT_EQ(m.on(upload::event::LogEmpty{}), Words{}) << "the end was taken back";
}

TEST(LifeSession, ABrokenSessionIsOpenedAgainAfterAWait) {
  LifeDriver m;
  m.toStreaming();
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(m.on(upload::event::SessionEnded{broken}), (Words{"close"}));
    ASSERT_EQ(m.state(), upload::State::waiting);
    ASSERT_EQ(m.told().size(), 2u);
    EXPECT_EQ(m.told()[0].state, ConnectionState::disconnected);
    ASSERT_TRUE(m.told()[0].reason);
    EXPECT_EQ(m.told()[1].state, ConnectionState::retrying);
    EXPECT_EQ(m.told()[1].attempt, static_cast<unsigned>(i + 1));
    EXPECT_FALSE(m.timerSet(upload::Timer::session));
    EXPECT_FALSE(m.timerSet(upload::Timer::progress));
    EXPECT_EQ(m.retry(), (Words{"open"}));
    m.on(upload::event::SessionAnswered{});
  }
}

TEST(LifeSession, AnEndpointThatIsNotReachedTwiceIsAskedForAgain) {
  LifeDriver m;
  m.toStreaming();
  m.on(upload::event::SessionEnded{broken});  // that one had been answered
  EXPECT_EQ(m.retry(), (Words{"open"}));
  m.on(upload::event::SessionEnded{broken});
  EXPECT_EQ(m.retry(), (Words{"open"}));
  m.on(upload::event::SessionEnded{broken});
  EXPECT_EQ(m.retry(), (Words{"locate"}));
  EXPECT_EQ(m.on(upload::event::Located{}), (Words{"open"}));
}

TEST(LifeSession, AnAnswerThatEndsIsAFailureWithAReason) {
  LifeDriver m;
  m.toStreaming();
  EXPECT_EQ(m.on(upload::event::SessionEnded{}), (Words{"close"}));
  ASSERT_TRUE(m.told()[0].reason);
  EXPECT_FALSE(m.told()[0].reason->message.empty());
  EXPECT_EQ(m.retry(), (Words{"open"}));
}

TEST(LifeSession, BackOffDoublesToItsCapAndIsResetByThePersisted) {
  // The ceiling of each delay, seen as the greatest over many seeds.
  std::vector<Nanoseconds> greatest(10), first(10, Seconds(99));
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    LifeDriver m({}, seed);
    m.toStreaming();
    for (std::size_t i = 0; i < greatest.size(); ++i) {
      m.on(upload::event::SessionEnded{broken});
      greatest[i] = std::max(greatest[i], m.timerIn(upload::Timer::retry));
      first[i] = std::min(first[i], m.timerIn(upload::Timer::retry));
      m.retry();
      m.on(upload::event::SessionAnswered{});  // a 200 alone resets nothing
    }
    m.on(upload::event::Persisted{});
    m.on(upload::event::SessionEnded{broken});
    EXPECT_LE(m.timerIn(upload::Timer::retry), Milliseconds(200));
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
  EXPECT_EQ(m.on(upload::event::SessionEnded{errorOf(ErrorKind::endpointMoved, "InvalidEndpointException")}),
            (Words{"close"}));
  EXPECT_EQ(m.retry(), (Words{"locate"}));
  EXPECT_EQ(m.on(upload::event::Located{}), (Words{"open"}));
}

TEST(LifeSession, AStreamThatIsGoneIsDescribedAgain) {
  LifeDriver m;
  m.toStreaming();
  m.on(upload::event::SessionEnded{errorOf(ErrorKind::notFound)});
  EXPECT_EQ(m.retry(), (Words{"describe"}));
}

TEST(LifeSession, AFatalRefusalEndsTheStream) {
  LifeDriver m;
  m.toStreaming();
  EXPECT_EQ(m.on(upload::event::SessionEnded{errorOf(ErrorKind::fatal, "InvalidArgumentException")}),
            (Words{"close", "fail"}));
  EXPECT_EQ(m.state(), upload::State::stopped);
  EXPECT_FALSE(m.sessionOpen());
}

TEST(LifeSession, ExpiredCredentialsAreFetchedAndTheSessionOpenedAgain) {
  LifeDriver m;
  m.toStreaming();
  const Error expired = errorOf(ErrorKind::auth, "ExpiredTokenException");
  EXPECT_EQ(m.on(upload::event::SessionEnded{expired}), (Words{"close", "credentials"}));
  EXPECT_EQ(m.on(upload::event::CredentialsFetched{}), (Words{"open"}));
  EXPECT_EQ(m.on(upload::event::SessionEnded{expired}), (Words{"close"})) << "they worked before: back off";
  EXPECT_EQ(m.state(), upload::State::waiting);
  EXPECT_EQ(m.retry(), (Words{"credentials"}));
  EXPECT_EQ(m.on(upload::event::CredentialsFetched{}), (Words{"open"}));
  m.on(upload::event::SessionAnswered{});
  EXPECT_EQ(m.on(upload::event::SessionEnded{expired}), (Words{"close", "credentials"}))
      << "at once after a success";
}

TEST(LifeSession, ConnectionLimitSoonAfterOurOwnSessionIsRetriedAfterASecond) {
  LifeDriver m;
  m.toStreaming();
  m.on(upload::event::HandOver{});
  m.on(upload::event::SessionConfirmed{});  // closes and opens
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(m.on(upload::event::SessionEnded{limit}), (Words{"close"})) << "no word to the user";
    EXPECT_EQ(m.timerIn(upload::Timer::retry), Seconds(1));
    EXPECT_EQ(m.retry(), (Words{"open"}));
  }
}

TEST(LifeSession, ConnectionLimitLaterIsAnotherProducer) {
  LifeDriver m;
  m.toReady();
  EXPECT_EQ(m.on(upload::event::DataAvailable{}), (Words{"open"}));
  EXPECT_EQ(m.on(upload::event::SessionEnded{limit}), (Words{"close", "warn"}))
      << "no session of ours was ever open";
  m.retry();
  EXPECT_EQ(m.on(upload::event::SessionEnded{limit}), (Words{"close", "warn"}))
      << "an attempt that was refused is no session of ours";
}

TEST(LifeSession, ConnectionLimitIsOursForHalfAMinuteOnly) {
  LifeDriver m;
  m.toStreaming();
  m.on(upload::event::SessionEnded{broken});
  m.retry();
  int quiet = 0;
  while (m.on(upload::event::SessionEnded{limit}) == Words{"close"}) {
    ASSERT_LT(++quiet, 40);
    m.retry();
  }
  EXPECT_GE(quiet, 28);
  EXPECT_LE(quiet, 31);
}

TEST(LifeSession, StopClosesAndSilences) {
  LifeDriver m;
  m.toStreaming();
  EXPECT_EQ(m.on(upload::event::Stop{}), (Words{"close", "stopped"}));
  EXPECT_TRUE(m.tells(ConnectionState::stopped));
  for (const upload::Event& event : std::vector<upload::Event>{
           upload::event::Start{}, upload::event::DataAvailable{}, upload::event::SessionEnded{},
           upload::event::LogEmpty{}, upload::event::EndOfStream{},
           upload::event::TimerFired{upload::Timer::retry}, upload::event::Stop{}}) {
    EXPECT_EQ(m.on(event), Words{});
    EXPECT_EQ(m.state(), upload::State::stopped);
  }
}

TEST(LifeSession, StopWorksInEveryState) {
  LifeDriver fresh;
  EXPECT_EQ(fresh.on(upload::event::Stop{}), (Words{"stopped"}));
  LifeDriver waiting;
  waiting.start();
  waiting.on(upload::event::CallFailed{broken});
  EXPECT_EQ(waiting.on(upload::event::Stop{}), (Words{"stopped"}));
  EXPECT_FALSE(waiting.timerSet(upload::Timer::retry));
}

}  // namespace
}  // namespace kvs::stream
