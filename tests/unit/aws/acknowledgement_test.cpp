// SPDX-License-Identifier: Apache-2.0
#include "aws/acknowledgement.h"

#include <gtest/gtest.h>

namespace kvs::aws {
namespace {

using Type = Acknowledgement::Type;

struct Fed {
  std::vector<Acknowledgement> acks;
  std::optional<StatusCode> firstError;
};

void feedInto(AckParser& parser, std::string_view text, Fed& fed) {
  const Result<void> result = parser.feed(asBytes(text), fed.acks);
  if (!result && !fed.firstError) fed.firstError = result.error().code;
}

Fed feedWhole(std::string_view text) {
  AckParser parser;
  Fed fed;
  feedInto(parser, text, fed);
  return fed;
}

constexpr std::string_view session =
    R"({"EventType":"BUFFERING","FragmentTimecode":1711124585823,"FragmentNumber":"91343852344490943083870193398424530"})"
    "\r\n"
    R"({"EventType":"RECEIVED","FragmentTimecode":1711124585823,"FragmentNumber":"91343852344490943083870193398424530"})"
    R"({ "EventType" : "PERSISTED" , "FragmentTimecode" : 1711124585823 , "FragmentNumber" : "1" , "New" : {"a":["}"]} })"
    "\n"
    R"({"EventType":"IDLE"})"
    R"({"EventType":"ERROR","FragmentTimecode":-7,"FragmentNumber":"2","ErrorId":4006,"ErrorCode":"a \"quoted\" } {\\"})";

void expectSession(const Fed& fed) {
  EXPECT_EQ(fed.firstError, std::nullopt);
  ASSERT_EQ(fed.acks.size(), 5U);
  EXPECT_EQ(fed.acks[0].type, Type::buffering);
  EXPECT_EQ(fed.acks[0].timecode, Milliseconds(1711124585823));
  EXPECT_EQ(fed.acks[0].fragmentNumber, "91343852344490943083870193398424530");
  EXPECT_EQ(fed.acks[1].type, Type::received);
  EXPECT_EQ(fed.acks[2].type, Type::persisted);
  EXPECT_EQ(fed.acks[2].fragmentNumber, "1");
  EXPECT_EQ(fed.acks[3].type, Type::idle);
  EXPECT_EQ(fed.acks[3].timecode, std::nullopt);
  EXPECT_EQ(fed.acks[3].fragmentNumber, "");
  EXPECT_EQ(fed.acks[4].type, Type::error);
  EXPECT_EQ(fed.acks[4].timecode, Milliseconds(-7));
  EXPECT_EQ(fed.acks[4].errorId, 4006);
  EXPECT_EQ(fed.acks[4].errorCode, "a \"quoted\" } {\\");
}

TEST(AckParser, wholeSession) {
  expectSession(feedWhole(session));
}

TEST(AckParser, everySplitInTwo) {
  for (std::size_t split = 0; split <= session.size(); ++split) {
    AckParser parser;
    Fed fed;
    feedInto(parser, session.substr(0, split), fed);
    feedInto(parser, session.substr(split), fed);
    expectSession(fed);
    if (testing::Test::HasFailure()) FAIL() << "split at " << split;
  }
}

TEST(AckParser, everyPieceSize) {
  for (std::size_t size = 1; size <= session.size(); ++size) {
    AckParser parser;
    Fed fed;
    for (std::size_t at = 0; at < session.size(); at += size)
      feedInto(parser, session.substr(at, size), fed);
    expectSession(fed);
    if (testing::Test::HasFailure()) FAIL() << "pieces of " << size;
  }
}

TEST(AckParser, numbersAsTextAndTextsAsNumbers) {
  const Fed fed =
      feedWhole(R"({"EventType":"ERROR","FragmentTimecode":"42","FragmentNumber":17,"ErrorId":"4004"})");
  ASSERT_EQ(fed.acks.size(), 1U);
  EXPECT_EQ(fed.acks[0].timecode, Milliseconds(42));
  EXPECT_EQ(fed.acks[0].fragmentNumber, "17");
  EXPECT_EQ(fed.acks[0].errorId, 4004);
}

TEST(AckParser, valuesOutOfReachCountAsMissing) {
  for (const char* timecode : {"9223372036854775807", "-9223372036854775808", "1e300", "99999999999999999999",
                               "\"soon\"", "null", "[1]", "{}"}) {
    const Fed fed = feedWhole(R"({"EventType":"ERROR","ErrorId":99999999999,"FragmentTimecode":)" +
                              std::string(timecode) + "}");
    ASSERT_EQ(fed.acks.size(), 1U) << timecode;
    EXPECT_EQ(fed.acks[0].timecode, std::nullopt) << timecode;
    EXPECT_EQ(fed.acks[0].errorId, std::nullopt);
  }
}

TEST(AckParser, aBrokenOneIsToldAndTheNextIsRead) {
  struct Row {
    const char* broken;
    StatusCode code;
  };
  const Row rows[] = {
      {R"({"EventType":"PERSISTED",})", StatusCode::invalidAckValueEnd},
      {R"({"EventType":"HELLO"})", StatusCode::invalidAckType},
      {R"({})", StatusCode::invalidAckType},
      {R"(<html>)", StatusCode::invalidAckValueEnd},
      {R"(}})", StatusCode::invalidAckValueEnd},
      {"{\"EventType\":\"\xFF\"}", StatusCode::invalidAckValueEnd},
  };
  for (const Row& row : rows) {
    const Fed fed = feedWhole(std::string(row.broken) + R"({"EventType":"IDLE"})");
    EXPECT_EQ(fed.firstError, row.code) << row.broken;
    ASSERT_EQ(fed.acks.size(), 1U) << row.broken;
    EXPECT_EQ(fed.acks[0].type, Type::idle);
  }
}

TEST(AckParser, garbageInPiecesIsToldOnce) {
  AckParser parser;
  std::vector<Acknowledgement> acks;
  EXPECT_FALSE(parser.feed(asBytes("<ht"), acks));
  EXPECT_TRUE(parser.feed(asBytes("ml>"), acks));
  EXPECT_TRUE(parser.feed(asBytes(R"({"EventType":"IDLE"})"), acks));
  EXPECT_FALSE(parser.feed(asBytes("x"), acks));
  EXPECT_EQ(acks.size(), 1U);
}

TEST(AckParser, lengthIsBounded) {
  const auto padded = [](std::size_t size) {
    std::string text = R"({"EventType":"IDLE","Pad":")";
    text.append(size - text.size() - 2, 'x');
    return text + "\"}";
  };
  EXPECT_EQ(feedWhole(padded(AckParser::maxObjectSize - 1)).acks.size(), 1U);
  EXPECT_EQ(feedWhole(padded(AckParser::maxObjectSize)).acks.size(), 1U);
  const Fed fed = feedWhole(padded(AckParser::maxObjectSize + 1) + R"({"EventType":"IDLE"})");
  EXPECT_EQ(fed.firstError, StatusCode::invalidAckSegmentLength);
  EXPECT_EQ(fed.acks.size(), 1U);
}

TEST(AckParser, aCutInsideAnEscapeDoesNotReachTheNext) {
  std::string cut = R"({"Pad":")";
  cut.append(AckParser::maxObjectSize - cut.size() - 1, 'x');
  const Fed fed = feedWhole(cut + R"(\{"":1,"EventType":"IDLE"})");
  EXPECT_EQ(fed.firstError, StatusCode::invalidAckSegmentLength);
  EXPECT_EQ(fed.acks.size(), 1U);
}

TEST(AckParser, wordsAreShortAndPrintable) {
  const Fed fed =
      feedWhole(R"({"EventType":"ERROR","ErrorId":9,"ErrorCode":"A\nB\u0000\u001b[31m","FragmentNumber":")" +
                std::string(3000, '7') + "\"}");
  ASSERT_EQ(fed.acks.size(), 1U);
  EXPECT_EQ(fed.acks[0].errorCode, "AB[31m");
  EXPECT_EQ(fed.acks[0].fragmentNumber, std::string(128, '7'));
}

TEST(AckParser, depthIsBounded) {
  std::string deep = R"({"EventType":"IDLE","a":)";
  deep += std::string(1000, '[') + std::string(1000, ']') + "}";
  EXPECT_EQ(feedWhole(deep).firstError, StatusCode::invalidAckValueEnd);
}

TEST(AckParser, errorsAreNoReasonToGiveUp) {
  AckParser parser;
  std::vector<Acknowledgement> acks;
  const Result<void> result = parser.feed(asBytes("?"), acks);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::retryable);
}

}  // namespace
}  // namespace kvs::aws
