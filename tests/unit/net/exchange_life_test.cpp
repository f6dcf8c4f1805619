// SPDX-License-Identifier: Apache-2.0
// Exchanges that are destroyed where it hurts, resumed where it could be lost, and transports that go
// before them.
#include <openssl/rand.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "base/immortal.h"
#include "child.h"
#include "net/curl_handle.h"
#include "sanitizers.h"
#include "tls_identity.h"
#include "transport_fixture.h"

namespace kvs::net::test {
namespace {

constexpr std::string_view kHead = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

bool openSslWorks() {
  unsigned char byte = 0;
  return RAND_bytes(&byte, 1) == 1;
}

bool askedAtExit = false;

// As in an application that does not use OpenSSL itself: libcurl is initialised before any test has used it.
// The handler is registered first, so it runs last: where OpenSSL's would have run before it.
[[maybe_unused]] const bool initialised = [] {
  std::atexit([] {
    if (askedAtExit) _exit(openSslWorks() ? 8 : 9);
  });
  initCurl();
  return true;
}();

class ExchangeLife : public TransportTest {
 protected:
  /// Answers with a head, some data and the end, all in one piece.
  RawServer server{[](Connection& peer) {
    peer.readHead();
    peer.send(std::string(kHead) + "4\r\ndata\r\n0\r\n\r\n");
    peer.waitForPeerEnd();
  }};
};

TEST_F(ExchangeLife, MayEndInsideEachOfItsCalls) {
  for (const std::string_view where : {"head", "data", "end"}) {
    std::vector<std::string> calls;
    Signal destroyed;
    Upload upload(*this);
    upload.heard.then = [&](std::string_view what) {
      calls.emplace_back(what);
      if (what != where) return;
      upload.exchange.reset();
      destroyed.raise();
    };
    startUpload(upload, server.url());
    ASSERT_TRUE(destroyed.wait());
    onLoop(*loop, [] {});
    onLoop(*loop, [] {});
    EXPECT_EQ(calls.back(), where);
  }
}

TEST_F(ExchangeLife, MayEndInsideItsBodysRead) {
  Signal destroyed;
  Upload upload(*this);
  upload.body.parts.push_back("never sent");
  upload.body.onRead = [&] {
    upload.exchange.reset();
    destroyed.raise();
  };
  startUpload(upload, server.url());
  ASSERT_TRUE(destroyed.wait());
  onLoop(*loop, [] {});
  EXPECT_EQ(upload.heard.ends, 0);
}

TEST_F(ExchangeLife, MayEndInsidePrepare) {
  Signal destroyed;
  Upload upload(*this);
  Request request;
  request.url = server.url();
  request.source = &upload.body;
  request.prepare = [&](Request&) -> Result<void> {
    upload.exchange.reset();
    destroyed.raise();
    return {};
  };
  startOn(upload, std::move(request));
  ASSERT_TRUE(destroyed.wait());
  onLoop(*loop, [] {});
  EXPECT_EQ(server.accepted(), 0);
}

TEST_F(ExchangeLife, MayEndInsideTheCallOfAnother) {
  Signal destroyed;
  Upload first(*this);
  Upload second(*this);
  second.body.parts.push_back("x");
  first.heard.then = [&](std::string_view) {
    second.exchange.reset();
    destroyed.raise();
  };
  onLoop(*loop, [&] {
    for (Upload* upload : {&second, &first}) {
      Request request;
      request.url = server.url();
      request.source = &upload->body;
      upload->exchange = transport->start(std::move(request), upload->heard);
    }
  });
  ASSERT_TRUE(destroyed.wait());
  ASSERT_TRUE(first.heard.ended.wait());
}

TEST_F(ExchangeLife, TheCallsNeverComeFromInsideStart) {
  for (const std::string& url : {std::string("gopher://x/"), server.url()}) {
    bool inside = true;
    bool early = false;
    Upload upload(*this);
    upload.heard.then = [&](std::string_view) { early = early || inside; };
    onLoop(*loop, [&] {
      Request request;
      request.url = url;
      request.source = &upload.body;
      upload.exchange = transport->start(std::move(request), upload.heard);
      inside = false;
    });
    ASSERT_TRUE(upload.heard.ended.wait());
    EXPECT_FALSE(early);
  }
}

TEST_F(ExchangeLife, AnErrorOfPrepareIsTheEndAndNothingIsSent) {
  Upload upload(*this);
  Request request;
  request.url = server.url();
  request.source = &upload.body;
  request.prepare = [](Request&) -> Result<void> {
    return fail(StatusCode::notAuthorized, ErrorKind::auth, "no credentials yet");
  };
  startOn(upload, std::move(request));
  ASSERT_TRUE(upload.heard.ended.wait());
  ASSERT_FALSE(upload.heard.succeeded());
  EXPECT_EQ(upload.heard.error().kind, ErrorKind::auth);
  EXPECT_EQ(server.accepted(), 0);
}

TEST_F(ExchangeLife, AResumeInsideTheReadThatWaitsIsNotLost) {
  std::string got;
  RawServer reader([&](Connection& peer) {
    peer.readHead();
    got = peer.readChunk();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    peer.waitForPeerEnd();
  });
  int reads = 0;
  Upload upload(*this);
  upload.body.onRead = [&] {
    // The first read has nothing, but hears of more before it has said so.
    if (++reads == 1) upload.exchange->resume();
    if (reads == 2) upload.body.parts.push_back("late");
  };
  startUpload(upload, reader.url());
  ASSERT_TRUE(upload.heard.ended.wait());
  EXPECT_EQ(got, "late");
}

TEST_F(ExchangeLife, ResumeIsHarmlessAtAnyTime) {
  Upload upload(*this);
  upload.heard.then = [&](std::string_view) { upload.exchange->resume(); };
  onLoop(*loop, [&] {
    Request request;
    request.url = server.url();
    request.source = &upload.body;
    upload.exchange = transport->start(std::move(request), upload.heard);
    upload.exchange->resume();
  });
  ASSERT_TRUE(upload.heard.ended.wait());
  onLoop(*loop, [&] { upload.exchange->resume(); });
  EXPECT_EQ(upload.heard.ends, 1);
}

TEST_F(ExchangeLife, GoesOnWithoutItsTransport) {
  Signal answer;
  RawServer slow([&](Connection& peer) {
    peer.readHead();
    answer.wait();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    peer.waitForPeerEnd();
  });
  Upload upload(*this);
  startUpload(upload, slow.url());
  transport.reset();
  onLoop(*loop, [] {});
  answer.raise();
  EXPECT_TRUE(upload.heard.ended.wait());
  EXPECT_TRUE(upload.heard.succeeded());
}

TEST_F(ExchangeLife, TheLoopMayGoWithTheTransport) {
  auto upload = std::make_unique<Upload>(*this);
  startUpload(*upload, server.url());
  ASSERT_TRUE(upload->heard.ended.wait());
  upload.reset();
  const std::weak_ptr<Loop> gone = loop;
  loop.reset();
  transport.reset();  // joins the loop's thread, which ends libcurl's handles before
  EXPECT_TRUE(gone.expired());
}

std::ptrdiff_t openFiles() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"),
                       std::filesystem::directory_iterator());
}

TEST(SharedTransport, IsOneForAllHolders) {
  const auto first = CurlTransport::shared();
  EXPECT_EQ(first, CurlTransport::shared());
}

TEST(SharedTransport, ManyLivesLeaveNothingOpen) {
  RawServer server([](Connection& peer) {
    while (!peer.readHead().empty())
      peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    peer.close();
  });
  const auto live = [&] {
    Recorder heard;
    std::unique_ptr<Exchange> exchange;
    auto transport = CurlTransport::shared();
    auto loop = Loop::shared();
    onLoop(*loop, [&] {
      Request request;
      request.url = server.url();
      exchange = transport->start(std::move(request), heard);
    });
    ASSERT_TRUE(heard.ended.wait());
    EXPECT_TRUE(heard.succeeded());
    onLoop(*loop, [&] { exchange.reset(); });
  };
  live();
  const auto before = openFiles();
  for (int i = 0; i < 50; ++i)
    live();
  EXPECT_LE(openFiles(), before + 2);  // the server's side of the last connections
}

TEST(SharedTransport, AnUploadThatEndsWhileItWaitsLeavesNothingOpen) {
  const auto before = openFiles();
  {
    RawServer server([](Connection& peer) {
      peer.readHead();
      peer.send(kHead);
      peer.waitForPeerEnd();
    });
    Recorder heard;
    HandFedBody body;
    std::unique_ptr<Exchange> exchange;
    auto transport = CurlTransport::shared();
    const auto loop = Loop::shared();
    onLoop(*loop, [&] {
      Request request;
      request.url = server.url();
      request.source = &body;
      exchange = transport->start(std::move(request), heard);
    });
    ASSERT_TRUE(heard.headSeen.wait());
    onLoop(*loop, [&] { exchange.reset(); });
    transport.reset();
  }
  EXPECT_EQ(openFiles(), before);  // a multi handle that stayed would hold two
}

TEST(SharedTransport, AProcessMayExitInTheMiddleOfAnUpload) {
  if (kThreadSanitizer) GTEST_SKIP() << "it can't follow threads of a forked child";
  Authority authority;
  TemporaryFolder folder;
  authority.writePem(folder.path() / "ca.pem");
  const TlsContext context = authority.server("IP:127.0.0.1");
  for (SSL_CTX* tls : {static_cast<SSL_CTX*>(nullptr), context.get()}) {
    RawServer server(
        [](Connection& peer) {
          peer.readHead();
          peer.send(kHead);
          peer.waitForPeerEnd();
        },
        tls);
    EXPECT_EQ(inChild([&]() -> int {
                // Never destroyed, as in an application that just ends.
                static Immortal<HandFedBody> body;
                static Immortal<Recorder> heard;
                static Immortal<std::shared_ptr<CurlTransport>> transport;
                static Immortal<std::unique_ptr<Exchange>> exchange;
                *transport = CurlTransport::shared({.caPath = folder.path() / "ca.pem", .userAgent = {}});
                onLoop(*Loop::shared(), [&] {
                  Request request;
                  request.url = server.url();
                  request.source = &*body;
                  *exchange = (*transport)->start(std::move(request), *heard);
                });
                if (!heard->headSeen.wait()) return 2;
                std::exit(4);
              }),
              4);
  }
}

TEST(SharedTransport, ExitDoesNotTakeOpenSslFromWhatStillRuns) {
  EXPECT_EQ(inChild([]() -> int {
              askedAtExit = openSslWorks();
              std::exit(7);
            }),
            8);
}

}  // namespace
}  // namespace kvs::net::test
