// SPDX-License-Identifier: Apache-2.0
// Acknowledgements, quotas, times, HTTP: the small parts of kvs-local.
#include <gtest/gtest.h>

#include "base/json.h"
#include "cli/options.h"
#include "cli/time_text.h"
#include "faults/quotas.h"
#include "http/http_parser.h"
#include "service/ack.h"
#include "service/put_media.h"
#include "service/trace.h"
#include "store/row_codec.h"
#include "store/store_reader.h"

namespace kvslocal {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Ack, isOneJsonObject) {
  EXPECT_EQ(toJson({AckEvent::persisted, 1711124585823, "42", 0, {}}),
            R"({"EventType":"PERSISTED","FragmentTimecode":1711124585823,"FragmentNumber":"42"})");
  EXPECT_EQ(toJson({AckEvent::idle, {}, {}, 0, {}}), R"({"EventType":"IDLE"})");
  EXPECT_EQ(
      toJson(makeErrorAck(4004, 5, "42")),
      R"({"EventType":"ERROR","FragmentTimecode":5,"FragmentNumber":"42","ErrorId":4004,"ErrorCode":"FRAGMENT_TIMECODE_LESSER_THAN_PREVIOUS"})");
  EXPECT_EQ(makeErrorAck(4999).errorCode, "UNKNOWN_ERROR");
}

TEST(FragmentNumber, growsAsTextAndIsNoInteger) {
  EXPECT_EQ(fragmentNumberText(9).size(), 47U);
  EXPECT_LT(fragmentNumberText(9), fragmentNumberText(10));
  EXPECT_LT(fragmentNumberText(10), fragmentNumberText(~std::uint64_t{0}));
}

TEST(Quotas, fiveCallsASecondForEachStream) {
  CallQuota quota;
  const MonoTime start{seconds(100)};
  for (int i = 0; i < 5; ++i)
    EXPECT_TRUE(quota.allow("describeStream", "a", start));
  EXPECT_FALSE(quota.allow("describeStream", "a", start));
  EXPECT_TRUE(quota.allow("describeStream", "b", start));
  EXPECT_TRUE(quota.allow("getDataEndpoint", "a", start));
  EXPECT_TRUE(quota.allow("describeStream", "a", start + milliseconds(200)));
  EXPECT_FALSE(quota.allow("describeStream", "a", start + milliseconds(200)));
}

TEST(Quotas, fiftyForTheAccount) {
  CallQuota quota;
  const MonoTime start{seconds(100)};
  for (int i = 0; i < 50; ++i)
    EXPECT_TRUE(quota.allow("createStream", std::to_string(i), start));
  EXPECT_FALSE(quota.allow("createStream", "x", start));
}

TEST(Quotas, aSessionIsReadSlower) {
  SessionPace pace;
  const MonoTime start{seconds(100)};
  EXPECT_EQ(pace.pauseAfter(12'500'000, 5, start), milliseconds(0));
  EXPECT_EQ(pace.pauseAfter(1'250'000, 0, start), milliseconds(100));
  EXPECT_EQ(pace.pauseAfter(0, 1, start), milliseconds(200));
  EXPECT_EQ(pace.pauseAfter(0, 0, start + milliseconds(200)), milliseconds(0));
}

TEST(Time, isReadAndWritten) {
  EXPECT_EQ(parseTime("1700000000").value(), WallTime(seconds(1'700'000'000)));
  EXPECT_EQ(parseTime("1700000000.25").value(), WallTime(milliseconds(1'700'000'000'250)));
  EXPECT_EQ(parseTime("2023-11-14T22:13:20.250Z").value(), WallTime(milliseconds(1'700'000'000'250)));
  EXPECT_EQ(parseTime("2023-11-14T22:13:20").value(), WallTime(seconds(1'700'000'000)));
  for (const char* wrong : {"", "yesterday", "2023-11-14T22:13:20+01", "12.x"})
    EXPECT_FALSE(parseTime(wrong)) << wrong;
  EXPECT_EQ(formatTime(WallTime(milliseconds(1'700'000'000'007))), "2023-11-14T22:13:20.007Z");
  EXPECT_EQ(httpDate(WallTime(seconds(1'700'000'000))), "Tue, 14 Nov 2023 22:13:20 GMT");
}

HttpHead putMediaHead(const std::string& type, const std::string& start, const std::string& acks) {
  HttpHead head;
  head.headers = {{"x-amzn-stream-name", "cam"}};
  if (!type.empty()) head.headers.emplace_back("x-amzn-fragment-timecode-type", type);
  if (!start.empty()) head.headers.emplace_back("x-amzn-producer-start-timestamp", start);
  if (!acks.empty()) head.headers.emplace_back("x-amzn-fragment-acknowledgment-required", acks);
  return head;
}

TEST(PutMediaHeaders, areChecked) {
  const auto good = parsePutMediaHeaders(putMediaHead("RELATIVE", "1700000000.007", "0"));
  ASSERT_TRUE(good) << good.error();
  EXPECT_TRUE(good->relative);
  EXPECT_FALSE(good->acksRequired);
  EXPECT_EQ(good->start, WallTime(milliseconds(1'700'000'000'007)));
  EXPECT_TRUE(parsePutMediaHeaders(putMediaHead("ABSOLUTE", "1700000000", ""))->acksRequired);
  EXPECT_EQ(parsePutMediaHeaders(putMediaHead("ABSOLUTE", "1.5", ""))->start, WallTime(milliseconds(1500)));
  EXPECT_FALSE(parsePutMediaHeaders(putMediaHead("", "1.5", "")));
  EXPECT_FALSE(parsePutMediaHeaders(putMediaHead("absolute", "1.5", "")));
  EXPECT_FALSE(parsePutMediaHeaders(putMediaHead("ABSOLUTE", "1.5", "yes")));
  for (const char* wrong : {"", "x", "1.x", ".5", "1.", "-1", "99999999999999"}) {
    EXPECT_FALSE(parsePutMediaHeaders(putMediaHead("ABSOLUTE", wrong, ""))) << wrong;
  }
  EXPECT_FALSE(parsePutMediaHeaders(HttpHead{}));
}

struct Parsed {
  std::vector<HttpHead> heads;
  std::string body;
  int ends = 0;
  std::size_t taken = 0;
  std::string error;
};

/// Feeds as a connection does: what was not taken comes again with one piece more behind it.
Parsed parse(const std::string& text, std::size_t split) {
  Parsed parsed;
  HttpParser parser;
  for (std::size_t have = std::min(text.size(), split); parsed.error.empty();) {
    const auto part = parser.next(viewOf(text).subspan(parsed.taken, have - parsed.taken));
    if (!part) {
      parsed.error = part.error();
      break;
    }
    parsed.taken += part->taken;
    if (part->kind == HttpPart::Kind::head) parsed.heads.push_back(parser.head());
    if (part->kind == HttpPart::Kind::body) parsed.body.append(part->body.begin(), part->body.end());
    if (part->kind == HttpPart::Kind::end) ++parsed.ends;
    if (part->kind != HttpPart::Kind::nothing) continue;
    if (have == text.size()) break;
    have = std::min(text.size(), have + split);
  }
  return parsed;
}

TEST(HttpParser, readsChunksInAnySplit) {
  const std::string text =
      "POST /putMedia?x=1 HTTP/1.1\r\nHost:  h:1 \r\nTransfer-Encoding: chunked\r\nX-Amzn-Note: a\r\n\r\n"
      "5\r\nhello\r\n1;ext=1\r\n,\r\nA\r\n0123456789\r\n0\r\n\r\n";
  for (const std::size_t split : {1U, 2U, 5U, 17U, 1000U}) {
    const Parsed parsed = parse(text + "GET", split);
    ASSERT_EQ(parsed.error, "") << split;
    EXPECT_EQ(parsed.body, "hello,0123456789");
    EXPECT_EQ(parsed.ends, 1);
    EXPECT_EQ(parsed.taken, text.size());
    ASSERT_EQ(parsed.heads.size(), 1U);
    EXPECT_EQ(parsed.heads[0].path(), "/putMedia");
    EXPECT_EQ(parsed.heads[0].header("host"), "h:1");
    EXPECT_EQ(parsed.heads[0].header("x-amzn-note"), "a");
    EXPECT_TRUE(parsed.heads[0].keepAlive);
  }
}

TEST(HttpParser, readsSizedAndMissingBodies) {
  EXPECT_EQ(parse("POST /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcREST", 4).body, "abc");
  const Parsed none = parse("GET / HTTP/1.1\r\nConnection: close\r\n\r\n", 100);
  EXPECT_EQ(none.ends, 1);
  EXPECT_FALSE(none.heads[0].keepAlive);
}

TEST(HttpParser, refusesWhatIsNoHttp) {
  EXPECT_NE(parse("hello\r\n\r\n", 100).error, "");
  EXPECT_NE(parse("GET / HTTP/1.1\r\nX: " + std::string(100'000, 'x') + "\r\n\r\n", 1000).error, "");
  EXPECT_NE(parse("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 100).error, "");
}

TEST(Http, chunksAndHeads) {
  EXPECT_EQ(renderChunk("0123456789abcdef"), "10\r\n0123456789abcdef\r\n");
  EXPECT_EQ(renderChunk(""), "0\r\n\r\n");
  EXPECT_EQ(jsonString("a\"\\\n\x01"), R"("a\"\\\u000a\u0001")");
  const HttpReply reply = errorReply({"ResourceNotFoundException", "no \"x\""});
  EXPECT_EQ(reply.status, 404);
  EXPECT_EQ(reply.body, R"({"__type":"ResourceNotFoundException","Message":"no \"x\""})");
  const std::string head = renderHead(404, reply.headers, 5, WallTime{}, true);
  EXPECT_TRUE(head.starts_with("HTTP/1.1 404 Not Found\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n"));
  EXPECT_NE(
      head.find(
          "x-amzn-ErrorType: ResourceNotFoundException\r\nContent-Length: 5\r\nConnection: close\r\n\r\n"),
      std::string::npos);
}

TEST(RowCodec, anyTextComesBack) {
  const std::vector<SimpleTag> tags{{"a:b", ""}, {"", "3:x"}, {std::string("\0z", 2), "\xFF"}};
  EXPECT_EQ(decodeTags(encodeTags(tags, 1)), tags);
  EXPECT_TRUE(decodeTexts("9:short").empty());
  EXPECT_TRUE(decodeTexts("nonsense").empty());
}

TEST(RowCodec, framesAreNumbersOrEndThere) {
  const auto decoded = decodeFrames("1:30 2:47");
  ASSERT_EQ(decoded.size(), 2U);
  EXPECT_EQ(decoded[1].track, 2U);
  EXPECT_EQ(decoded[1].frames, 47U);
  for (const char* wrong : {"", "1", "1:", "1:-1", "-1:1", "1 :2", "99999999999999999999:1", "1:2x", "x"})
    EXPECT_TRUE(decodeFrames(wrong).empty()) << wrong;
  EXPECT_EQ(decodeFrames("1:2 nonsense").size(), 1U);
}

TEST(FragmentRow, aLengthThatMakesNoSenseIsNotAddedUp) {
  constexpr auto least = std::chrono::nanoseconds::min();
  constexpr auto most = std::chrono::nanoseconds::max();
  FragmentRow row;
  row.summary.firstTime = least;
  row.summary.lastTime = most;
  EXPECT_EQ(row.duration().count(), 0);
  row.summary.firstTime = std::chrono::nanoseconds(0);
  row.summary.frames = {{1, 2}};
  EXPECT_EQ(row.duration(), most);
  row.summary.frames = {{1, ~std::uint64_t{0}}};
  EXPECT_GT(row.duration().count(), 0);
  row.summary.lastTime = std::chrono::nanoseconds(-5);
  EXPECT_EQ(row.duration().count(), 0);
}

TEST(Time, outsideTheYearsThatCanBeWrittenTheLastOneIsShown) {
  EXPECT_EQ(formatTime(WallTime::max()), "9999-12-31T23:59:59.999Z");
  EXPECT_EQ(formatTime(WallTime::min()), "0000-01-01T00:00:00.000Z");
}

TEST(Trace, aStampIsTheLastSixteenBytes) {
  BlockTail tail;
  tail.payloadBytes = 100;
  const std::string text = "KVSSTAMP\x01\x02\x00\x00\x00\x00\x00\x00";
  std::copy_n(std::string("KVSSTAMP\x01\x02\0\0\0\0\0\0", 16).begin(), 16, tail.lastBytes.begin());
  EXPECT_EQ(stampOf(tail), 0x0201);
  tail.payloadBytes = 15;
  EXPECT_FALSE(stampOf(tail));
  tail.payloadBytes = 100;
  tail.lastBytes[0] = 'k';
  EXPECT_FALSE(stampOf(tail));
}

Command commandOf(std::vector<std::string> words) {
  words.insert(words.begin(), "kvs-local");
  std::vector<char*> argv;
  for (auto& word : words)
    argv.push_back(word.data());
  return parseCommandLine(static_cast<int>(argv.size()), argv.data());
}

TEST(Options, areRead) {
  const auto serve =
      std::get<ServeOptions>(commandOf({"--port", "0", "--data-dir", "d", "--silence-seconds", "3"}));
  EXPECT_EQ(serve.port, 0);
  EXPECT_EQ(serve.dataDir, "d");
  EXPECT_EQ(serve.silence, seconds(3));
  EXPECT_TRUE(serve.defaultKeys());
  EXPECT_FALSE(serve.strictEnd) << "other clients send plain files";
  EXPECT_TRUE(std::get<ServeOptions>(commandOf({"--strict-end"})).strictEnd);
  const auto exporting = std::get<ExportOptions>(
      commandOf({"export", "cam", "--from", "10", "--to", "1970-01-01T00:00:20Z", "o.mkv", "--no-tags"}));
  EXPECT_EQ(exporting.stream, "cam");
  EXPECT_EQ(exporting.output, "o.mkv");
  EXPECT_EQ(exporting.from, WallTime(seconds(10)));
  EXPECT_EQ(exporting.to, WallTime(seconds(20)));
  EXPECT_FALSE(exporting.tags);
  const auto listing = std::get<ListOptions>(commandOf({"ls", "cam", "--all", "--json"}));
  EXPECT_TRUE(listing.all && listing.json);
}

TEST(Options, mistakesEndWithAnExitStatus) {
  for (const auto& words : std::vector<std::vector<std::string>>{{"--prot", "1"},
                                                                 {"export", "cam"},
                                                                 {"export", "cam", "o", "--from", "never"},
                                                                 {"--access-key", "a"}}) {
    EXPECT_EQ(std::get<NothingToDo>(commandOf(words)).status, 2) << words[0];
  }
  EXPECT_EQ(std::get<NothingToDo>(commandOf({"--help"})).status, 0);
}

}  // namespace
}  // namespace kvslocal
