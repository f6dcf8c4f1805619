// SPDX-License-Identifier: Apache-2.0
// Faults on purpose: which requests a file of rules chooses, at which moments, and what it does to
// acknowledgements.
#include "faults/faults.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "faults/ack_faults.h"

namespace kvslocal {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Faults, areChosenByOperationStreamAndOccurrence) {
  auto book = FaultBook::parse(R"({"rules":[
    {"match":{"operation":"putMedia","stream":"a","from":2,"times":2},"when":{"afterFragments":3},
     "action":{"type":"reset"}},
    {"match":{"operation":"describeStream","times":0},"comment":"always",
     "action":{"type":"status","status":429,"error":"Slow","headers":{"Retry-After":2}}}]})");
  ASSERT_TRUE(book) << book.error();
  std::string chosen;
  for (int i = 0; i < 5; ++i)
    chosen += std::to_string(book->match("putMedia", "a").size());
  EXPECT_EQ(chosen, "01100");
  EXPECT_TRUE(book->match("putMedia", "b").empty());
  for (int i = 0; i < 3; ++i) {
    const auto faults = book->match("describeStream", "x");
    ASSERT_EQ(faults.size(), 1U);
    EXPECT_EQ(faults[0].action.status, 429);
    EXPECT_EQ(faults[0].action.headers, (Headers{{"Retry-After", "2"}}));
  }
}

TEST(Faults, aRuleWithoutOperationMeansRequestsNotConnections) {
  auto book = FaultBook::parse(R"({"rules":[{"match":{"times":0},"action":{"type":"delay","ms":5}}]})");
  EXPECT_TRUE(book->match("connection", "").empty());
  EXPECT_EQ(book->match("listStreams", "").size(), 1U);
}

TEST(Faults, everyConditionMustHold) {
  const FaultTrigger trigger{100, 2, milliseconds(0), milliseconds(300)};
  EXPECT_FALSE(isDue(trigger, {100, 2, milliseconds(0), milliseconds(299)}));
  EXPECT_FALSE(isDue(trigger, {99, 2, milliseconds(0), milliseconds(300)}));
  EXPECT_FALSE(isDue(trigger, {100, 1, milliseconds(0), milliseconds(300)}));
  EXPECT_TRUE(isDue(trigger, {100, 2, milliseconds(0), milliseconds(300)}));
  EXPECT_TRUE(FaultTrigger{}.immediate());
  EXPECT_FALSE(trigger.immediate());
}

TEST(Faults, aWrongFileIsToldExactly) {
  const std::vector<std::pair<const char*, const char*>> wrong{
      {"{", "no JSON"},
      {"{}", "'rules'"},
      {R"({"rules":[{}]})", "rules[0].action is missing"},
      {R"({"rules":[{"action":{"type":"explode"}}]})", "'explode'"},
      {R"({"rules":[{"action":{"type":"reset","sttaus":3}}]})", "'sttaus'"},
      {R"({"rules":[{"match":{"time":3},"action":{"type":"reset"}}]})", "'time'"},
      {R"({"rules":[{"when":{"afterMs":-1},"action":{"type":"reset"}}]})", "rules[0].when.afterMs"},
      {R"({"rules":[{"action":{"type":"status","status":99}}]})", "rules[0].action.status"},
      {R"({"rules":[{"action":{"type":"date","offset":"x"}}]})", "rules[0].action.offset"},
      {R"({"rules":[{"action":{"type":"slowRead","bytesPerSecond":0}}]})", "rules[0].action.bytesPerSecond"},
      {R"({"rules":[{"random":{"seed":1},"action":{"type":"reset"}}]})", "rules[0].random.share"},
      {R"({"rules":[{"random":{"share":1.5},"action":{"type":"reset"}}]})", "rules[0].random.share"}};
  for (const auto& [text, needle] : wrong) {
    const auto book = FaultBook::parse(text);
    ASSERT_FALSE(book) << text;
    EXPECT_NE(book.error().find(needle), std::string::npos) << book.error();
  }
}

FaultBook randomBook(int seed, const char* share) {
  auto book = FaultBook::parse(R"({"rules":[{"match":{"times":0},"random":{"seed":)" + std::to_string(seed) +
                               R"(,"share":)" + share +
                               R"(},"when":{"afterBytes":1000,"afterMs":50},"action":{"type":"reset"}}]})");
  EXPECT_TRUE(book) << book.error();
  return *book;
}

/// The moments at which of `count` requests those that are met break; 0 for the others.
std::vector<std::uint64_t> moments(FaultBook book, int count) {
  std::vector<std::uint64_t> all;
  for (int i = 0; i < count; ++i) {
    const auto faults = book.match("putMedia", "a");
    all.push_back(faults.empty() ? 0 : faults[0].trigger.afterBytes);
  }
  return all;
}

TEST(RandomFaults, meetTheirShareOfTheRequests) {
  const auto all = moments(randomBook(1, "0.25"), 2000);
  const auto met = std::count_if(all.begin(), all.end(), [](std::uint64_t bytes) { return bytes > 0; });
  EXPECT_NEAR(static_cast<double>(met), 500.0, 100.0);
  EXPECT_LE(*std::max_element(all.begin(), all.end()), 1000U);
  EXPECT_EQ(moments(randomBook(1, "0"), 100), std::vector<std::uint64_t>(100, 0));
  const auto certain = moments(randomBook(1, "1"), 100);
  EXPECT_GE(*std::min_element(certain.begin(), certain.end()), 1U);
}

TEST(RandomFaults, dependOnTheSeedAlone) {
  EXPECT_EQ(moments(randomBook(7, "0.5"), 50), moments(randomBook(7, "0.5"), 50));
  EXPECT_NE(moments(randomBook(7, "0.5"), 50), moments(randomBook(8, "0.5"), 50));
}

TEST(RandomFaults, aConditionThatIsNotSetStaysSo) {
  auto book = randomBook(3, "1");
  for (int i = 0; i < 100; ++i) {
    const FaultTrigger trigger = book.match("putMedia", "a").at(0).trigger;
    EXPECT_EQ(trigger.afterFragments, 0U);
    EXPECT_EQ(trigger.idle, milliseconds(0));
    EXPECT_GE(trigger.after, milliseconds(1));
    EXPECT_LE(trigger.after, milliseconds(50));
  }
}

TEST(Faults, fieldsOfTheLaterKinds) {
  auto book = FaultBook::parse(R"({"rules":[
    {"action":{"type":"date","offset":-86400}},
    {"action":{"type":"endpoint","url":"http://127.0.0.1:9"}},
    {"action":{"type":"status","retryAfter":3}},
    {"action":{"type":"oversized"}},
    {"action":{"type":"cutShort"}}]})");
  ASSERT_TRUE(book) << book.error();
  const auto faults = book->match("describeStream", "a");
  ASSERT_EQ(faults.size(), 5U);
  EXPECT_EQ(faults[0].action.dateOffset, seconds(-86400));
  EXPECT_EQ(faults[1].action.url, "http://127.0.0.1:9");
  EXPECT_EQ(faults[2].action.headers, (Headers{{"Retry-After", "3"}}));
  EXPECT_EQ(faults[3].action.bytes, 1024U * 1024U);
  EXPECT_EQ(faults[4].action.bytes, 10U);
}

Ack ackOf(AckEvent event, std::int64_t timecode) {
  return {event, timecode, "1", 0, {}};
}

/// "B1 P1": what is sent for these acknowledgements.
std::string sent(AckFaults& faults, const std::vector<Ack>& acks) {
  std::string text;
  const auto add = [&text](const std::vector<Ack>& passing) {
    for (const Ack& ack : passing)
      text += (ack.event == AckEvent::persisted ? " P" : " B") + std::to_string(ack.timecodeMs.value_or(-1));
  };
  for (const Ack& ack : acks)
    add(faults.pass(ack));
  text += " |";
  add(faults.rest());
  return text;
}

const std::vector<Ack> threeFragments{ackOf(AckEvent::buffering, 1), ackOf(AckEvent::persisted, 1),
                                      ackOf(AckEvent::buffering, 2), ackOf(AckEvent::persisted, 2),
                                      ackOf(AckEvent::buffering, 3), ackOf(AckEvent::persisted, 3)};

TEST(AckFaults, withoutAnyAllPassesOnce) {
  AckFaults faults;
  EXPECT_EQ(sent(faults, threeFragments), " B1 P1 B2 P2 B3 P3 |");
}

TEST(AckFaults, silence) {
  AckFaults faults;
  faults.silence();
  EXPECT_EQ(sent(faults, threeFragments), " |");
}

TEST(AckFaults, repetition) {
  AckFaults faults;
  faults.repeat(2);
  EXPECT_EQ(sent(faults, {threeFragments[0], threeFragments[1]}), " B1 B1 P1 P1 |");
}

TEST(AckFaults, wrongOrderAndTheOneLeftOver) {
  AckFaults faults;
  faults.swap();
  EXPECT_EQ(sent(faults, threeFragments), " B1 B2 P2 P1 B3 | P3");
}

TEST(AckFaults, aFragmentThatNobodySent) {
  AckFaults faults;
  faults.pass(ackOf(AckEvent::buffering, 5000));
  const Ack stray = faults.stray(milliseconds(700));
  EXPECT_EQ(stray.event, AckEvent::persisted);
  EXPECT_EQ(stray.timecodeMs, 5700);
}

TEST(AckFaults, anOversizedOneIsJsonOfThatSize) {
  const std::string text = oversizedAck(5000);
  EXPECT_EQ(text.size(), 5000U);
  EXPECT_TRUE(nlohmann::json::accept(text));
  EXPECT_TRUE(nlohmann::json::accept(oversizedAck(1)));
}

TEST(AnswersHead, aDateAmongTheHeadersReplacesTheTrueOne) {
  const WallTime now{seconds(1'700'000'000)};
  EXPECT_NE(renderHead(200, {}, 0, now, false).find("Date: Tue, 14 Nov 2023"), std::string::npos);
  const std::string wrong = renderHead(200, {{"date", "yesterday"}}, 0, now, false);
  EXPECT_EQ(wrong.find("Tue, 14 Nov 2023"), std::string::npos);
  EXPECT_NE(wrong.find("date: yesterday"), std::string::npos);
}

}  // namespace
}  // namespace kvslocal
