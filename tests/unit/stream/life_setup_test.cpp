// SPDX-License-Identifier: Apache-2.0
// The way to ready, and what each answer of the control plane leads to.
#include "life_driver.h"

namespace kvs::stream {
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
  EXPECT_EQ(m.state(), upload::State::configuring);
  EXPECT_EQ(m.start(), (Words{"credentials"}));
  EXPECT_TRUE(m.tells(ConnectionState::connecting));
  EXPECT_EQ(m.on(upload::event::CredentialsFetched{}), (Words{"describe"}));
  EXPECT_EQ(m.on(upload::event::Described{}), (Words{"locate"}));
  EXPECT_EQ(m.on(upload::event::Located{}), (Words{"ready"}));
  EXPECT_TRUE(m.tells(ConnectionState::ready));
  EXPECT_EQ(m.state(), upload::State::ready);
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
  m.on(upload::event::CredentialsFetched{});
  EXPECT_EQ(m.on(upload::event::Described{}), (Words{"tag"}));
  EXPECT_EQ(m.on(upload::event::Tagged{}), (Words{"locate"}));
}

TEST(LifeSetup, CreatesAMissingStreamWithItsTags) {
  LifeDriver m({.hasTags = true});
  m.start();
  m.on(upload::event::CredentialsFetched{});
  EXPECT_EQ(m.on(upload::event::CallFailed{notFound}), (Words{"create"}));
  EXPECT_EQ(m.on(upload::event::Created{}), (Words{"describe"}));
  EXPECT_EQ(m.on(upload::event::Described{}), (Words{"locate"})) << "createStream took the tags along";
}

TEST(LifeSetup, AMissingStreamIsFatalWhereItMayNotBeCreated) {
  LifeDriver m({.allowCreate = false});
  m.start();
  m.on(upload::event::CredentialsFetched{});
  EXPECT_EQ(m.on(upload::event::CallFailed{notFound}), (Words{"fail"}));
  EXPECT_EQ(m.state(), upload::State::stopped);
}

TEST(LifeSetup, WaitsUntilTheStreamIsActive) {
  LifeDriver m;
  m.start();
  m.on(upload::event::CredentialsFetched{});
  using Status = upload::event::Described::Status;
  EXPECT_EQ(m.on(upload::event::Described{Status::creating}), Words{});
  EXPECT_EQ(m.state(), upload::State::waiting);
  EXPECT_EQ(m.retry(), (Words{"describe"}));
  m.on(upload::event::Described{Status::deleting});
  EXPECT_EQ(m.state(), upload::State::waiting);
  EXPECT_EQ(m.retry(), (Words{"describe"}));
  EXPECT_EQ(m.on(upload::event::Described{Status::usable}), (Words{"locate"}));
}

TEST(LifeSetup, ResourceInUseCountsAsCreated) {
  LifeDriver m;
  m.start();
  m.on(upload::event::CredentialsFetched{});
  m.on(upload::event::CallFailed{notFound});
  const Error inUse = errorOf(ErrorKind::retryable, "ResourceInUseException", StatusCode::resourceInUse);
  EXPECT_EQ(m.on(upload::event::CallFailed{inUse}), (Words{"describe"}));
}

TEST(LifeSetup, AServiceThatContradictsItselfIsNotAskedInAHotLoop) {
  LifeDriver m;
  m.start();
  m.on(upload::event::CredentialsFetched{});
  const Error inUse = errorOf(ErrorKind::retryable, "ResourceInUseException", StatusCode::resourceInUse);
  for (int round = 0; round < 5; ++round) {
    // describe: there is none; create: there is one already.
    int calls = 0;
    while (m.state() != upload::State::waiting) {
      ASSERT_LT(++calls, 6) << "asked again and again without a pause";
      m.on(upload::event::CallFailed{m.state() == upload::State::describing ? notFound : inUse});
    }
    m.retry();
  }
}

TEST(LifeSetup, DescribeDeniedByPolicyGoesOn) {
  LifeDriver m;
  m.start();
  m.on(upload::event::CredentialsFetched{});
  EXPECT_EQ(m.on(upload::event::CallFailed{denied}), (Words{"locate"}));
}

TEST(LifeSetup, ErrorsOfTagStreamAreAWarning) {
  for (const Error& error : {trouble, fatal, denied}) {
    LifeDriver m({.hasTags = true});
    m.start();
    m.on(upload::event::CredentialsFetched{});
    m.on(upload::event::Described{});
    EXPECT_EQ(m.on(upload::event::CallFailed{error}), (Words{"warn", "locate"}));
  }
}

TEST(LifeSetup, NoCredentialsAtAllIsFatal) {
  LifeDriver m;
  m.start();
  EXPECT_EQ(m.on(upload::event::CallFailed{errorOf(ErrorKind::fatal)}), (Words{"fail"}));
}

TEST(LifeSetup, ACredentialSourceInTroubleIsAskedForEver) {
  LifeDriver m;
  m.start();
  for (int i = 0; i < 50; ++i) {
    for (const ErrorKind kind : {ErrorKind::retryable, ErrorKind::auth, ErrorKind::throttled}) {
      m.on(upload::event::CallFailed{errorOf(kind)});
      ASSERT_EQ(m.state(), upload::State::waiting);
      ASSERT_EQ(m.retry(), (Words{"credentials"}));
    }
  }
  EXPECT_EQ(m.on(upload::event::CredentialsFetched{}), (Words{"describe"}));
}

struct Step {
  const char* name;
  upload::State state;
};
class EveryCall : public testing::TestWithParam<upload::State> {
 protected:
  /// Brings the machine to where the call of this state is under way.
  void reach(LifeDriver& m) {
    m.start();
    m.on(upload::event::CredentialsFetched{});
    if (GetParam() == upload::State::creating) m.on(upload::event::CallFailed{notFound});
    if (GetParam() == upload::State::locating) m.on(upload::event::Described{});
    ASSERT_EQ(m.state(), GetParam());
  }
  std::string call() const {
    return GetParam() == upload::State::describing ? "describe"
           : GetParam() == upload::State::creating ? "create"
                                                   : "locate";
  }
};

TEST_P(EveryCall, BacksOffFromTroubleForEver) {
  LifeDriver m;
  reach(m);
  for (int i = 0; i < 100; ++i) {
    const Words asked = m.on(upload::event::CallFailed{i % 2 == 0 ? trouble : errorOf(ErrorKind::throttled)});
    ASSERT_EQ(asked, Words{});
    ASSERT_EQ(m.state(), upload::State::waiting);
    ASSERT_TRUE(m.tells(ConnectionState::retrying));
    ASSERT_LE(m.timerIn(upload::Timer::retry), Seconds(10));
    ASSERT_EQ(m.retry(), (Words{call()}));
  }
}

TEST_P(EveryCall, HonoursRetryAfter) {
  LifeDriver m;
  reach(m);
  Error error = errorOf(ErrorKind::throttled);
  error.retryAfter = Seconds(45);
  m.on(upload::event::CallFailed{error});
  EXPECT_GE(m.timerIn(upload::Timer::retry), Seconds(45));
  EXPECT_LE(m.timerIn(upload::Timer::retry), Seconds(55));
}

TEST_P(EveryCall, ARetryAfterOfADayIsWaitedForAMinuteAtMostWhereTheServiceIsBusy) {
  for (const int status : {429, 503}) {
    LifeDriver m;
    reach(m);
    Error error = errorOf(status == 429 ? ErrorKind::throttled : ErrorKind::retryable);
    error.httpStatus = status;
    error.retryAfter = Seconds(86400);
    m.on(upload::event::CallFailed{error});
    EXPECT_GE(m.timerIn(upload::Timer::retry), Seconds(60)) << status;
    EXPECT_LE(m.timerIn(upload::Timer::retry), Seconds(61)) << status;
    ASSERT_EQ(m.told().size(), 1u);
    EXPECT_EQ(m.told()[0].reason->retryAfter, Milliseconds(Seconds(86400))) << "what was asked is told";
  }
}

TEST_P(EveryCall, ARetryAfterOfADayIsWaitedForAsLongAsAnyBackOffElsewhere) {
  for (const int status : {500, 502, 408, 404, 302, 200}) {
    LifeDriver m;
    reach(m);
    Error error = errorOf(ErrorKind::retryable);
    error.httpStatus = status;
    error.retryAfter = Seconds(86400);
    m.on(upload::event::CallFailed{error});
    EXPECT_GE(m.timerIn(upload::Timer::retry), Seconds(10)) << status;
    EXPECT_LE(m.timerIn(upload::Timer::retry), Seconds(11)) << status;
  }
}

TEST_P(EveryCall, AStrangeAnswerBeforeAnySuccessIsTriedAgainAndWarnedOfOnce) {
  LifeDriver m;
  reach(m);
  // describe has been a success on the way to locating.
  const Words first = GetParam() == upload::State::locating ? Words{} : Words{"warn"};
  EXPECT_EQ(m.on(upload::event::CallFailed{strange()}), first);
  EXPECT_EQ(m.state(), upload::State::waiting);
  EXPECT_EQ(m.retry(), (Words{call()}));
  EXPECT_EQ(m.on(upload::event::CallFailed{strange()}), Words{});
  EXPECT_EQ(m.state(), upload::State::waiting);
}

TEST_P(EveryCall, EndsOnWhatNoRetryCanMend) {
  LifeDriver m;
  reach(m);
  EXPECT_EQ(m.on(upload::event::CallFailed{fatal}), (Words{"fail"}));
  EXPECT_EQ(m.state(), upload::State::stopped);
}

TEST_P(EveryCall, ACancelledCallIsTriedAgain) {
  LifeDriver m;
  reach(m);
  m.on(upload::event::CallFailed{errorOf(ErrorKind::cancelled)});
  EXPECT_EQ(m.state(), upload::State::waiting) << "or the stream would stand still for ever";
}

TEST_P(EveryCall, RefusedKeysAreFetchedAgainOnceAndThenFatalUnlessTheyWorked) {
  LifeDriver m;
  reach(m);
  EXPECT_EQ(m.on(upload::event::CallFailed{badKey}), (Words{"credentials"}));
  ASSERT_TRUE(m.tells(ConnectionState::retrying));
  EXPECT_EQ(m.told()[0].reason->exception, "UnrecognizedClientException");
  EXPECT_EQ(m.told()[0].attempt, 1u);
  EXPECT_EQ(m.told()[0].delay, Milliseconds(0));
  EXPECT_EQ(m.on(upload::event::CredentialsFetched{}), (Words{call()}));
  const bool worked = GetParam() == upload::State::locating;  // describe took them
  EXPECT_EQ(m.on(upload::event::CallFailed{badKey}), worked ? Words{} : (Words{"fail"}));
  EXPECT_EQ(m.state(), worked ? upload::State::waiting : upload::State::stopped);
}

TEST_P(EveryCall, RefusedKeysThatWorkedOnceAreTriedForEver) {
  LifeDriver m;
  m.toReady();
  m.on(upload::event::DataAvailable{});
  m.on(upload::event::SessionAnswered{});
  m.on(upload::event::SessionEnded{errorOf(ErrorKind::endpointMoved)});
  m.retry();
  ASSERT_EQ(m.state(), upload::State::locating);
  for (int i = 0; i < 20; ++i) {
    const Words asked = m.on(upload::event::CallFailed{badKey});
    if (i == 0) {
      EXPECT_EQ(asked, (Words{"credentials"})) << "at once";
    } else {
      ASSERT_EQ(m.state(), upload::State::waiting);
      EXPECT_EQ(m.retry(), (Words{"credentials"}));
    }
    EXPECT_EQ(m.on(upload::event::CredentialsFetched{}), (Words{"locate"}));
  }
}

INSTANTIATE_TEST_SUITE_P(Calls, EveryCall,
                         testing::Values(upload::State::describing, upload::State::creating,
                                         upload::State::locating),
                         [](const auto& state) { return std::string(upload::stateName(state.param)); });

TEST(LifeSetup, AnEndpointThatIsNotFoundLeadsBackToDescribe) {
  LifeDriver m;
  m.start();
  m.on(upload::event::CredentialsFetched{});
  m.on(upload::event::Described{});
  m.on(upload::event::CallFailed{notFound});
  EXPECT_EQ(m.state(), upload::State::waiting);
  EXPECT_EQ(m.retry(), (Words{"describe"}));
}

TEST(LifeSetup, SaysReadyOnceOnly) {
  LifeDriver m;
  m.toStreaming();
  m.on(upload::event::SessionEnded{errorOf(ErrorKind::endpointMoved)});
  EXPECT_EQ(m.retry(), (Words{"locate"}));
  EXPECT_EQ(m.on(upload::event::Located{}), (Words{"open"}));
}

TEST(LifeSetup, DataThatCameMeanwhileOpensTheSessionAtOnce) {
  LifeDriver m;
  m.start();
  EXPECT_EQ(m.on(upload::event::DataAvailable{}), Words{});
  m.on(upload::event::CredentialsFetched{});
  m.on(upload::event::Described{});
  EXPECT_EQ(m.on(upload::event::Located{}), (Words{"ready", "open"}));
  EXPECT_EQ(m.state(), upload::State::streaming);
}

TEST(LifeSetup, StrangeCredentialsBeforeAnySuccessAreTriedAgainAndWarnedOfOnce) {
  LifeDriver m;
  m.start();
  EXPECT_EQ(m.on(upload::event::CallFailed{strange()}), (Words{"warn"}));
  EXPECT_EQ(m.retry(), (Words{"credentials"}));
  EXPECT_EQ(m.on(upload::event::CallFailed{strange()}), Words{});
  EXPECT_EQ(m.retry(), (Words{"credentials"}));
  EXPECT_EQ(m.on(upload::event::CredentialsFetched{}), (Words{"describe"}));
}

TEST(LifeSetup, AStrangeAnswerToAHealthyStreamIsAnyMishap) {
  LifeDriver m;
  m.toStreaming();
  EXPECT_EQ(m.on(upload::event::SessionEnded{strange()}), (Words{"close"}));
  EXPECT_EQ(m.state(), upload::State::waiting);
  EXPECT_EQ(m.retry(), (Words{"open"}));
  EXPECT_EQ(m.on(upload::event::SessionAnswered{}), Words{});
}

TEST(LifeSetup, AnswersToOldQuestionsAreIgnored) {
  LifeDriver m;
  m.toReady();
  for (const upload::Event& event : std::vector<upload::Event>{
           upload::event::CredentialsFetched{}, upload::event::Described{}, upload::event::Created{},
           upload::event::Tagged{}, upload::event::Located{}, upload::event::CallFailed{trouble},
           upload::event::SessionAnswered{}, upload::event::SessionEnded{}, upload::event::SessionConfirmed{},
           upload::event::TimerFired{upload::Timer::retry}, upload::event::TimerFired{upload::Timer::session},
           upload::event::TimerFired{upload::Timer::progress}}) {
    EXPECT_EQ(m.on(event), Words{}) << "event " << event.index();
    EXPECT_EQ(m.state(), upload::State::ready);
  }
}

}  // namespace
}  // namespace kvs::stream
