// SPDX-License-Identifier: Apache-2.0
// What is no answer of HTTP/1.1: whoever sends it once, to whatever is asked, the next attempt may go well.
#include <gmock/gmock.h>

#include "transport_fixture.h"

namespace kvs::net::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using namespace std::string_literals;

struct Odd {
  const char* name;
  std::string bytes;
  const char* quoted;  ///< of it in the error
};

void PrintTo(const Odd& odd, std::ostream* out) {
  *out << odd.name;
}

const Odd oddAnswers[] = {
    {"Text", "hello world", "\"hello world\""},
    {"TextWithALineEnd", "hello world\r\n", "\"hello world\""},
    {"TextInLines", "hello\r\nworld\r\n\r\n", "\"hello"},
    {"Html", "<html><body>Sign in</body></html>\n", "<html><body>Sign in"},
    {"Status000", "HTTP/1.1 000 Nothing\r\nContent-Length: 0\r\n\r\n", ""},
    {"StatusOfWords", "HTTP/1.1 OK\r\nContent-Length: 0\r\n\r\n", ""},
    {"StatusOfFourDigits", "HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n", ""},
    {"NegativeStatus", "HTTP/1.1 -20 OK\r\nContent-Length: 0\r\n\r\n", ""},
    {"Http99", "HTTP/9.9 200 OK\r\nContent-Length: 0\r\n\r\n", ""},
    {"Http19", "HTTP/1.9 200 OK\r\nContent-Length: 0\r\n\r\n", ""},
    {"Http2InWords", "HTTP/2 200\r\n\r\n", "\"HTTP/2 200\""},
    {"Http2Preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\"PRI * HTTP/2.0"},
    {"Http2Frames", "\0\0\x06\x04\0\0\0\0\0\0\x03\0\0\0\x64"s, "the bytes 00 00 06 04"},
    {"TlsAlert", "\x15\x03\x01\0\x02\x02\x0a"s, "the bytes 15 03 01 00 02 02 0a"},
    {"Binary", "\xff\xfe\x80\x81\0\x01\x02\x7f zzzz"s, "the bytes ff fe 80 81"},
    {"SmtpBanner", "220 mail.example.com ESMTP ready\r\n", "\"220 mail.example.com ESMTP ready\""},
    {"SshBanner", "SSH-2.0-OpenSSH_9.2p1\r\n", "\"SSH-2.0-OpenSSH_9.2p1\""},
    {"RtspAnswer", "RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n", "\"RTSP/1.0 200 OK"},
    {"Nothing", "", "closed the connection"},
    {"EmptyLines", "\r\n\r\n\r\n", ""},
    {"InterimOnly", "HTTP/1.1 100 Continue\r\n\r\n", ""},
    {"SwitchingProtocols", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n", ""},
    {"HeadCut", "HTTP/1.1 200 OK\r\nContent-Le", ""},
    {"EndlessHeaderLine", "HTTP/1.1 200 OK\r\nX: " + std::string(300'000, 'x'), ""},
    {"EndlessHeaders",
     "HTTP/1.1 200 OK\r\n" +
         [] {
           std::string lines;
           for (int i = 0; i < 3000; ++i)
             lines += "X-Header: " + std::string(100, 'x') + "\r\n";
           return lines;
         }(),
     "64 KiB"},
    {"NegativeLength", "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello", ""},
    {"LengthOfWords", "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\nhello", ""},
    {"LengthTooLarge", "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\nhello", ""},
    {"LengthThatDoesNotCome", "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello", ""},
    {"ChunkSizeOfWords", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nmany\r\nhello\r\n", ""},
    {"ChunkSizeTooLarge",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffffff\r\nhello\r\n", ""},
    {"ChunkWithoutEnd", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloworld\r\n", ""},
    {"ChunksCut", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", ""},
};

class OddAnswer : public TransportTest, public testing::WithParamInterface<Odd> {
 protected:
  /// Says its piece, and goes when it was heard.
  RawServer::Script script(bool first) const {
    return [odd = GetParam().bytes, first](Connection& peer) {
      if (!first) peer.readHead();
      if (!odd.empty()) peer.send(odd);
      peer.fin();
      peer.waitForPeerEnd();
    };
  }
  void expectMishap(Upload& upload) {
    ASSERT_TRUE(upload.heard.ended.wait());
    ASSERT_FALSE(upload.heard.succeeded());
    const Error& error = upload.heard.error();
    EXPECT_EQ(error.kind, ErrorKind::retryable) << error.message;
    EXPECT_THAT(error.message, HasSubstr("127.0.0.1:"));
    EXPECT_THAT(error.message, HasSubstr(GetParam().quoted));
    EXPECT_THAT(error.message, Not(HasSubstr("can't be used")));
    EXPECT_LT(error.message.size(), 600u);
    EXPECT_TRUE(std::ranges::none_of(error.message, [](char c) { return c > 0 && c < ' '; }))
        << error.message;
  }
};

TEST_P(OddAnswer, ToAPutMediaIsAMishap) {
  RawServer server(script(false));
  Upload upload(*this);
  startUpload(upload, server.url());
  upload.feed("media");
  expectMishap(upload);
}

TEST_P(OddAnswer, ToAPutMediaThatWaitsForMediaIsAMishap) {
  RawServer server(script(false));
  Upload upload(*this);
  startUpload(upload, server.url());
  expectMishap(upload);
}

TEST_P(OddAnswer, ToACallIsAMishap) {
  RawServer server(script(false));
  for (const char* method : {"POST", "GET"}) {
    Upload upload(*this);
    Request request;
    request.method = method;
    request.url = server.url("/describeStream");
    if (method == std::string("POST")) request.body = "{}";
    startOn(upload, std::move(request));
    expectMishap(upload);
  }
}

TEST_P(OddAnswer, SaidBeforeAnythingWasAskedIsAMishap) {
  RawServer server(script(true));
  Upload upload(*this);
  startUpload(upload, server.url());
  expectMishap(upload);
}

TEST_P(OddAnswer, OfAProxyIsAMishap) {
  RawServer server(script(false));
  transport = std::make_shared<CurlTransport>(
      loop, TransportOptions{.proxy = {"http://127.0.0.1:" + std::to_string(server.port()), {}, {}}});
  Upload upload(*this);
  Request request;
  request.url = "http://service.test/describeStream";
  request.body = "{}";
  startOn(upload, std::move(request));
  ASSERT_TRUE(upload.heard.ended.wait());
  ASSERT_FALSE(upload.heard.succeeded());
  EXPECT_EQ(upload.heard.error().kind, ErrorKind::retryable) << upload.heard.error().message;
}

INSTANTIATE_TEST_SUITE_P(All, OddAnswer, testing::ValuesIn(oddAnswers),
                         [](const auto& instance) { return std::string(instance.param.name); });

TEST_F(TransportTest, AnAddressThatIsNoneIsStillAMistakeOfTheUsers) {
  for (const char* url : {"ftp://127.0.0.1/", "no address", "http://", "https://user@127.0.0.1/"}) {
    Upload upload(*this);
    startUpload(upload, url);
    ASSERT_TRUE(upload.heard.ended.wait());
    EXPECT_EQ(upload.heard.error().kind, ErrorKind::fatal) << url;
  }
}

}  // namespace
}  // namespace kvs::net::test
