// SPDX-License-Identifier: Apache-2.0
// Uploads: what goes over the wire, and every way in which one may end.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <sys/socket.h>

#include "transport_fixture.h"

namespace kvs::net::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::string_view kChunkedOk = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

class UploadTest : public TransportTest {};

TEST_F(UploadTest, SendsTheBodyChunkedAsItComesAndHearsTheAnswerMeanwhile) {
  std::string head;
  std::vector<std::string> chunks;
  Signal firstAnswered;
  RawServer server([&](Connection& peer) {
    head = peer.readHead();
    peer.send(kChunkedOk);
    chunks.push_back(peer.readChunk());
    peer.send("4\r\nack1\r\n");
    chunks.push_back(peer.readChunk());
    chunks.push_back(peer.readChunk());
    peer.send("4\r\nack2\r\n0\r\n\r\n");
    peer.waitForPeerEnd();
  });
  Upload upload(*this);
  upload.heard.then = [&](std::string_view what) {
    if (what == "data") firstAnswered.raise();
  };
  startUpload(upload, server.url("/putMedia"));
  upload.feed("first");
  ASSERT_TRUE(firstAnswered.wait());
  EXPECT_EQ(upload.bytesSent(), 5u);
  upload.feed("second");
  upload.finish();
  ASSERT_TRUE(upload.heard.ended.wait());
  EXPECT_TRUE(upload.heard.succeeded());
  EXPECT_EQ(upload.heard.head->status, 200);
  EXPECT_EQ(upload.heard.data, "ack1ack2");
  EXPECT_EQ(upload.bytesSent(), 11u);
  EXPECT_EQ(chunks, (std::vector<std::string>{"first", "second", ""}));
  EXPECT_THAT(head, StartsWith("POST /putMedia HTTP/1.1\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\nTransfer-Encoding: chunked\r\n"));
  EXPECT_THAT(head, Not(HasSubstr("Expect")));
  EXPECT_THAT(head, Not(HasSubstr("Content-Type")));
  EXPECT_THAT(head, Not(HasSubstr("User-Agent")));
}

TEST_F(UploadTest, SendsTheHeadersThatPrepareLeft) {
  std::string head;
  RawServer server([&](Connection& peer) {
    head = peer.readHead();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    peer.waitForPeerEnd();
  });
  Upload upload(*this);
  Request request;
  request.url = server.url("/a/../%7Eb?c=d");
  request.headers = {{"x-amzn-stream-name", "cam"}, {"Content-Type", "video/x"}, {"X-Empty", ""}};
  request.source = &upload.body;
  request.profile = Profile::realtime;
  request.prepare = [](Request& self) -> Result<void> {
    self.headers.push_back({"Authorization", "signed now"});
    return {};
  };
  startOn(upload, std::move(request));
  ASSERT_TRUE(upload.heard.ended.wait());
  EXPECT_THAT(head, StartsWith("POST /a/../%7Eb?c=d HTTP/1.1\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\nx-amzn-stream-name: cam\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\nContent-Type: video/x\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\nX-Empty:\r\n"));
  EXPECT_THAT(head, HasSubstr("\r\nAuthorization: signed now\r\n"));
}

TEST_F(UploadTest, SkipsInterimAnswers) {
  RawServer server([&](Connection& peer) {
    peer.readHead();
    peer.send("HTTP/1.1 100 Continue\r\nX-Interim: 1\r\n\r\nHTTP/1.1 200 OK\r\nX-Final: 2\r\n");
    peer.send("Content-Length: 2\r\n\r\nhi");
    peer.waitForPeerEnd();
  });
  Upload upload(*this);
  startUpload(upload, server.url());
  ASSERT_TRUE(upload.heard.ended.wait());
  EXPECT_EQ(upload.heard.head->status, 200);
  EXPECT_EQ(findHeader(upload.heard.head->headers, "x-final"), "2");
  EXPECT_EQ(findHeader(upload.heard.head->headers, "X-Interim"), "");
  EXPECT_EQ(upload.heard.data, "hi");
}

TEST_F(UploadTest, ABigBodyArrivesWhole) {
  std::string whole;
  for (int i = 0; i < 300'000; ++i)
    whole += std::to_string(i);
  for (const Profile profile : {Profile::realtime, Profile::bulk}) {
    std::string got;
    RawServer server([&](Connection& peer) {
      peer.readHead();
      for (std::string part = peer.readChunk(); !part.empty(); part = peer.readChunk())
        got += part;
      peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
      peer.waitForPeerEnd();
    });
    Upload upload(*this);
    upload.body.parts.push_back(whole);
    upload.body.finished = true;
    startUpload(upload, server.url(), profile);
    ASSERT_TRUE(upload.heard.ended.wait());
    EXPECT_TRUE(upload.heard.succeeded());
    EXPECT_EQ(upload.bytesSent(), whole.size());
    EXPECT_TRUE(got == whole);
  }
}

/// The client's end of the one connection to `port`.
int clientSocketTo(int port) {
  for (int fd = 3; fd < 1024; ++fd) {
    sockaddr_in peer{};
    socklen_t size = sizeof peer;
    if (getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) == 0 && ntohs(peer.sin_port) == port)
      return fd;
  }
  return -1;
}

bool isWritable(int fd) {
  pollfd question{fd, POLLOUT, 0};
  return ::poll(&question, 1, 0) == 1;
}

// What the kernel has can't be called back: TCP_NOTSENT_LOWAT bounds it, but only for those who ask
// before they write.
TEST_F(UploadTest, TheBodyIsNotReadForASocketThatTakesNoMore) {
  Signal over;
  RawServer server(
      [&](Connection& peer) {
        peer.readHead();
        over.wait();
      },
      nullptr, 8 * 1024);
  int readsInVain = 0;
  Upload upload(*this);
  upload.body.onRead = [&, fd = -1]() mutable {
    if (fd < 0) fd = clientSocketTo(server.port());
    if (!isWritable(fd)) ++readsInVain;
  };
  startUpload(upload, server.url());
  for (int frame = 0; frame < 400; ++frame)
    upload.feed(std::string(8 * 1024, 'f'));  // 3.2 MB
  onLoop(*loop, [&] { EXPECT_LE(readsInVain, 2); });
  EXPECT_LT(upload.bytesSent(), 400u * 1024);
  over.raise();
}

TEST_F(UploadTest, AStreamThatNeverPausesLetsOthersThrough) {
  class Endless final : public BodySource {
   public:
    BodyRead read(std::span<std::byte> room) override {
      largest = std::max(largest, room.size());
      return {BodyRead::State::data, room.size()};
    }
    std::size_t largest = 0;
  };
  RawServer server([](Connection& peer) {
    if (peer.readHead().starts_with("POST /endless")) {
      peer.waitForPeerEnd();
    } else {
      peer.readChunk();
      peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    }
  });
  Endless endless;
  Upload greedy(*this);
  Request request;
  request.url = server.url("/endless");
  request.source = &endless;
  request.profile = Profile::bulk;
  startOn(greedy, std::move(request));
  for (int i = 0; i < 10; ++i) {
    Upload modest(*this);
    modest.body.parts.push_back("frame");
    startUpload(modest, server.url());
    ASSERT_TRUE(modest.heard.ended.wait());
    EXPECT_TRUE(modest.heard.succeeded());
  }
  onLoop(*loop, [&] { EXPECT_LE(endless.largest, 64u * 1024); });  // what one pass serves
}

TEST_F(UploadTest, MoreThanOneMultiTakesFlowAtOnce) {
  constexpr int kMany = 70;
  RawServer server([](Connection& peer) {
    peer.readHead();
    peer.send(kChunkedOk);
    const std::string part = peer.readChunk();
    peer.send("2\r\n" + part + "\r\n");
    peer.readChunk();
    peer.send("0\r\n\r\n");
    peer.waitForPeerEnd();
  });
  std::vector<std::unique_ptr<Upload>> uploads;
  for (int i = 0; i < kMany; ++i) {
    uploads.push_back(std::make_unique<Upload>(*this));
    startUpload(*uploads.back(), server.url());
  }
  for (const auto& upload : uploads)
    ASSERT_TRUE(upload->heard.headSeen.wait());
  for (int i = 0; i < kMany; ++i)
    uploads[i]->feed(std::to_string(10 + i % 90));
  for (const auto& upload : uploads)
    upload->finish();
  for (int i = 0; i < kMany; ++i) {
    ASSERT_TRUE(uploads[i]->heard.ended.wait());
    EXPECT_TRUE(uploads[i]->heard.succeeded());
    EXPECT_EQ(uploads[i]->heard.data, std::to_string(10 + i % 90));
  }
}

// --- the ends that libcurl would keep to itself ---

/// Starts an upload that sent some bytes and then has none, lets the server do its deed, and looks
/// how long the end took to be told.
class SilentEnd : public UploadTest {
 protected:
  void run(const RawServer::Script& deed, bool framesGoOn = false) {
    std::chrono::steady_clock::time_point doneAt;
    Signal done;
    RawServer server([&](Connection& peer) {
      peer.readHead();
      peer.readChunk();
      ASSERT_TRUE(idle.wait());
      deed(peer);
      doneAt = std::chrono::steady_clock::now();
      done.raise();
      peer.waitForPeerEnd();
      peerEnded.raise();
    });
    upload.body.parts.push_back("frame");
    upload.body.onRead = [&] {
      if (upload.body.parts.empty()) idle.raise();
    };
    startUpload(upload, server.url());
    ASSERT_TRUE(done.wait());
    while (framesGoOn && !upload.heard.ended.wait(std::chrono::milliseconds(5)))
      upload.feed("more");
    ASSERT_TRUE(upload.heard.ended.wait());
    EXPECT_LT(upload.heard.endedAt - doneAt, kSoon);
    EXPECT_TRUE(peerEnded.wait());  // the connection is not left open
    EXPECT_EQ(upload.heard.ends, 1);
  }

  Signal idle;
  Signal peerEnded;
  Upload upload{*this};
};

TEST_F(SilentEnd, OfA200WhoseConnectionStaysOpen) {
  run([](Connection& peer) {
    peer.send(kChunkedOk);
    peer.send("4\r\nlast\r\n0\r\n\r\n");
  });
  EXPECT_TRUE(upload.heard.succeeded());
  EXPECT_EQ(upload.heard.head->status, 200);
  EXPECT_EQ(upload.heard.data, "last");
}

TEST_F(SilentEnd, OfA200WhileFramesGoOn) {
  run([](Connection& peer) { peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"); }, true);
  EXPECT_TRUE(upload.heard.succeeded());
  EXPECT_EQ(upload.heard.data, "ok");
}

TEST_F(SilentEnd, OfARefusal) {
  run([](Connection& peer) { peer.send("HTTP/1.1 403 Forbidden\r\nContent-Length: 6\r\n\r\ndenied"); });
  EXPECT_TRUE(upload.heard.succeeded());
  EXPECT_EQ(upload.heard.head->status, 403);
  EXPECT_EQ(upload.heard.data, "denied");
}

TEST_F(SilentEnd, OfAChunkedRefusal) {
  run([](Connection& peer) {
    peer.send(
        "HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nden\r\n3\r\nied\r\n0\r\n\r\n");
  });
  EXPECT_TRUE(upload.heard.succeeded());
  EXPECT_EQ(upload.heard.data, "denied");
}

TEST_F(SilentEnd, OfARefusalWhoseTextNeverEnds) {
  run([](Connection& peer) { peer.send("HTTP/1.1 503 Busy\r\nContent-Length: 600\r\n\r\nbusy"); });
  EXPECT_TRUE(upload.heard.succeeded());
  EXPECT_EQ(upload.heard.head->status, 503);
  EXPECT_EQ(upload.heard.data, "busy");
}

TEST_F(SilentEnd, OfARefusalWithAnEndlessText) {
  run([](Connection& peer) {
    peer.send("HTTP/1.1 500 Oops\r\n\r\n");
    peer.send(std::string(1'000'000, 'x'));
  });
  EXPECT_TRUE(upload.heard.succeeded());
  EXPECT_EQ(upload.heard.head->status, 500);
  EXPECT_GE(upload.heard.data.size(), 64u * 1024);
  EXPECT_LT(upload.heard.data.size(), 80u * 1024);
}

TEST_F(SilentEnd, OfARefusalFollowedByAReset) {
  run([this](Connection& peer) {
    peer.send("HTTP/1.1 401 Unauthorized\r\nContent-Length: 100\r\n\r\npart");
    ASSERT_TRUE(upload.heard.headSeen.wait());
    peer.reset();
    peerEnded.raise();
  });
  EXPECT_TRUE(upload.heard.succeeded());
  EXPECT_EQ(upload.heard.head->status, 401);
}

TEST_F(SilentEnd, ByAFinBeforeAnyAnswer) {
  run([](Connection& peer) { peer.fin(); });
  ASSERT_FALSE(upload.heard.succeeded());
  EXPECT_EQ(upload.heard.error().kind, ErrorKind::retryable);
  EXPECT_THAT(upload.heard.error().message, HasSubstr("closed the connection before its answer was begun"));
  EXPECT_FALSE(upload.heard.head);
}

TEST_F(SilentEnd, ByAFinInTheMiddleOfTheAnswer) {
  run([](Connection& peer) {
    peer.send(kChunkedOk);
    peer.send("4\r\nack1\r\n");
    peer.fin();
  });
  ASSERT_FALSE(upload.heard.succeeded());
  EXPECT_EQ(upload.heard.error().kind, ErrorKind::retryable);
  EXPECT_THAT(upload.heard.error().message, HasSubstr("before its answer was complete"));
  EXPECT_EQ(upload.heard.data, "ack1");
}

TEST_F(SilentEnd, ByAFinWhileFramesGoOn) {
  run(
      [](Connection& peer) {
        peer.send(kChunkedOk);
        peer.fin();
      },
      true);
  EXPECT_FALSE(upload.heard.succeeded());
}

TEST_F(SilentEnd, ByAFinThatIsTheAnswersOwnEnd) {
  run([](Connection& peer) {
    peer.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall");
    peer.fin();
  });
  EXPECT_TRUE(upload.heard.succeeded());
  EXPECT_EQ(upload.heard.data, "all");
}

TEST_F(SilentEnd, ByAReset) {
  run([this](Connection& peer) {
    peer.send(kChunkedOk);
    ASSERT_TRUE(upload.heard.headSeen.wait());
    peer.reset();
    peerEnded.raise();
  });
  ASSERT_FALSE(upload.heard.succeeded());
  EXPECT_EQ(upload.heard.error().kind, ErrorKind::retryable);
  EXPECT_THAT(upload.heard.error().message, HasSubstr("127.0.0.1:"));
}

TEST_F(SilentEnd, ByAnAnswerThatIsNoHttp) {
  run([](Connection& peer) {
    peer.send(kChunkedOk);
    peer.send("not a size\r\n");
  });
  EXPECT_FALSE(upload.heard.succeeded());
}

}  // namespace
}  // namespace kvs::net::test
