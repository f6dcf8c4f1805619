// SPDX-License-Identifier: Apache-2.0
#include "net/answer_reader.h"

#include <gmock/gmock.h>

namespace kvs::net {
namespace {

using State = AnswerReader::State;
using ::testing::HasSubstr;

struct Read {
  AnswerReader reader;
  WipingBytes body{};

  State state() const { return reader.state(); }
  std::string text() const { return std::string(asText(body)); }
  std::string error() const { return reader.error({false, "peer", 80}).message; }
};

/// Reads `raw` in pieces of `step` bytes.
Read read(std::string_view raw, std::size_t step = 100'000) {
  Read read;
  for (std::size_t at = 0; at < raw.size(); at += step)
    read.reader.feed(asBytes(raw.substr(at, step)), read.body);
  return read;
}

TEST(AnswerReader, FindsHeadAndBodyInAnySplit) {
  constexpr std::string_view raw =
      "HTTP/1.1 100 Continue\r\nX-Interim: 1\r\n\r\n"
      "HTTP/1.1 200 OK\r\nDate: now\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nack\r\n2\r\nno\r\n0\r\n\r\n";
  for (std::size_t step = 1; step <= raw.size(); ++step) {
    const Read all = read(raw, step);
    EXPECT_EQ(all.state(), State::complete) << step;
    EXPECT_EQ(all.reader.head().status, 200);
    EXPECT_EQ(findHeader(all.reader.head().headers, "date"), "now");
    EXPECT_EQ(findHeader(all.reader.head().headers, "x-interim"), "");
    EXPECT_EQ(all.text(), "ackno");
    const Read cut = read(raw.substr(0, raw.size() - 1), step);
    EXPECT_EQ(cut.state(), State::body) << step;
    EXPECT_FALSE(cut.reader.isWholeAtClose());
  }
}

TEST(AnswerReader, ABodyMayEndByItsLengthOrWithTheConnection) {
  EXPECT_EQ(read("HTTP/1.1 403 No\nContent-Length: 2\n\nab").state(), State::complete);
  EXPECT_FALSE(read("HTTP/1.1 403 No\r\nContent-Length: 3\r\n\r\nab").reader.isWholeAtClose());
  EXPECT_EQ(read("HTTP/1.1 204 None\r\n\r\n").state(), State::complete);
  EXPECT_EQ(read("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n").state(), State::complete);
  const Read open = read("HTTP/1.0 200 OK\r\nConnection: close\r\n\r\nall");
  EXPECT_EQ(open.state(), State::body);
  EXPECT_TRUE(open.reader.isWholeAtClose());
  EXPECT_EQ(open.text(), "all");
}

TEST(AnswerReader, IgnoresWhatComesBehindTheEnd) {
  const Read more = read("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\naHTTP/1.1 500 Oops\r\n\r\n");
  EXPECT_EQ(more.state(), State::complete);
  EXPECT_EQ(more.reader.head().status, 200);
  EXPECT_EQ(more.text(), "a");
}

TEST(AnswerReader, IsNotWholeBeforeItsHeadIs) {
  for (const char* raw : {"", "HTT", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 100 Continue\r\n\r\n"}) {
    const Read some = read(raw);
    EXPECT_EQ(some.state(), State::head) << raw;
    EXPECT_FALSE(some.reader.hasHead());
    EXPECT_FALSE(some.reader.isWholeAtClose());
  }
}

TEST(AnswerReader, RefusesAHeadThatMayBeReadInTwoWays) {
  for (const std::string_view line :
       {"Folded: a\r\n b", "Folded: a\r\n\tb: c", " Content-Length: 1", "Content-Length : 1", "no header",
        ": empty", "Name\v: x", "A: b\rContent-Length: 1", "HTTP/1.1 403 No",
        "Content-Length: 1\r\nContent-Length: 2", "Content-Length: 1, 1", "Content-Length: +1"}) {
    for (const std::size_t step : {1, 1000}) {
      std::string raw("HTTP/1.1 200 OK\r\n");
      raw.append(line).append("\r\n\r\nx");
      EXPECT_EQ(read(raw, step).state(), State::broken) << line;
    }
  }
  EXPECT_EQ(read(std::string_view("HTTP/1.1 200 OK\r\nA: b\0c\r\n\r\n", 28)).state(), State::broken);
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nContent-Length: 1\r\ncontent-length: 1\r\n\r\nx").state(),
            State::complete);
}

TEST(AnswerReader, RefusesStatusLinesOfAnotherKind) {
  for (const char* line : {"HTTP/1.2 200 OK", "HTTP/1.1 20 OK", "HTTP/1.1 2000 OK", "HTTP/1.1 020 OK",
                           "HTTP/1.1  200 OK", "HTTP/1.1 200OK", "HTTP/1.11 200 OK"})
    EXPECT_EQ(read(std::string(line) + "\r\n\r\n").state(), State::broken) << line;
  EXPECT_EQ(read("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n").state(), State::broken);
}

TEST(AnswerReader, QuotesWhatIsNoHttp) {
  EXPECT_THAT(read("SSH-2.0-OpenSSH\r\n").error(),
              HasSubstr("answered \"SSH-2.0-OpenSSH\", which is not HTTP/1.1"));
  EXPECT_THAT(read("HTTP/2 200\r\n\r\n").error(), HasSubstr("\"HTTP/2 200\""));
  EXPECT_THAT(read("HTTX", 1).error(), HasSubstr("\"HTTX\""));
}

TEST(AnswerReader, HeadsAreBounded) {
  const std::string line = "X: " + std::string(1000, 'x') + "\r\n";
  std::string raw = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 66; ++i)
    raw += line;
  EXPECT_THAT(read(raw).error(), HasSubstr("more than 64 KiB of headers"));
  EXPECT_THAT(read("HTTP/1.1 200 " + std::string(66'000, 'x'), 7).error(),
              HasSubstr("more than 64 KiB of headers"));
  std::string interim;
  for (int i = 0; i < 3000; ++i)
    interim += "HTTP/1.1 100 Continue\r\n\r\n";
  EXPECT_EQ(read(interim).state(), State::broken);
}

}  // namespace
}  // namespace kvs::net
