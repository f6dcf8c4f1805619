// SPDX-License-Identifier: Apache-2.0
#include "aws/shared_answers.h"

#include "credential_fixture.h"

namespace kvs::aws {
namespace {

using Answers = SharedAnswers<std::string>;

/// The service's side of calls that a test answers when it likes.
struct Calls {
  struct Handle final : Call {
    explicit Handle(int& open) : open_(open) { ++open_; }
    ~Handle() override { --open_; }
    int& open_;
  };
  Answers::Start start() {
    return [this](Answers::Callback callback) {
      callbacks.push_back(std::move(callback));
      return std::make_unique<Handle>(open);
    };
  }
  std::vector<Answers::Callback> callbacks;
  int open = 0;
};

class SharedAnswersTest : public ::testing::Test {
 protected:
  CallHandle ask(const StreamKey& key) {
    return answers.ask(key, clock, calls.start(), [this](const Result<std::string>& answer) {
      heard.push_back(answer ? *answer : "error " + answer.error().message);
    });
  }

  TestClock clock;
  Calls calls;
  Answers answers{std::chrono::minutes(5), [](const std::string& text) { return text != "not yet"; }};
  std::vector<std::string> heard;
  const StreamKey door{"https://c", "eu-west-1", "digest", "door"};
};

TEST_F(SharedAnswersTest, ThoseWhoAskAtOnceGetOneAnswer) {
  const auto first = ask(door);
  const auto second = ask(door);
  const auto other = ask({"https://c", "eu-west-1", "other digest", "door"});
  ASSERT_EQ(calls.callbacks.size(), 2U);
  calls.callbacks[0]("here");
  EXPECT_EQ(heard, std::vector<std::string>(2, "here"));
}

TEST_F(SharedAnswersTest, AnAnswerIsRememberedForATimeOrUntilItIsForgotten) {
  auto handle = ask(door);
  EXPECT_FALSE(answers.recall(door, clock.now()));
  calls.callbacks[0]("here");
  EXPECT_EQ(answers.recall(door, clock.now()), "here");
  clock.advance(std::chrono::minutes(6));
  EXPECT_FALSE(answers.recall(door, clock.now()));
  handle = ask(door);
  calls.callbacks[1]("there");
  EXPECT_EQ(answers.recall(door, clock.now()), "there");
  answers.forget(door);
  EXPECT_FALSE(answers.recall(door, clock.now()));
}

TEST_F(SharedAnswersTest, ErrorsAndWhatIsNotWorthItAreToldAndNotRemembered) {
  const auto first = ask(door);
  const auto second = ask(door);
  calls.callbacks[0](fail(StatusCode::clientLimit, ErrorKind::throttled, "slower"));
  EXPECT_EQ(heard, std::vector<std::string>(2, "error slower"));
  const auto third = ask(door);
  calls.callbacks[1]("not yet");
  EXPECT_EQ(heard.back(), "not yet");
  EXPECT_FALSE(answers.recall(door, clock.now()));
}

TEST_F(SharedAnswersTest, ACallGoesOnAsLongAsOneOfThemWaits) {
  auto first = ask(door);
  auto second = ask(door);
  first.reset();
  EXPECT_EQ(calls.open, 1);
  second.reset();
  EXPECT_EQ(calls.open, 0);
  const auto third = ask(door);
  ASSERT_EQ(calls.callbacks.size(), 2U);
  calls.callbacks[1]("here");
  EXPECT_EQ(heard, std::vector<std::string>{"here"});
}

TEST_F(SharedAnswersTest, WhoLeavesInsideTheAnswerHearsNothing) {
  CallHandle second;
  const auto first =
      answers.ask(door, clock, calls.start(), [&](const Result<std::string>&) { second.reset(); });
  second = ask(door);
  calls.callbacks[0]("here");
  EXPECT_TRUE(heard.empty());
}

}  // namespace
}  // namespace kvs::aws
