// SPDX-License-Identifier: Apache-2.0
// A stream that is held: nothing is asked for or sent, there is no connection, and nothing is forgotten.
#include "life_driver.h"

namespace kvs::upload {
namespace {

using test::errorOf;
using test::LifeDriver;
using test::Words;

void expectNothing(LifeDriver& m) {
  EXPECT_EQ(m.state(), State::held);
  EXPECT_FALSE(m.sessionOpen());
  for (std::size_t i = 0; i < timerCount; ++i)
    EXPECT_FALSE(m.timerSet(static_cast<Timer>(i))) << i;
}

TEST(LifeHold, BeforeTheStartNothingIsAskedFor) {
  LifeDriver m;
  EXPECT_EQ(m.on(event::Hold{}), Words{});
  EXPECT_EQ(m.start(), Words{});
  expectNothing(m);
  EXPECT_EQ(m.on(event::DataAvailable{}), Words{});
  EXPECT_EQ(m.on(event::Release{}), (Words{"credentials"}));
}

TEST(LifeHold, ASessionIsBroughtToItsEnd) {
  LifeDriver m;
  m.toStreaming();
  EXPECT_EQ(m.on(event::Hold{}), (Words{"finish fragment"}));
  EXPECT_EQ(m.state(), State::handingOver);
  EXPECT_EQ(m.on(event::SessionConfirmed{}), (Words{"close"}));
  expectNothing(m);
  EXPECT_EQ(m.on(event::DataAvailable{}), Words{});
  EXPECT_EQ(m.on(event::Release{}), (Words{"open"}));
}

TEST(LifeHold, ASessionThatBreaksIsNotTriedAgain) {
  LifeDriver m;
  m.toStreaming();
  m.on(event::Hold{});
  EXPECT_EQ(m.on(event::SessionEnded{errorOf(ErrorKind::retryable)}), (Words{"close"}));
  expectNothing(m);
  EXPECT_EQ(m.on(event::Release{}), (Words{"open"}));
}

TEST(LifeHold, ACallIsAbandonedAndMadeAgain) {
  LifeDriver m;
  m.start();
  m.on(event::CredentialsFetched{});
  m.on(event::Described{});
  ASSERT_EQ(m.state(), State::locating);
  EXPECT_EQ(m.on(event::Hold{}), (Words{"abandon"}));
  expectNothing(m);
  EXPECT_EQ(m.on(event::Located{}), Words{}) << "an answer that comes all the same";
  EXPECT_EQ(m.on(event::Release{}), (Words{"locate"}));
}

TEST(LifeHold, WhileBackingOffItForgetsTheWait) {
  LifeDriver m;
  m.start();
  m.on(event::CallFailed{errorOf(ErrorKind::retryable)});
  ASSERT_EQ(m.state(), State::waiting);
  EXPECT_EQ(m.on(event::Hold{}), Words{});
  expectNothing(m);
  EXPECT_EQ(m.on(event::Release{}), (Words{"credentials"}));
}

TEST(LifeHold, AnEndOfStreamIsKeptForLater) {
  LifeDriver m;
  m.toReady();
  m.on(event::Hold{});
  m.on(event::DataAvailable{});
  EXPECT_EQ(m.on(event::EndOfStream{}), Words{});
  EXPECT_EQ(outlookOf(m.state()), Outlook::none) << "nobody waits for it";
  EXPECT_EQ(m.on(event::Release{}), (Words{"open", "finish everything"}));
}

TEST(LifeHold, TakenBackInTimeTheNextSessionFollows) {
  LifeDriver m;
  m.toStreaming();
  m.on(event::Hold{});
  m.on(event::Release{});
  EXPECT_EQ(m.on(event::SessionConfirmed{}), (Words{"close", "open"}));
}

TEST(LifeHold, AStopEndsIt) {
  LifeDriver m;
  m.toReady();
  m.on(event::Hold{});
  EXPECT_EQ(m.on(event::Stop{}), (Words{"stopped"}));
  EXPECT_EQ(m.on(event::Release{}), Words{});
  EXPECT_EQ(m.state(), State::stopped);
}

}  // namespace
}  // namespace kvs::upload
