// SPDX-License-Identifier: Apache-2.0
#include "net/response_body.h"

#include <gtest/gtest.h>

namespace kvs::net {
namespace {

using State = ResponseBody::State;

ResponseBody chunked() {
  return ResponseBody({200, {{"transfer-encoding", "gzip, Chunked"}}});
}

struct Fed {
  State state;
  std::string text;
};

/// Feeds `raw` in pieces of `step` bytes.
Fed feed(ResponseBody body, std::string_view raw, std::size_t step) {
  WipingBytes out;
  for (std::size_t at = 0; at < raw.size(); at += step)
    body.feed(asBytes(raw.substr(at, step)), out);
  return {body.state(), std::string(asText(out))};
}

TEST(ResponseBody, FindsTheEndOfAChunkedAnswerInAnySplit) {
  constexpr std::string_view raw =
      "5\r\nhello\r\n1;name=\"v\"\r\n,\r\n00A\r\n 123456789\r\n0\r\nX-Trailer: yes\r\n\r\n";
  for (std::size_t step = 1; step <= raw.size(); ++step) {
    const Fed fed = feed(chunked(), raw, step);
    EXPECT_EQ(fed.state, State::complete) << step;
    EXPECT_EQ(fed.text, "hello, 123456789") << step;
    EXPECT_EQ(feed(chunked(), raw.substr(0, raw.size() - 1), step).state, State::open) << step;
  }
}

TEST(ResponseBody, IgnoresWhatComesBehindTheEnd) {
  const Fed fed = feed(chunked(), "1\r\na\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n", 1000);
  EXPECT_EQ(fed.state, State::complete);
  EXPECT_EQ(fed.text, "a");
}

TEST(ResponseBody, RefusesWhatIsNoChunk) {
  for (const std::string_view raw :
       {"xyz\r\n", "\r\n", "-1\r\n", ";a=b\r\n", "1\r\naXX", "1234567890abcdef0\r\n"}) {
    EXPECT_EQ(feed(chunked(), raw, 1000).state, State::broken) << raw;
    EXPECT_EQ(feed(chunked(), raw, 1).state, State::broken) << raw;
  }
}

TEST(ResponseBody, CountsAGivenLength) {
  const ResponseBody body({200, {{"Content-Length", "5"}}});
  EXPECT_EQ(feed(body, "1234", 3).state, State::open);
  EXPECT_EQ(feed(body, "12345", 2).state, State::complete);
  EXPECT_EQ(feed(body, "1234567", 100).text, "12345");
  EXPECT_EQ(body.atClose(), State::open);
}

TEST(ResponseBody, SomeAnswersEndWithTheirHead) {
  EXPECT_EQ(ResponseBody({200, {{"Content-Length", "0"}}}).state(), State::complete);
  EXPECT_EQ(ResponseBody({204, {}}).state(), State::complete);
  EXPECT_EQ(ResponseBody({304, {{"Content-Length", "7"}}}).state(), State::complete);
}

TEST(ResponseBody, RefusesALengthThatIsNoNumber) {
  for (const char* length : {"-1", "5 apples", "0x10", "99999999999999999999"}) {
    EXPECT_EQ(ResponseBody({200, {{"Content-Length", length}}}).state(), State::broken) << length;
  }
}

TEST(ResponseBody, WithoutALengthTheConnectionsEndIsTheAnswers) {
  const ResponseBody body({200, {}});
  EXPECT_EQ(feed(body, "anything", 3).state, State::open);
  EXPECT_EQ(feed(body, "anything", 3).text, "anything");
  EXPECT_EQ(body.atClose(), State::complete);
  EXPECT_EQ(chunked().atClose(), State::open);
}

}  // namespace
}  // namespace kvs::net
