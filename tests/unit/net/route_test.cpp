// SPDX-License-Identifier: Apache-2.0
// The way of a request: by which proxy, from which address, to which family of addresses.
#include <gmock/gmock.h>

#include <csignal>
#include <cstdlib>

#include "net/proxy.h"
#include "net/transport_options.h"
#include "tls_identity.h"
#include "transport_fixture.h"

namespace kvs::net::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(Proxy, isRead) {
  const auto plain = parseProxy("http://proxy.test:3128");
  ASSERT_TRUE(plain) << plain.error().message;
  EXPECT_EQ(plain->address, "http://proxy.test:3128");
  EXPECT_TRUE(plain->user.empty() && plain->password.empty());
  const auto full = parseProxy("http://me%40home:p%3a%2f%40s@[::1]:80/");
  ASSERT_TRUE(full) << full.error().message;
  EXPECT_EQ(full->address, "http://[::1]:80");
  EXPECT_EQ(full->user, "me@home");
  EXPECT_EQ(full->password.reveal(), "p:/@s");
  EXPECT_EQ(parseProxy("proxy.test:8080")->address, "http://proxy.test:8080");
}

TEST(Proxy, isRefusedWithoutAWordOfIt) {
  for (const char* bad :
       {"", "http://", "http://HUSH", "https://u:HUSH@h:1", "socks5://u:HUSH@h:1", "http://u:HUSH@h",
        "http://u:HUSH@h:1/path", "http://u:HUSH@h:1?q", "http://u:HUSH@h:x", "http://u:HUSH%0a@h:1",
        "http://u:HU SH@h:1", "http://u%3av:HUSH@h:1"}) {
    const auto proxy = parseProxy(bad);
    ASSERT_FALSE(proxy) << bad;
    EXPECT_EQ(proxy.error().kind, ErrorKind::fatal);
    EXPECT_THAT(proxy.error().message, StartsWith("The proxy's address "));
    EXPECT_THAT(proxy.error().message, Not(HasSubstr("HUSH"))) << bad;
    EXPECT_THAT(proxy.error().message, HasSubstr("http://USER:PASSWORD@HOST:PORT"));
  }
  EXPECT_FALSE(parseProxy("http://h:1/" + std::string(3000, 'x')));
}

TEST(BindAddress, isAnAddressOrAnInterface) {
  for (const char* good : {"192.0.2.7", "2001:db8::7", "eth0", "enp0s31f6", "wlan0.7"})
    EXPECT_TRUE(checkBindAddress(good)) << good;
  for (const char* bad : {"", "192.0.2.7:80", "an interface", "if!eth0", "eth0/24", "a-name-of-16-char"})
    EXPECT_FALSE(checkBindAddress(bad)) << bad;
}

class RouteTest : public TransportTest {
 protected:
  void use(TransportOptions options) {
    transport = std::make_shared<CurlTransport>(loop, std::move(options));
  }
  std::string writtenCa() {
    authority.writePem(folder.path() / "ca.pem");
    return folder.path() / "ca.pem";
  }
  void useProxy(int port) {
    use({.caPath = writtenCa(), .proxy = {"http://127.0.0.1:" + std::to_string(port), "me", Secret("WORD")}});
  }
  /// A GET to its end.
  void get(Upload& upload, const std::string& url) {
    Request request;
    request.method = "GET";
    request.url = url;
    request.headers = {{"authorization", "AWS4"}};
    startOn(upload, std::move(request));
    ASSERT_TRUE(upload.heard.ended.wait());
  }
  Error errorOf(const std::string& url) {
    Upload upload(*this);
    get(upload, url);
    return upload.heard.succeeded() ? Error{} : upload.heard.error();
  }
  static void serve(Connection& peer) {
    peer.readHead();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  }

  Authority authority;
  TemporaryFolder folder;
};

TEST_F(RouteTest, ByWayOfAProxyNothingOfTheRequestIsTheProxysToRead) {
  std::signal(SIGPIPE, SIG_IGN);
  const TlsContext context = authority.server("DNS:service.test");
  std::string asked;
  std::string inside;
  RawServer proxy([&](Connection& peer) {
    asked = peer.readHead();
    peer.send("HTTP/1.1 200 Connection established\r\nX-Of: proxy\r\n\r\n");
    if (!peer.startTls(context.get())) return;
    inside = peer.readHead();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  });
  useProxy(proxy.port());
  Upload good(*this);
  get(good, "https://service.test/x");
  ASSERT_TRUE(good.heard.succeeded()) << good.heard.error().message;
  EXPECT_EQ(good.heard.data, "ok");
  EXPECT_TRUE(findHeader(good.heard.head->headers, "X-Of").empty())
      << "the proxy's headers are not the answer's";
  EXPECT_THAT(asked, StartsWith("CONNECT service.test:443 HTTP/1.1\r\n"));
  EXPECT_THAT(asked, HasSubstr("Proxy-Authorization: Basic bWU6V09SRA==\r\n"));
  EXPECT_THAT(asked, Not(HasSubstr("AWS4")));
  EXPECT_THAT(inside, HasSubstr("authorization: AWS4\r\n"));
  EXPECT_THAT(inside, Not(HasSubstr("Proxy-")));
}

TEST_F(RouteTest, AnUploadGoesThroughTheProxysTunnelAndBeginsBehindIt) {
  std::signal(SIGPIPE, SIG_IGN);
  const TlsContext context = authority.server("DNS:service.test");
  for (const bool secure : {false, true}) {
    std::string asked;
    std::string inside;
    std::string body;
    RawServer proxy([&](Connection& peer) {
      asked = peer.readHead();
      peer.send("HTTP/1.1 200 Connection established\r\nX-Of: proxy\r\n\r\n");
      if (secure && !peer.startTls(context.get())) return;
      inside = peer.readHead();
      for (std::string part = peer.readChunk(); !part.empty(); part = peer.readChunk())
        body += part;
      peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
      peer.waitForPeerEnd();
    });
    useProxy(proxy.port());
    Upload good(*this);
    Request request;
    request.url = secure ? "https://service.test/putMedia" : "http://service.test/putMedia";
    request.headers = {{"authorization", "AWS4"}};
    request.source = &good.body;
    request.profile = Profile::realtime;
    good.body.parts = {"one", "two"};
    good.body.finished = true;
    startOn(good, std::move(request));
    ASSERT_TRUE(good.heard.ended.wait());
    ASSERT_TRUE(good.heard.succeeded()) << good.heard.error().message;
    EXPECT_EQ(good.heard.data, "ok");
    EXPECT_TRUE(findHeader(good.heard.head->headers, "X-Of").empty());
    EXPECT_EQ(body, "onetwo");
    EXPECT_THAT(asked, StartsWith(secure ? "CONNECT service.test:443 HTTP/1.1\r\n"
                                         : "CONNECT service.test:80 HTTP/1.1\r\n"));
    EXPECT_THAT(asked, HasSubstr("Proxy-Authorization: Basic bWU6V09SRA==\r\n"));
    EXPECT_THAT(asked, Not(HasSubstr("AWS4")));
    EXPECT_THAT(inside, StartsWith("POST /putMedia HTTP/1.1\r\nHost: service.test\r\n"));
    EXPECT_THAT(inside, Not(HasSubstr("Proxy-")));
  }
}

TEST_F(RouteTest, AProxyThatDoesNotLetAnUploadThroughIsTold) {
  for (const auto& [status, words] :
       {std::pair("407", "requires a valid user and password"), std::pair("403", "HTTP 403")}) {
    RawServer proxy([status = std::string(status)](Connection& peer) {
      peer.readHead();
      peer.send("HTTP/1.1 " + status + " No\r\nContent-Length: 4\r\n\r\nGo.\n");
      peer.waitForPeerEnd();
    });
    useProxy(proxy.port());
    Upload refused(*this);
    startUpload(refused, "http://service.test/putMedia");
    ASSERT_TRUE(refused.heard.ended.wait());
    ASSERT_FALSE(refused.heard.succeeded());
    EXPECT_THAT(refused.heard.error().message, HasSubstr("the proxy on the way to service.test:80"));
    EXPECT_THAT(refused.heard.error().message, HasSubstr(words));
  }
}

TEST_F(RouteTest, AProxyThatLetsNobodyThroughIsTold) {
  for (const auto& [status, words] :
       {std::pair("407", "requires a valid user and password"), std::pair("403", "HTTP 403")}) {
    RawServer proxy([status = std::string(status)](Connection& peer) {
      peer.readHead();
      peer.send("HTTP/1.1 " + status + " No\r\nContent-Length: 0\r\n\r\n");
    });
    useProxy(proxy.port());
    const Error error = errorOf("https://service.test/x");
    EXPECT_EQ(error.kind, ErrorKind::retryable);
    EXPECT_THAT(error.message, HasSubstr("the proxy on the way to service.test:443"));
    EXPECT_THAT(error.message, HasSubstr(words));
    EXPECT_THAT(error.message, Not(HasSubstr("WORD")));
  }
}

TEST_F(RouteTest, AProxyThatIsNotThereIsNamed) {
  const int port = closedPort();
  useProxy(port);
  const Error error = errorOf("https://service.test/x");
  EXPECT_THAT(error.message, HasSubstr("through the proxy http://127.0.0.1:" + std::to_string(port)));
  EXPECT_THAT(error.message, Not(HasSubstr("WORD")));
}

TEST_F(RouteTest, AProxyOfTheEnvironmentThatIsNotThereIsNamed) {
  const std::string port = std::to_string(closedPort());
  setenv("https_proxy", ("http://me:WORD@127.0.0.1:" + port).c_str(), 1);
  use({.caPath = writtenCa()});
  const Error error = errorOf("https://service.test/x");
  unsetenv("https_proxy");
  EXPECT_THAT(error.message, HasSubstr("through the proxy 127.0.0.1 port " + port));
  EXPECT_THAT(error.message, Not(HasSubstr("WORD")));
}

TEST_F(RouteTest, ThisMachineIsReachedWithoutTheProxy) {
  RawServer server(&RouteTest::serve);
  useProxy(closedPort());
  EXPECT_TRUE(errorOf(server.url()).message.empty());
}

TEST_F(RouteTest, AnAddressInTheEnvironmentThatIsNoneIsNotRepeated) {
  setenv("https_proxy", "bogus://me:WORD@127.0.0.1:1", 1);
  use({});
  const Error error = errorOf("https://service.test/x");
  unsetenv("https_proxy");
  EXPECT_THAT(error.message, HasSubstr("proxy"));
  EXPECT_THAT(error.message, Not(HasSubstr("WORD")));
}

TEST_F(RouteTest, ConnectionsComeFromTheBindAddress) {
  std::string from;
  RawServer server([&](Connection& peer) {
    from = peer.peerAddress();
    serve(peer);
  });
  use({.bindAddress = "127.0.0.2"});
  EXPECT_TRUE(errorOf(server.url()).message.empty());
  EXPECT_EQ(from, "127.0.0.2");
}

TEST_F(RouteTest, ThisMachineIsReachedWithoutTheNetworksBindAddress) {
  RawServer server(&RouteTest::serve);
  use({.bindAddress = "192.0.2.1"});
  EXPECT_TRUE(errorOf(server.url()).message.empty());
}

TEST_F(RouteTest, ABindAddressThatThisMachineHasNotIsToldAndTriedAgain) {
  use({.bindAddress = "192.0.2.1"});
  const Error error = errorOf("http://192.0.2.2/x");
  EXPECT_EQ(error.kind, ErrorKind::retryable);
  EXPECT_THAT(error.message, HasSubstr("bind-address"));
}

TEST_F(RouteTest, OnlyAddressesOfTheFamilyThatWasAskedForAreTried) {
  RawServer server(&RouteTest::serve);  // on 127.0.0.1 alone
  const std::string byName = server.url("/x", "localhost");
  use({.addresses = AddressFamily::ipv4});
  EXPECT_TRUE(errorOf(byName).message.empty());
  use({.addresses = AddressFamily::ipv6});
  EXPECT_FALSE(errorOf(byName).message.empty());
  EXPECT_TRUE(errorOf(server.url()).message.empty()) << "an address is no name";
}

TEST_F(RouteTest, ARedirectIsNotFollowed) {
  RawServer other(&RouteTest::serve);
  RawServer server([&](Connection& peer) {
    peer.readHead();
    peer.send("HTTP/1.1 307 There\r\nLocation: " + other.url() + "\r\nContent-Length: 0\r\n\r\n");
  });
  Upload upload(*this);
  get(upload, server.url());
  EXPECT_EQ(upload.heard.head->status, 307);
  EXPECT_EQ(other.accepted(), 0);
}

TEST_F(RouteTest, HeadersAreBounded) {
  RawServer server([](Connection& peer) {
    peer.readHead();
    peer.send("HTTP/1.1 200 OK\r\n");
    const std::string line = "X-Long: " + std::string(1000, 'x') + "\r\n";
    for (int i = 0; i < 70; ++i)
      peer.send(line);
    peer.send("Content-Length: 0\r\n\r\n");
    peer.waitForPeerEnd();
  });
  EXPECT_THAT(errorOf(server.url()).message, HasSubstr("more than 64 KiB of headers"));
}

TEST(SharedTransport, BelongsToThoseWithTheSameOptions) {
  const TransportOptions one{.proxy = {"http://127.0.0.1:1", "me", Secret("a")}};
  const TransportOptions other{.proxy = {"http://127.0.0.1:1", "me", Secret("b")}};
  const auto first = CurlTransport::shared(one);
  EXPECT_EQ(first, CurlTransport::shared(one));
  const auto second = CurlTransport::shared(other);
  EXPECT_NE(first, second);
  EXPECT_NE(first, CurlTransport::shared());
  EXPECT_EQ(second, CurlTransport::shared(other));
}

}  // namespace
}  // namespace kvs::net::test
