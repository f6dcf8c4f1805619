// SPDX-License-Identifier: Apache-2.0
// Wherever the network cuts a request, it is the same request: every message here is tried with one cut and
// with two cuts at every place, and byte by byte.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "http/http_parser.h"

namespace kvslocal {
namespace {

/// All that a connection learns of what was sent, the requests behind the first one too.
struct Seen {
  std::vector<std::string> heads;
  std::vector<std::string> bodies;
  int ends = 0;
  std::size_t taken = 0;
  bool refused = false;
  bool operator==(const Seen&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Seen& seen) {
  out << seen.heads.size() << " heads, " << seen.ends << " ends, " << seen.taken << " bytes taken"
      << (seen.refused ? ", refused" : "") << ';';
  for (const auto& head : seen.heads)
    out << " [" << head << ']';
  for (const auto& body : seen.bodies)
    out << " (" << body << ')';
  return out;
}

/// Feeds as a connection does: a new parser for each request, and what was not taken comes again.
class Reader {
 public:
  Reader() { begin(); }

  void feed(std::string_view piece) {
    waiting_ += piece;
    while (takePart()) {
    }
  }

  Seen seen;

 private:
  bool takePart() {
    if (seen.refused) return false;
    const auto part = parser_->next(viewOf(waiting_));
    seen.refused = !part;
    if (!part) return false;
    if (part->kind == HttpPart::Kind::head) addHead(parser_->head());
    if (part->kind == HttpPart::Kind::body) seen.bodies.back().append(part->body.begin(), part->body.end());
    seen.taken += part->taken;
    waiting_.erase(0, part->taken);
    if (part->kind == HttpPart::Kind::end) {
      ++seen.ends;
      begin();
    }
    return part->kind != HttpPart::Kind::nothing;
  }
  void addHead(const HttpHead& head) {
    std::string text = head.method + ' ' + head.target + (head.keepAlive ? " keep" : " close");
    for (const auto& [name, value] : head.headers)
      text += ' ' + name + '=' + value;
    seen.heads.push_back(text);
    seen.bodies.emplace_back();
  }
  void begin() { parser_ = std::make_unique<HttpParser>(); }

  std::unique_ptr<HttpParser> parser_;
  std::string waiting_;
};

Seen read(const std::vector<std::string_view>& pieces) {
  Reader reader;
  for (const auto& piece : pieces)
    reader.feed(piece);
  Seen seen = reader.seen;
  // How far a refused request was read differs; that it is refused, and what came before it, does not.
  if (seen.refused) seen.taken = 0;
  return seen;
}

struct Message {
  const char* name;
  std::string text;
  int ends;
  bool refused = false;
};

const std::string chunkedHead = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";

std::vector<Message> messages() {
  const auto chunked = [](const std::string& body) { return chunkedHead + body; };
  return {
      {"anEmptyChunkedBody", chunked("0\r\n\r\n"), 1},
      {"anEmptyChunkedBodyWithExtension", chunked("0;a=\"b c\"\r\n\r\n"), 1},
      {"manyZerosAsTheLastChunk", chunked("0000\r\n\r\n"), 1},
      {"chunks", chunked("5\r\nhello\r\n1\r\n,\r\nA\r\n0123456789\r\n0\r\n\r\n"), 1},
      {"chunkExtensions", chunked("5;x\r\nhello\r\n1;ext=1;more=\"a;b\"\r\n,\r\n0;last\r\n\r\n"), 1},
      {"trailers", chunked("2\r\nab\r\n0\r\nX-Sum: 1\r\nOther:\r\n\r\n"), 1},
      {"trailersOfAnEmptyBody", chunked("0\r\nX-Sum: 1\r\n\r\n"), 1},
      {"chunksThatLookLikeLineEnds", chunked("4\r\n\r\n\r\n\r\n2\r\n0\r\r\n0\r\n\r\n"), 1},
      {"aSizedBody", "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello", 1},
      {"aSizedEmptyBody", "POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n", 1},
      {"noBody", "GET /ping HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", 1},
      {"noHeader", "GET /ping HTTP/1.0\r\n\r\n", 1},
      {"keptAliveBy10", "GET /ping HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 1},
      {"expectContinue", "POST /a HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nab", 1},
      {"pipelined",
       "GET /a HTTP/1.1\r\n\r\n" + chunked("0\r\n\r\n") +
           "POST /b HTTP/1.1\r\nContent-Length: 1\r\n\r\nxGET /c HTTP/1.1\r\n\r\n",
       4},
      {"aFoldedHeader", "GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n", 1},
      {"endsInTheHead", "POST / HTTP/1.1\r\nHost: h\r\n", 0},
      {"endsInTheBody", "POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nhello", 0},
      {"endsBehindTheLastChunk", chunked("0\r\n"), 0},
      {"noHttp", "hello\r\n\r\n", 0, true},
      {"noText", std::string("\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", 11), 0, true},
      {"anotherVersion", "GET / HTTP/2.0\r\n\r\n", 0, true},
      {"bareLineFeeds", "GET / HTTP/1.1\nHost: h\n\n", 0, true},
      {"aHeaderWithoutColon", "GET / HTTP/1.1\r\nnonsense\r\n\r\n", 0, true},
      {"twoLengths", "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 0, true},
      {"lengthAndChunks",
       "POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 0, true},
      {"anotherCoding", "POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\nabc", 0, true},
      {"noChunkSize", chunked("zz\r\n"), 0, true},
      {"anEmptyChunkSize", chunked("\r\n\r\n"), 0, true},
      {"aHugeChunkSize", chunked("11111111111111111\r\n"), 0, true},
      {"aChunkLongerThanItSays", chunked("2\r\nabc\r\n0\r\n\r\n"), 0, true},
      {"aSizeWithoutLineFeed", chunked("2\rab"), 0, true},
      {"aTrailerWithoutColon", chunked("0\r\nnonsense\r\n\r\n"), 0, true},
      {"aLastChunkWithoutLineFeed", chunked("0\r\n\rx"), 0, true},
  };
}

class HttpSplits : public testing::TestWithParam<Message> {};

TEST_P(HttpSplits, areTheSameRequestAsInOnePiece) {
  const std::string& text = GetParam().text;
  const std::string_view all = text;
  const Seen whole = read({all});
  ASSERT_EQ(whole.ends, GetParam().ends);
  ASSERT_EQ(whole.refused, GetParam().refused);
  for (std::size_t first = 0; first <= all.size(); ++first) {
    ASSERT_EQ(read({all.substr(0, first), all.substr(first)}), whole) << "cut at " << first;
    for (std::size_t second = first; second <= all.size(); ++second) {
      ASSERT_EQ(read({all.substr(0, first), all.substr(first, second - first), all.substr(second)}), whole)
          << "cuts at " << first << " and " << second;
    }
  }
  std::vector<std::string_view> bytes;
  for (std::size_t i = 0; i < all.size(); ++i)
    bytes.push_back(all.substr(i, 1));
  EXPECT_EQ(read(bytes), whole) << "byte by byte";
}

INSTANTIATE_TEST_SUITE_P(Messages, HttpSplits, testing::ValuesIn(messages()),
                         [](const auto& message) { return message.param.name; });

std::size_t takenOf(const std::string& line, std::size_t lines) {
  Reader reader;
  reader.feed("GET / HTTP/1.1\r\n");
  for (std::size_t i = 0; i < lines && !reader.seen.refused; ++i)
    reader.feed(line);
  return reader.seen.taken;
}

TEST(HttpLimits, headersWithoutEndAreRefusedHoweverTheyCome) {
  // In lines, each with a write of its own, and in bytes.
  EXPECT_LE(takenOf("X: 12345678\r\n", 100'000), 64U * 1024);
  Reader bytes;
  for (int i = 0; i < 200'000 && !bytes.seen.refused; ++i)
    bytes.feed("G");
  EXPECT_TRUE(bytes.seen.refused);
}

TEST(HttpLimits, aLongHeadIsTheSameInAnySplit) {
  for (const std::size_t size : {60'000U, 65'000U, 66'000U, 90'000U}) {
    const std::string text =
        "GET /" + std::string(size / 2, 'a') + " HTTP/1.1\r\nX: " + std::string(size / 2, 'x') + "\r\n\r\n";
    const Seen whole = read({text});
    EXPECT_EQ(whole.refused, size > 64U * 1024) << size;
    const std::string_view all = text;
    EXPECT_EQ(read({all.substr(0, 20), all.substr(20)}), whole) << size;
    EXPECT_EQ(read({all.substr(0, size / 2 + 16), all.substr(size / 2 + 16)}), whole) << size;
  }
}

TEST(HttpLimits, chunkLinesAndTrailersWithoutEndAreRefused) {
  for (const std::string front : {"5;", "0\r\nX: ", "0\r\n", "0000"}) {
    Reader reader;
    reader.feed(chunkedHead + front);
    for (int i = 0; i < 100'000 && !reader.seen.refused; ++i)
      reader.feed(front == "0\r\n" ? "A: b\r\n" : front == "0000" ? "0" : "x");
    EXPECT_TRUE(reader.seen.refused) << front;
  }
}

}  // namespace
}  // namespace kvslocal
