// SPDX-License-Identifier: Apache-2.0
// Profile::download: answers of any length, read as fast as their listener takes them.
#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>

#include "transport_fixture.h"

namespace kvs::net::test {
namespace {

constexpr std::size_t kPiece = 64 * 1024;
constexpr std::uint64_t kLong = 100 * 1024 * 1024;
/// What may lie between sender and listener: both kernels' buffers and libcurl's, generously.
constexpr std::uint64_t kOnTheWay = 32 * 1024 * 1024;

/// The answer repeats after a prime number of bytes, so that no piece can be lost, doubled or moved unseen.
constexpr std::size_t kPeriod = 65'521;

/// One period and more, so that any piece can be taken from it as it stands.
const std::string& pattern() {
  static const std::string bytes = [] {
    std::string made(kPeriod + 4 * kPiece, '\0');
    for (std::size_t i = 0; i < made.size(); ++i)
      made[i] = static_cast<char>((i % kPeriod * 2654435761u) >> 13);
    return made;
  }();
  return bytes;
}

std::string_view piece(std::uint64_t from, std::size_t size) {
  return std::string_view(pattern()).substr(from % kPeriod, size);
}

/// Counts and compares what comes; does what the test says behind each piece.
class Reader final : public ExchangeListener {
 public:
  void onHead(const ResponseHead& head) override {
    status = head.status;
    if (onHeadSeen) onHeadSeen();
  }
  void onData(ByteView bytes) override {
    wrong += asText(bytes) != piece(received, bytes.size());
    largest = std::max(largest, bytes.size());
    ++pieces;
    received += bytes.size();
    if (onPiece) onPiece();
  }
  void onEnd(Result<void> outcome) override {
    result = std::move(outcome);
    ended.raise();
  }

  int status = 0;
  std::atomic<std::uint64_t> received{0};
  std::atomic<int> pieces{0};
  std::size_t largest = 0;
  int wrong = 0;  ///< pieces that are not what was sent
  std::optional<Result<void>> result;
  Signal ended;
  std::function<void()> onHeadSeen;
  std::function<void()> onPiece;
};

class DownloadTest : public TransportTest {
 protected:
  ~DownloadTest() override {
    onLoop(*loop, [this] { exchange.reset(); });
  }

  /// Sends `size` bytes as fast as they are taken, in chunks or with a length, and counts them.
  RawServer::Script sender(std::uint64_t size, bool chunked) {
    return [this, size, chunked](Connection& peer) {
      if (!peer.handshake()) return;
      peer.readHead();
      peer.send(
          "HTTP/1.1 200 OK\r\n" +
          (chunked ? std::string("Transfer-Encoding: chunked") : "Content-Length: " + std::to_string(size)) +
          "\r\n\r\n");
      for (std::uint64_t at = 0; at < size; at += kPiece) {
        const std::string_view bytes = piece(at, std::min<std::uint64_t>(kPiece, size - at));
        std::array<char, 16> length{};
        std::snprintf(length.data(), length.size(), "%zx\r\n", bytes.size());
        sent += bytes.size();
        if (chunked) peer.send(length.data());
        peer.send(bytes);
        if (chunked) peer.send("\r\n");
      }
      if (chunked) peer.send("0\r\n\r\n");
      peer.waitForPeerEnd();
    };
  }

  void start(const RawServer& server, const std::string& host = "127.0.0.1") {
    Request request;
    request.method = "GET";
    request.url = server.url("/long", host);
    request.profile = Profile::download;
    request.totalTimeout = Milliseconds(1);  // of calls only
    onLoop(*loop, [&] { exchange = transport->start(std::move(request), reader); });
  }

  /// Behind each piece the reader has enough, and asks for more in a later pass of the loop.
  void readSlowly() {
    reader.onPiece = [this] {
      exchange->holdAnswer();
      mostAhead = std::max(mostAhead, sent - reader.received);
      loop->post([this] {
        if (exchange) exchange->resumeAnswer();
      });
    };
  }

  /// The reader has enough with each piece; false when none came in time.
  bool startAndHold(const RawServer& server) {
    reader.onPiece = [this] {
      exchange->holdAnswer();
      pieceSeen.raise();
    };
    start(server);
    return pieceSeen.wait();
  }

  void resume() {
    onLoop(*loop, [this] { exchange->resumeAnswer(); });
  }

  /// Time for the loop to read what it should leave alone.
  void passes(int count) {
    for (int pass = 0; pass < count; ++pass)
      onLoop(*loop, [] {});
  }

  void expectWhole(std::uint64_t size) {
    ASSERT_TRUE(reader.ended.wait(std::chrono::seconds(120)));
    EXPECT_TRUE(reader.result->has_value()) << reader.result->error().message;
    EXPECT_EQ(reader.received, size);
    EXPECT_EQ(reader.wrong, 0);
    EXPECT_LE(reader.largest, 2 * kPiece);
  }

  std::atomic<std::uint64_t> sent{0};
  std::uint64_t mostAhead = 0;
  Signal pieceSeen;
  Reader reader;
  std::unique_ptr<Exchange> exchange;
};

TEST_F(DownloadTest, AHundredMebibytesReachASlowReaderWhole) {
  RawServer server(sender(kLong, false));
  readSlowly();
  start(server);
  expectWhole(kLong);
  EXPECT_LE(mostAhead, kOnTheWay);
}

TEST_F(DownloadTest, AHundredMebibytesInChunksReachAFastReaderWhole) {
  RawServer server(sender(kLong, true));
  start(server);
  expectWhole(kLong);
}

TEST_F(DownloadTest, AReaderWhoHasEnoughHoldsTheSenderBack) {
  RawServer server(sender(kLong, true));
  ASSERT_TRUE(startAndHold(server));
  passes(5000);
  EXPECT_LE(sent, kOnTheWay);
  EXPECT_EQ(reader.pieces, 1);
  reader.onPiece = {};
  resume();
  expectWhole(kLong);
}

TEST_F(DownloadTest, AReaderMayHoldTheAnswerAtItsHead) {
  RawServer server(sender(3 * kPiece, false));
  Signal headSeen;
  reader.onHeadSeen = [&] {
    exchange->holdAnswer();
    headSeen.raise();
  };
  start(server);
  ASSERT_TRUE(headSeen.wait());
  passes(100);
  EXPECT_EQ(reader.pieces, 0);
  EXPECT_FALSE(reader.ended.wait(std::chrono::milliseconds(0)));
  resume();
  expectWhole(3 * kPiece);
  EXPECT_EQ(reader.status, 200);
}

TEST_F(DownloadTest, TheEndOfAShortAnswerWaitsWithIt) {
  RawServer server(sender(100, true));
  ASSERT_TRUE(startAndHold(server));
  passes(100);
  EXPECT_FALSE(reader.ended.wait(std::chrono::milliseconds(0)));
  resume();
  expectWhole(100);
}

TEST_F(DownloadTest, AHeldAnswerCanBeGivenUp) {
  Signal gone;
  RawServer server([&](Connection& peer) {
    peer.readHead();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + std::string(piece(0, kPiece)));
    if (peer.waitForPeerEnd()) gone.raise();
  });
  ASSERT_TRUE(startAndHold(server));
  onLoop(*loop, [this] { exchange.reset(); });
  EXPECT_TRUE(gone.wait());
  EXPECT_FALSE(reader.result);
}

TEST_F(DownloadTest, AnAnswerThatBreaksOffWhileItIsHeldIsAnErrorBehindWhatCame) {
  RawServer server([&](Connection& peer) {
    peer.readHead();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + std::string(piece(0, kPiece)));
    peer.fin();
    peer.waitForPeerEnd();
  });
  ASSERT_TRUE(startAndHold(server));
  reader.onPiece = {};
  resume();
  ASSERT_TRUE(reader.ended.wait());
  EXPECT_FALSE(reader.result->has_value());
  EXPECT_EQ(reader.received, kPiece);
  EXPECT_EQ(reader.wrong, 0);
}

}  // namespace
}  // namespace kvs::net::test
