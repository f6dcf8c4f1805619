// SPDX-License-Identifier: Apache-2.0
// Profile::call: short requests with their whole body, and the errors that any request may end with.
#include <gmock/gmock.h>
#include <sys/resource.h>

#include "sanitizers.h"
#include "transport_fixture.h"

namespace kvs::net::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class CallTest : public TransportTest {
 protected:
  Request call(const std::string& method, const std::string& url, const std::string& body = {}) {
    Request request;
    request.method = method;
    request.url = url;
    request.body = body;
    return request;
  }
  void run(Upload& upload, Request request) {
    startOn(upload, std::move(request));
    ASSERT_TRUE(upload.heard.ended.wait());
  }
  Error errorOf(Request request) {
    Upload upload(*this);
    startOn(upload, std::move(request));
    EXPECT_TRUE(upload.heard.ended.wait());
    return upload.heard.succeeded() ? Error{} : upload.heard.error();
  }
};

TEST_F(CallTest, SendsItsMethodHeadersAndBody) {
  std::mutex mutex;
  std::vector<std::string> requests;
  RawServer server([&](Connection& peer) {
    for (;;) {
      std::string request = peer.readHead();
      if (request.empty()) return;
      if (request.find("Content-Length: 4") != std::string::npos) request += peer.readBytes(4);
      const std::lock_guard lock(mutex);
      requests.push_back(request);
      peer.send(request.starts_with("HEAD") ? "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"
                                            : "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    }
  });
  for (const char* method : {"POST", "GET", "PUT", "HEAD"}) {
    Upload upload(*this);
    const std::string body = method == std::string("POST") ? "{\"\"}" : "";
    Request request = call(method, server.url("/x"), body);
    request.headers = {{"content-type", "application/json"}};
    run(upload, std::move(request));
    EXPECT_TRUE(upload.heard.succeeded()) << method;
    EXPECT_EQ(upload.heard.data, method == std::string("HEAD") ? "" : "ok") << method;
  }
  EXPECT_EQ(server.accepted(), 1);  // connections are used again
  ASSERT_EQ(requests.size(), 4u);
  EXPECT_THAT(requests[0], StartsWith("POST /x HTTP/1.1\r\n"));
  EXPECT_THAT(requests[0], HasSubstr("\r\ncontent-type: application/json\r\n"));
  EXPECT_THAT(requests[0], testing::EndsWith("\r\n\r\n{\"\"}"));
  EXPECT_THAT(requests[1], StartsWith("GET /x HTTP/1.1\r\n"));
  EXPECT_THAT(requests[2], StartsWith("PUT /x HTTP/1.1\r\n"));
  EXPECT_THAT(requests[2], HasSubstr("\r\nContent-Length: 0\r\n"));
  EXPECT_THAT(requests[3], StartsWith("HEAD /x HTTP/1.1\r\n"));
  for (const auto& request : requests)
    EXPECT_THAT(request, Not(HasSubstr("Expect:")));
}

TEST_F(CallTest, DecodesAChunkedAnswerOfAnyStatus) {
  RawServer server([](Connection& peer) {
    peer.readHead();
    peer.send("HTTP/1.1 404 Not Found\r\nx-amzn-RequestId: r1\r\nTransfer-Encoding: chunked\r\n\r\n");
    peer.send("3\r\n{\"a\r\n3\r\n\":1\r\n1\r\n}\r\n0\r\n\r\n");
    peer.waitForPeerEnd();
  });
  Upload upload(*this);
  run(upload, call("POST", server.url(), "{}"));
  EXPECT_TRUE(upload.heard.succeeded());
  EXPECT_EQ(upload.heard.head->status, 404);
  EXPECT_EQ(findHeader(upload.heard.head->headers, "X-Amzn-RequestId"), "r1");
  EXPECT_EQ(upload.heard.data, "{\"a\":1}");
}

TEST_F(CallTest, UsesTheUserAgentGivenOnce) {
  transport = std::make_shared<CurlTransport>(loop, TransportOptions{.caPath = {}, .userAgent = "kvs/1"});
  std::string head;
  RawServer server([&](Connection& peer) {
    head = peer.readHead();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  });
  Upload upload(*this);
  run(upload, call("GET", server.url()));
  EXPECT_THAT(head, HasSubstr("\r\nUser-Agent: kvs/1\r\n"));
}

TEST_F(CallTest, EndsWhenItsTimeIsOver) {
  RawServer server([](Connection& peer) { peer.waitForPeerEnd(); });
  Request request = call("GET", server.url());
  request.totalTimeout = Milliseconds(50);
  const Error error = errorOf(std::move(request));
  EXPECT_EQ(error.code, StatusCode::serviceCallTimeout);
  EXPECT_EQ(error.kind, ErrorKind::retryable);
  EXPECT_THAT(error.message, HasSubstr("did not answer within 50 ms"));
}

TEST_F(CallTest, BoundsTheAnswer) {
  RawServer server([](Connection& peer) {
    peer.readHead();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n" + std::string(2'000'000, 'x'));
    peer.waitForPeerEnd();
  });
  EXPECT_THAT(errorOf(call("GET", server.url())).message, HasSubstr("more than 1 MiB"));
}

TEST_F(CallTest, ACutAnswerIsAnError) {
  RawServer server([](Connection& peer) {
    peer.readHead();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nhalf");
    peer.fin();
    peer.waitForPeerEnd();
  });
  const Error error = errorOf(call("GET", server.url()));
  EXPECT_EQ(error.kind, ErrorKind::retryable);
  EXPECT_THAT(error.message, HasSubstr("before its answer was complete"));
}

TEST_F(CallTest, TellsWhoRefusedTheConnection) {
  const int port = closedPort();
  const Error error = errorOf(call("GET", "http://127.0.0.1:" + std::to_string(port) + "/"));
  EXPECT_EQ(error.kind, ErrorKind::retryable);
  EXPECT_THAT(error.message,
              HasSubstr("can't connect to 127.0.0.1:" + std::to_string(port) + " (Connection refused)"));
}

TEST_F(CallTest, RefusesWhatWouldBreakOutOfAHeader) {
  RawServer server([](Connection& peer) { peer.waitForPeerEnd(); });
  Request request = call("GET", server.url());
  request.headers = {{"x-name", "a\r\nX-Evil: b"}};
  const Error error = errorOf(std::move(request));
  EXPECT_EQ(error.kind, ErrorKind::fatal);
  EXPECT_THAT(error.message, HasSubstr("header"));
  EXPECT_EQ(server.accepted(), 0);
}

TEST_F(CallTest, OtherProtocolsAreRefusedForGood) {
  EXPECT_EQ(errorOf(call("GET", "file:///etc/passwd")).kind, ErrorKind::fatal);
}

TEST_F(CallTest, NamesTheLimitOfOpenFiles) {
  if (kAddressSanitizer) GTEST_SKIP() << "the sanitizer itself opens files to check objects";
  const int port = closedPort();
  onLoop(*loop, [] {});
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const int lowestFree = dup(0);
  close(lowestFree);
  const rlimit none{static_cast<rlim_t>(lowestFree), before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  const Error error = errorOf(call("GET", "http://127.0.0.1:" + std::to_string(port) + "/"));
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(error.kind, ErrorKind::retryable);
  EXPECT_THAT(error.message, HasSubstr("RLIMIT_NOFILE"));
}

}  // namespace
}  // namespace kvs::net::test
