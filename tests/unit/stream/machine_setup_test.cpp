// SPDX-License-Identifier: Apache-2.0
// The way to ready, and what each answer of the control plane leads to.
#include "machine_driver.h"

namespace kvs::stream {
namespace {

using test::errorOf;
using test::MachineDriver;
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

TEST(MachineSetup, AsksForEachThingInTurn) {
  MachineDriver m;
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

TEST(MachineSetup, StartsOnce) {
  MachineDriver m;
  m.start();
  EXPECT_EQ(m.start(), Words{});
}

TEST(MachineSetup, TagsAnExistingStream) {
  MachineDriver m({.hasTags = true});
  m.start();
  m.on(upload::event::CredentialsFetched{});
  EXPECT_EQ(m.on(upload::event::Described{}), (Words{"tag"}));
  EXPECT_EQ(m.on(upload::event::Tagged{}), (Words{"locate"}));
}

TEST(MachineSetup, CreatesAMissingStreamWithItsTags) {
  MachineDriver m({.hasTags = true});
  m.start();
  m.on(upload::event::CredentialsFetched{});
  EXPECT_EQ(m.on(upload::event::CallFailed{notFound}), (Words{"create"}));
  EXPECT_EQ(m.on(upload::event::Created{}), (Words{"describe"}));
  EXPECT_EQ(m.on(upload::event::Described{}), (Words{"locate"})) << "createStream took the tags along";
}

TEST(MachineSetup, AMissingStreamIsFatalWhereItMayNotBeCreated) {
  MachineDriver m({.allowCreate = false});
  m.start();
  m.on(upload::event::CredentialsFetched{});
  EXPECT_EQ(m.on(upload::event::CallFailed{notFound}), (Words{"fail"}));
  EXPECT_EQ(m.state(), upload::State::stopped);
}

TEST(MachineSetup, WaitsUntilTheStreamIsActive) {
  MachineDriver m;
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

TEST(MachineSetup, ResourceInUseCountsAsCreated) {
  MachineDriver m;
  m.start();
  m.on(upload::event::CredentialsFetched{});
  m.on(upload::event::CallFailed{notFound});
  const Error inUse = errorOf(ErrorKind::retryable, "ResourceInUseException", StatusCode::resourceInUse);
  EXPECT_EQ(m.on(upload::event::CallFailed{inUse}), (Words{"describe"}));
}

TEST(MachineSetup, AServiceThatContradictsItselfIsNotAskedInAHotLoop) {
  MachineDriver m;
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

TEST(MachineSetup, DescribeDeniedByPolicyGoesOn) {
  MachineDriver m;
  m.start();
  m.on(upload::event::CredentialsFetched{});
  EXPECT_EQ(m.on(upload::event::CallFailed{denied}), (Words{"locate"}));
}

TEST(MachineSetup, ErrorsOfTagStreamAreAWarning) {
  for (const Error& error : {trouble, fatal, denied}) {
    MachineDriver m({.hasTags = true});
    m.start();
    m.on(upload::event::CredentialsFetched{});
    m.on(upload::event::Described{});
    EXPECT_EQ(m.on(upload::event::CallFailed{error}), (Words{"warn", "locate"}));
  }
}

TEST(MachineSetup, NoCredentialsAtAllIsFatal) {
  MachineDriver m;
  m.start();
  EXPECT_EQ(m.on(upload::event::CallFailed{errorOf(ErrorKind::fatal)}), (Words{"fail"}));
}

TEST(MachineSetup, ACredentialSourceInTroubleIsAskedForEver) {
  MachineDriver m;
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
  void reach(MachineDriver& m) {
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
  MachineDriver m;
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
  MachineDriver m;
  reach(m);
  Error error = errorOf(ErrorKind::throttled);
  error.retryAfter = Seconds(45);
  m.on(upload::event::CallFailed{error});
  EXPECT_GE(m.timerIn(upload::Timer::retry), Seconds(45));
  EXPECT_LE(m.timerIn(upload::Timer::retry), Seconds(55));
}

TEST_P(EveryCall, ARetryAfterOfADayIsWaitedForAMinuteAtMostWhereTheServiceIsBusy) {
  for (const int status : {429, 503}) {
    MachineDriver m;
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
    MachineDriver m;
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
  MachineDriver m;
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
  MachineDriver m;
  reach(m);
  EXPECT_EQ(m.on(upload::event::CallFailed{fatal}), (Words{"fail"}));
  EXPECT_EQ(m.state(), upload::State::stopped);
}

TEST_P(EveryCall, ACancelledCallIsTriedAgain) {
  MachineDriver m;
  reach(m);
  m.on(upload::event::CallFailed{errorOf(ErrorKind::cancelled)});
  EXPECT_EQ(m.state(), upload::State::waiting) << "or the stream would stand still for ever";
}

TEST_P(EveryCall, RefusedKeysAreFetchedAgainOnceAndThenFatalUnlessTheyWorked) {
  MachineDriver m;
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
  MachineDriver m;
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

TEST(MachineSetup, AnEndpointThatIsNotFoundLeadsBackToDescribe) {
  MachineDriver m;
  m.start();
  m.on(upload::event::CredentialsFetched{});
  m.on(upload::event::Described{});
  m.on(upload::event::CallFailed{notFound});
  EXPECT_EQ(m.state(), upload::State::waiting);
  EXPECT_EQ(m.retry(), (Words{"describe"}));
}

TEST(MachineSetup, SaysReadyOnceOnly) {
  MachineDriver m;
  m.toStreaming();
  m.on(upload::event::SessionEnded{errorOf(ErrorKind::endpointMoved)});
  EXPECT_EQ(m.retry(), (Words{"locate"}));
  EXPECT_EQ(m.on(upload::event::Located{}), (Words{"open"}));
}

TEST(MachineSetup, DataThatCameMeanwhileOpensTheSessionAtOnce) {
  MachineDriver m;
  m.start();
  EXPECT_EQ(m.on(upload::event::DataAvailable{}), Words{});
  m.on(upload::event::CredentialsFetched{});
  m.on(upload::event::Described{});
  EXPECT_EQ(m.on(upload::event::Located{}), (Words{"ready", "open"}));
  EXPECT_EQ(m.state(), upload::State::streaming);
}

TEST(MachineSetup, StrangeCredentialsBeforeAnySuccessAreTriedAgainAndWarnedOfOnce) {
  MachineDriver m;
  m.start();
  EXPECT_EQ(m.on(upload::event::CallFailed{strange()}), (Words{"warn"}));
  EXPECT_EQ(m.retry(), (Words{"credentials"}));
  EXPECT_EQ(m.on(upload::event::CallFailed{strange()}), Words{});
  EXPECT_EQ(m.retry(), (Words{"credentials"}));
  EXPECT_EQ(m.on(upload::event::CredentialsFetched{}), (Words{"describe"}));
}

TEST(MachineSetup, AStrangeAnswerToAHealthyStreamIsAnyMishap) {
  MachineDriver m;
  m.toStreaming();
  EXPECT_EQ(m.on(upload::event::SessionEnded{strange()}), (Words{"close"}));
  EXPECT_EQ(m.state(), upload::State::waiting);
  EXPECT_EQ(m.retry(), (Words{"open"}));
  EXPECT_EQ(m.on(upload::event::SessionAnswered{}), Words{});
}

TEST(MachineSetup, AnswersToOldQuestionsAreIgnored) {
  MachineDriver m;
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
