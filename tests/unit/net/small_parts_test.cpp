// SPDX-License-Identifier: Apache-2.0
// The small pure parts of the transport: places, counts, header look-up, sentences of errors.
#include <gmock/gmock.h>

#include "net/curl_error.h"
#include "net/outgoing.h"
#include "net/place.h"
#include "net/transport.h"

namespace kvs::net {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(FindHeader, IgnoresCaseAndTakesTheFirst) {
  const std::vector<Header> headers = {{"Date", "a"}, {"X-Request", "b"}, {"x-request", "c"}};
  EXPECT_EQ(findHeader(headers, "x-REQUEST"), "b");
  EXPECT_EQ(findHeader(headers, "x-requests"), "");
}

TEST(PlaceOf, ReadsHostAndPort) {
  const auto plain = placeOf("http://Example.com/putMedia?x=1");
  ASSERT_TRUE(plain);
  EXPECT_FALSE(plain->https);
  EXPECT_EQ(plain->port, 80);
  EXPECT_FALSE(plain->local);
  const auto secure = placeOf("https://[2001:db8::1]:8443");
  ASSERT_TRUE(secure);
  EXPECT_TRUE(secure->https);
  EXPECT_EQ(secure->host, "2001:db8::1");
  EXPECT_EQ(secure->text(), "[2001:db8::1]:8443");
  EXPECT_EQ(placeOf("https://kvs")->text(), "kvs:443");
}

TEST(PlaceOf, KnowsWhatNoProxyMaySee) {
  for (const char* url : {"http://localhost:1/", "http://127.3.2.1/", "http://169.254.169.254/latest",
                          "http://[::1]/", "http://[fe80::1]/"}) {
    EXPECT_TRUE(placeOf(url)->local) << url;
  }
  for (const char* url : {"http://10.0.0.1/", "http://169.253.1.1/", "http://localhost.example/"}) {
    EXPECT_FALSE(placeOf(url)->local) << url;
  }
}

TEST(PlaceOf, RefusesWhatIsNoAddressForGood) {
  for (const char* url :
       {"", "kvs.example/x", "ftp://host/", "http://", "http://a b/", "http://user:pw@host/"}) {
    const auto place = placeOf(url);
    ASSERT_FALSE(place) << url;
    EXPECT_EQ(place.error().kind, ErrorKind::fatal);
    EXPECT_THAT(place.error().message, testing::Not(HasSubstr("pw")));
  }
}

std::string leftOf(const Outgoing& outgoing) {
  std::string text;
  for (const ByteView part : outgoing.left())
    text += asText(part);
  return text;
}

TEST(Outgoing, FramesTheBodyAndCountsOnlyTheBody) {
  Outgoing outgoing;
  EXPECT_TRUE(outgoing.empty());
  outgoing.setHead("POST");
  EXPECT_EQ(leftOf(outgoing), "POST");
  outgoing.sent(4);
  EXPECT_TRUE(outgoing.empty());
  EXPECT_EQ(outgoing.bodyBytesSent(), 0u);
  const std::string first = "0123456789abcdef";
  outgoing.setChunk(std::array{asBytes(first)});
  EXPECT_EQ(leftOf(outgoing), "10\r\n0123456789abcdef\r\n");
  outgoing.sent(3);
  EXPECT_EQ(outgoing.bodyBytesSent(), 0u);
  outgoing.sent(1);
  EXPECT_EQ(outgoing.bodyBytesSent(), 0u);
  outgoing.sent(5);
  EXPECT_EQ(outgoing.bodyBytesSent(), 5u);
  EXPECT_EQ(leftOf(outgoing), "56789abcdef\r\n");
  outgoing.sent(12);
  EXPECT_EQ(outgoing.bodyBytesSent(), 16u);
  EXPECT_FALSE(outgoing.empty());
  outgoing.sent(1);
  EXPECT_TRUE(outgoing.empty());
  outgoing.setChunk(std::array{asBytes("ab"), asBytes("cde")});
  EXPECT_EQ(leftOf(outgoing), "5\r\nabcde\r\n");
  EXPECT_EQ(outgoing.bodyBytesSent(), 16u);
  outgoing.sent(4);
  EXPECT_EQ(outgoing.bodyBytesSent(), 17u);
  outgoing.sent(6);
  outgoing.setLastChunk();
  EXPECT_EQ(leftOf(outgoing), "0\r\n\r\n");
  outgoing.sent(5);
  EXPECT_TRUE(outgoing.empty());
  EXPECT_EQ(outgoing.bodyBytesSent(), 21u);
}

TEST(Outgoing, KeepsWhatTheSocketDidNotTake) {
  Outgoing outgoing;
  std::string body = "in a buffer that others use next";
  outgoing.setChunk(std::array{asBytes(body)});
  outgoing.sent(7);
  outgoing.keep();
  const std::string expected = body.substr(3) + "\r\n";
  std::ranges::fill(body, '!');
  EXPECT_EQ(leftOf(outgoing), expected);
  outgoing.sent(2);
  outgoing.keep();
  EXPECT_EQ(leftOf(outgoing), expected.substr(2));
  EXPECT_EQ(outgoing.bodyBytesSent(), 5u);
  outgoing.sent(expected.size() - 2);
  EXPECT_EQ(outgoing.bodyBytesSent(), 32u);
  EXPECT_TRUE(outgoing.empty());
}

TEST(Explain, NamesTheHostAndWhatToCheck) {
  const Place place{true, "kvs.example", 443, false};
  const Error refused = explain({.code = CURLE_COULDNT_CONNECT, .osError = ECONNREFUSED}, place);
  EXPECT_EQ(refused.kind, ErrorKind::retryable);
  EXPECT_THAT(refused.message, HasSubstr("can't connect to kvs.example:443 (Connection refused)"));
  const Error slow = explain({.code = CURLE_OPERATION_TIMEDOUT, .patience = Milliseconds(5000)}, place);
  EXPECT_EQ(slow.code, StatusCode::serviceCallTimeout);
  EXPECT_THAT(slow.message, HasSubstr("no connection to kvs.example:443 within 5000 ms"));
  const Error silent =
      explain({.code = CURLE_OPERATION_TIMEDOUT, .connected = true, .patience = Milliseconds(7)}, place);
  EXPECT_EQ(silent.message, "kvs.example:443 did not answer within 7 ms");
  const Error nameless = explain({.code = CURLE_OPERATION_TIMEDOUT,
                                  .detail = "Resolving timed out after 5001 milliseconds",
                                  .patience = Milliseconds(5000)},
                                 place);
  EXPECT_EQ(nameless.code, StatusCode::serviceCallTimeout);
  EXPECT_THAT(nameless.message, HasSubstr("no DNS server gave an address for kvs.example within 5000 ms"));
  const Error untrusted = explain({.code = CURLE_PEER_FAILED_VERIFICATION, .detail = "self-signed"}, place);
  EXPECT_EQ(untrusted.kind, ErrorKind::retryable);
  EXPECT_EQ(untrusted.code, StatusCode::clientAuthFailed);
  EXPECT_THAT(untrusted.message, HasSubstr("(self-signed)"));
  EXPECT_EQ(explain({.code = CURLE_UNSUPPORTED_PROTOCOL}, place).kind, ErrorKind::fatal);
  EXPECT_THAT(outOfDescriptors(place).message, HasSubstr("RLIMIT_NOFILE"));
  EXPECT_EQ(outOfDescriptors(place).code, StatusCode::notEnoughMemory);
}

TEST(Explain, AProxyThatIsNotOnTheWayIsNotBlamed) {
  const Place place{true, "kvs.example", 443, false};
  Failure failure{.code = CURLE_COULDNT_CONNECT,
                  .detail = "Failed to connect to kvs.example port 443 after 3 ms: no",
                  .proxy = "http://proxy.example:1"};
  EXPECT_THAT(explain(failure, place).message, Not(HasSubstr("proxy"))) << "no_proxy names the host";
  failure.detail = "Failed to connect to proxy.example port 1 after 3 ms: no";
  EXPECT_THAT(explain(failure, place).message, HasSubstr("through the proxy http://proxy.example:1"));
  failure.detail = "in other words";
  EXPECT_THAT(explain(failure, place).message, HasSubstr("through the proxy http://proxy.example:1"));
}

}  // namespace
}  // namespace kvs::net
