// SPDX-License-Identifier: Apache-2.0
// The way to ready, and what each answer of the control plane leads to.
#include "life_driver.h"

namespace kvs::upload {
namespace {

using test::errorOf;
using test::LifeDriver;
using test::Words;

const Error notFound = errorOf(ErrorKind::notFound, "ResourceNotFoundException");
const Error denied = errorOf(ErrorKind::auth, "AccessDeniedException");
const Error badKey = errorOf(ErrorKind::auth, "UnrecognizedClientException");
const Error trouble = errorOf(ErrorKind::retryable);
Error strange() {
  Error error = errorOf(ErrorKind::retryable);
  error.strange = true;
  return error;
}
const Error fatal = errorOf(ErrorKind::fatal, "InvalidArgumentException");

TEST(LifeSetup, AsksForEachThingInTurn) {
  LifeDriver m;
  EXPECT_EQ(m.state(), State::configuring);
  EXPECT_EQ(m.start(), (Words{"credentials"}));
  EXPECT_TRUE(m.reports(ConnectionState::connecting));
  EXPECT_EQ(m.on(event::CredentialsFetched{}), (Words{"describe"}));
  EXPECT_EQ(m.on(event::Described{}), (Words{"locate"}));
  EXPECT_EQ(m.on(event::Located{}), (Words{"ready"}));
  EXPECT_TRUE(m.reports(ConnectionState::ready));
  EXPECT_EQ(m.state(), State::ready);
  EXPECT_FALSE(m.sessionOpen()) << "nothing to send, no connection";
}

TEST(LifeSetup, StartsOnce) {
  LifeDriver m;
  m.start();
  EXPECT_EQ(m.start(), Words{});
}

TEST(LifeSetup, TagsAnExistingStream) {
  LifeDriver m({.hasTags = true});
  m.start();
  m.on(event::CredentialsFetched{});
  EXPECT_EQ(m.on(event::Described{}), (Words{"tag"}));
  EXPECT_EQ(m.on(event::Tagged{}), (Words{"locate"}));
}

TEST(LifeSetup, CreatesAMissingStreamWithItsTags) {
  LifeDriver m({.hasTags = true});
  m.start();
  m.on(event::CredentialsFetched{});
  EXPECT_EQ(m.on(event::CallFailed{notFound}), (Words{"create"}));
  EXPECT_EQ(m.on(event::Created{}), (Words{"describe"}));
  EXPECT_EQ(m.on(event::Described{}), (Words{"locate"})) << "createStream took the tags along";
}

TEST(LifeSetup, AMissingStreamIsFatalWhereItMayNotBeCreated) {
  LifeDriver m({.allowCreate = false});
  m.start();
  m.on(event::CredentialsFetched{});
  EXPECT_EQ(m.on(event::CallFailed{notFound}), (Words{"fail"}));
  EXPECT_EQ(m.state(), State::stopped);
}

TEST(LifeSetup, WaitsUntilTheStreamIsActive) {
  LifeDriver m;
  m.start();
  m.on(event::CredentialsFetched{});
  using Status = event::Described::Status;
  EXPECT_EQ(m.on(event::Described{Status::creating}), Words{});
  EXPECT_EQ(m.state(), State::waiting);
  EXPECT_EQ(m.retry(), (Words{"describe"}));
  m.on(event::Described{Status::deleting});
  EXPECT_EQ(m.state(), State::waiting);
  EXPECT_EQ(m.retry(), (Words{"describe"}));
  EXPECT_EQ(m.on(event::Described{Status::usable}), (Words{"locate"}));
}

TEST(LifeSetup, ResourceInUseCountsAsCreated) {
  LifeDriver m;
  m.start();
  m.on(event::CredentialsFetched{});
  m.on(event::CallFailed{notFound});
  const Error inUse = errorOf(ErrorKind::retryable, "ResourceInUseException", StatusCode::resourceInUse);
  EXPECT_EQ(m.on(event::CallFailed{inUse}), (Words{"describe"}));
}

TEST(LifeSetup, AServiceThatContradictsItselfIsNotAskedInAHotLoop) {
  LifeDriver m;
  m.start();
  m.on(event::CredentialsFetched{});
  const Error inUse = errorOf(ErrorKind::retryable, "ResourceInUseException", StatusCode::resourceInUse);
  for (int round = 0; round < 5; ++round) {
    // describe: there is none; create: there is one already.
    int calls = 0;
    while (m.state() != State::waiting) {
      ASSERT_LT(++calls, 6) << "asked again and again without a pause";
      m.on(event::CallFailed{m.state() == State::describing ? notFound : inUse});
    }
    m.retry();
  }
}

TEST(LifeSetup, DescribeDeniedByPolicyGoesOn) {
  LifeDriver m;
  m.start();
  m.on(event::CredentialsFetched{});
  EXPECT_EQ(m.on(event::CallFailed{denied}), (Words{"locate"}));
}

TEST(LifeSetup, ErrorsOfTagStreamAreAWarning) {
  for (const Error& error : {trouble, fatal, denied}) {
    LifeDriver m({.hasTags = true});
    m.start();
    m.on(event::CredentialsFetched{});
    m.on(event::Described{});
    EXPECT_EQ(m.on(event::CallFailed{error}), (Words{"warn", "locate"}));
  }
}

TEST(LifeSetup, NoCredentialsAtAllIsFatal) {
  LifeDriver m;
  m.start();
  EXPECT_EQ(m.on(event::CallFailed{errorOf(ErrorKind::fatal)}), (Words{"fail"}));
}

TEST(LifeSetup, ACredentialSourceInTroubleIsAskedForEver) {
  LifeDriver m;
  m.start();
  for (int i = 0; i < 50; ++i) {
    for (const ErrorKind kind : {ErrorKind::retryable, ErrorKind::auth, ErrorKind::throttled}) {
      m.on(event::CallFailed{errorOf(kind)});
      ASSERT_EQ(m.state(), State::waiting);
      ASSERT_EQ(m.retry(), (Words{"credentials"}));
    }
  }
  EXPECT_EQ(m.on(event::CredentialsFetched{}), (Words{"describe"}));
}

struct Step {
  const char* name;
  State state;
};
class EveryCall : public testing::TestWithParam<State> {
 protected:
  /// Brings the machine to where the call of this state is under way.
  void reach(LifeDriver& m) {
    m.start();
    m.on(event::CredentialsFetched{});
    if (GetParam() == State::creating) m.on(event::CallFailed{notFound});
    if (GetParam() == State::locating) m.on(event::Described{});
    ASSERT_EQ(m.state(), GetParam());
  }
  std::string call() const {
    return GetParam() == State::describing ? "describe" : GetParam() == State::creating ? "create" : "locate";
  }
};

TEST_P(EveryCall, BacksOffFromTroubleForEver) {
  LifeDriver m;
  reach(m);
  for (int i = 0; i < 100; ++i) {
    const Words asked = m.on(event::CallFailed{i % 2 == 0 ? trouble : errorOf(ErrorKind::throttled)});
    ASSERT_EQ(asked, Words{});
    ASSERT_EQ(m.state(), State::waiting);
    ASSERT_TRUE(m.reports(ConnectionState::retrying));
    ASSERT_LE(m.timerIn(Timer::retry), Seconds(10));
    ASSERT_EQ(m.retry(), (Words{call()}));
  }
}

TEST_P(EveryCall, HonoursRetryAfter) {
  LifeDriver m;
  reach(m);
  Error error = errorOf(ErrorKind::throttled);
  error.retryAfter = Seconds(45);
  m.on(event::CallFailed{error});
  EXPECT_GE(m.timerIn(Timer::retry), Seconds(45));
  EXPECT_LE(m.timerIn(Timer::retry), Seconds(55));
}

TEST_P(EveryCall, ARetryAfterOfADayIsWaitedForAMinuteAtMostWhereTheServiceIsBusy) {
  for (const int status : {429, 503}) {
    LifeDriver m;
    reach(m);
    Error error = errorOf(status == 429 ? ErrorKind::throttled : ErrorKind::retryable);
    error.httpStatus = status;
    error.retryAfter = Seconds(86400);
    m.on(event::CallFailed{error});
    EXPECT_GE(m.timerIn(Timer::retry), Seconds(60)) << status;
    EXPECT_LE(m.timerIn(Timer::retry), Seconds(61)) << status;
    ASSERT_EQ(m.reported().size(), 1u);
    EXPECT_EQ(m.reported()[0].reason->retryAfter, Milliseconds(Seconds(86400))) << "what was asked is told";
  }
}

TEST_P(EveryCall, ARetryAfterOfADayIsWaitedForAsLongAsAnyBackOffElsewhere) {
  for (const int status : {500, 502, 408, 404, 302, 200}) {
    LifeDriver m;
    reach(m);
    Error error = errorOf(ErrorKind::retryable);
    error.httpStatus = status;
    error.retryAfter = Seconds(86400);
    m.on(event::CallFailed{error});
    EXPECT_GE(m.timerIn(Timer::retry), Seconds(10)) << status;
    EXPECT_LE(m.timerIn(Timer::retry), Seconds(11)) << status;
  }
}

TEST_P(EveryCall, AStrangeAnswerBeforeAnySuccessIsTriedAgainAndWarnedOfOnce) {
  LifeDriver m;
  reach(m);
  // describe has been a success on the way to locating.
  const Words first = GetParam() == State::locating ? Words{} : Words{"warn"};
  EXPECT_EQ(m.on(event::CallFailed{strange()}), first);
  EXPECT_EQ(m.state(), State::waiting);
  EXPECT_EQ(m.retry(), (Words{call()}));
  EXPECT_EQ(m.on(event::CallFailed{strange()}), Words{});
  EXPECT_EQ(m.state(), State::waiting);
}

TEST_P(EveryCall, EndsOnWhatNoRetryCanMend) {
  LifeDriver m;
  reach(m);
  EXPECT_EQ(m.on(event::CallFailed{fatal}), (Words{"fail"}));
  EXPECT_EQ(m.state(), State::stopped);
}

TEST_P(EveryCall, ACancelledCallIsTriedAgain) {
  LifeDriver m;
  reach(m);
  m.on(event::CallFailed{errorOf(ErrorKind::cancelled)});
  EXPECT_EQ(m.state(), State::waiting) << "or the stream would stand still for ever";
}

TEST_P(EveryCall, RefusedKeysAreFetchedAgainOnceAndThenFatalUnlessTheyWorked) {
  LifeDriver m;
  reach(m);
  EXPECT_EQ(m.on(event::CallFailed{badKey}), (Words{"credentials"}));
  ASSERT_TRUE(m.reports(ConnectionState::retrying));
  EXPECT_EQ(m.reported()[0].reason->exception, "UnrecognizedClientException");
  EXPECT_EQ(m.reported()[0].attempt, 1u);
  EXPECT_EQ(m.reported()[0].delay, Milliseconds(0));
  EXPECT_EQ(m.on(event::CredentialsFetched{}), (Words{call()}));
  const bool worked = GetParam() == State::locating;  // describe took them
  EXPECT_EQ(m.on(event::CallFailed{badKey}), worked ? Words{} : (Words{"fail"}));
  EXPECT_EQ(m.state(), worked ? State::waiting : State::stopped);
}

TEST_P(EveryCall, RefusedKeysThatWorkedOnceAreTriedForEver) {
  LifeDriver m;
  m.toReady();
  m.on(event::DataAvailable{});
  m.on(event::SessionAnswered{});
  m.on(event::SessionEnded{errorOf(ErrorKind::endpointMoved)});
  m.retry();
  ASSERT_EQ(m.state(), State::locating);
  for (int i = 0; i < 20; ++i) {
    const Words asked = m.on(event::CallFailed{badKey});
    if (i == 0) {
      EXPECT_EQ(asked, (Words{"credentials"})) << "at once";
    } else {
      ASSERT_EQ(m.state(), State::waiting);
      EXPECT_EQ(m.retry(), (Words{"credentials"}));
    }
    EXPECT_EQ(m.on(event::CredentialsFetched{}), (Words{"locate"}));
  }
}

INSTANTIATE_TEST_SUITE_P(Calls, EveryCall,
                         testing::Values(State::describing, State::creating, State::locating),
                         [](const auto& state) { return std::string(stateName(state.param)); });

TEST(LifeSetup, AnEndpointThatIsNotFoundLeadsBackToDescribe) {
  LifeDriver m;
  m.start();
  m.on(event::CredentialsFetched{});
  m.on(event::Described{});
  m.on(event::CallFailed{notFound});
  EXPECT_EQ(m.state(), State::waiting);
  EXPECT_EQ(m.retry(), (Words{"describe"}));
}

TEST(LifeSetup, SaysReadyOnceOnly) {
  LifeDriver m;
  m.toStreaming();
  m.on(event::SessionEnded{errorOf(ErrorKind::endpointMoved)});
  EXPECT_EQ(m.retry(), (Words{"locate"}));
  EXPECT_EQ(m.on(event::Located{}), (Words{"open"}));
}

TEST(LifeSetup, DataThatCameMeanwhileOpensTheSessionAtOnce) {
  LifeDriver m;
  m.start();
  EXPECT_EQ(m.on(event::DataAvailable{}), Words{});
  m.on(event::CredentialsFetched{});
  m.on(event::Described{});
  EXPECT_EQ(m.on(event::Located{}), (Words{"ready", "open"}));
  EXPECT_EQ(m.state(), State::streaming);
}

TEST(LifeSetup, StrangeCredentialsBeforeAnySuccessAreTriedAgainAndWarnedOfOnce) {
  LifeDriver m;
  m.start();
  EXPECT_EQ(m.on(event::CallFailed{strange()}), (Words{"warn"}));
  EXPECT_EQ(m.retry(), (Words{"credentials"}));
  EXPECT_EQ(m.on(event::CallFailed{strange()}), Words{});
  EXPECT_EQ(m.retry(), (Words{"credentials"}));
  EXPECT_EQ(m.on(event::CredentialsFetched{}), (Words{"describe"}));
}

TEST(LifeSetup, AStrangeAnswerToAHealthyStreamIsAnyMishap) {
  LifeDriver m;
  m.toStreaming();
  EXPECT_EQ(m.on(event::SessionEnded{strange()}), (Words{"close"}));
  EXPECT_EQ(m.state(), State::waiting);
  EXPECT_EQ(m.retry(), (Words{"open"}));
  EXPECT_EQ(m.on(event::SessionAnswered{}), Words{});
}

TEST(LifeSetup, AnswersToOldQuestionsAreIgnored) {
  LifeDriver m;
  m.toReady();
  for (const Event& event :
       std::vector<Event>{event::CredentialsFetched{}, event::Described{}, event::Created{}, event::Tagged{},
                          event::Located{}, event::CallFailed{trouble}, event::SessionAnswered{},
                          event::SessionEnded{}, event::SessionConfirmed{}, event::TimerFired{Timer::retry},
                          event::TimerFired{Timer::session}, event::TimerFired{Timer::progress}}) {
    EXPECT_EQ(m.on(event), Words{}) << "event " << event.index();
    EXPECT_EQ(m.state(), State::ready);
  }
}

TEST(LifeSetup, CreationWaitsForTheFirstFormatForEver) {
  LifeDriver m;
  m.start();
  m.on(event::CredentialsFetched{});
  EXPECT_EQ(m.on(event::CallFailed{notFound}), (Words{"create"}));
  EXPECT_EQ(m.on(event::FormatsMissing{.all = true}), Words{});
  EXPECT_FALSE(m.timerSet(Timer::format));
  EXPECT_EQ(m.state(), State::creating);
  EXPECT_EQ(m.on(event::FormatSet{}), (Words{"create"}));
  EXPECT_EQ(m.on(event::Created{}), (Words{"describe"}));
}

TEST(LifeSetup, CreationWaitsForTheOtherFormatsForFiveSeconds) {
  LifeDriver m;
  m.start();
  m.on(event::CredentialsFetched{});
  m.on(event::CallFailed{notFound});
  m.on(event::FormatsMissing{.all = false});
  EXPECT_EQ(m.timerIn(Timer::format), Seconds(5));
  m.advance(Seconds(2));
  EXPECT_EQ(m.on(event::FormatSet{}), (Words{"create"}));
  m.on(event::FormatsMissing{.all = false});
  EXPECT_EQ(m.timerIn(Timer::format), Seconds(3)) << "from the beginning on";
  EXPECT_EQ(m.fire(Timer::format), (Words{"create incomplete"}));
  EXPECT_EQ(m.on(event::FormatSet{}), Words{}) << "too late for this call";
}

TEST(LifeSetup, CredentialsThatAreDueStayInUseForAsLongAsTheyHold) {
  LifeDriver m(LifeConfig{.credentialsLife = Seconds(600)});
  m.toReady();
  m.advance(Seconds(601));
  EXPECT_EQ(m.on(event::DataAvailable{}), (Words{"credentials"}));
  EXPECT_TRUE(m.find<action::FetchCredentials>()->renew);
  EXPECT_EQ(m.on(event::RenewalFailed{trouble, true}), (Words{"open"}));
}

TEST(LifeSetup, CredentialsThatHaveExpiredAreAskedForAgain) {
  LifeDriver m(LifeConfig{.credentialsLife = Seconds(600)});
  m.toReady();
  m.advance(Seconds(601));
  m.on(event::DataAvailable{});
  EXPECT_EQ(m.on(event::RenewalFailed{trouble, false}), Words{});
  EXPECT_EQ(m.state(), State::waiting);
  EXPECT_EQ(m.retry(), (Words{"credentials"}));
  EXPECT_EQ(m.on(event::CredentialsFetched{}), (Words{"open"}));
}

TEST(LifeSetup, WhereTheUserNamedTheEndpointTheStreamIsAskedForInstead) {
  LifeDriver m;
  m.start();
  m.on(event::CredentialsFetched{});
  m.on(event::Described{});
  EXPECT_EQ(m.on(event::NoOtherEndpoint{notFound}), Words{});
  EXPECT_EQ(m.state(), State::waiting);
  EXPECT_EQ(m.retry(), (Words{"describe"}));
}

}  // namespace
}  // namespace kvs::upload
