// SPDX-License-Identifier: Apache-2.0
// What a connection does with its socket, which is played here.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "http/http_connection.h"

namespace kvslocal {
namespace {

/// Hands over what the test wants to have come, and lets nothing be written.
class PlayedSocket final : public Socket {
 public:
  void handshake(std::function<void(bool)> done) override { done(true); }
  void readSome(std::uint8_t* into, std::size_t limit, Done done) override {
    EXPECT_FALSE(done_) << "two reads at a time";
    into_ = into;
    limit_ = limit;
    done_ = std::move(done);
  }
  void writeAll(const std::string& text, Done) override { written += text; }
  void shutdownSend() override {}
  void reset() override {}
  void close() override {}
  [[nodiscard]] bool peerClosed() override { return false; }
  [[nodiscard]] std::string peer() const override { return "test"; }
  [[nodiscard]] SocketAddress local() const override { return {"127.0.0.1", 1}; }
  [[nodiscard]] bool hasClientCertificate() override { return false; }

  /// The read that is under way ends with as many of these bytes as it has room for; answers how many.
  std::size_t bring(std::uint8_t byte, std::size_t count) {
    count = std::min(count, limit_);
    std::memset(into_, byte, count);
    std::exchange(done_, nullptr)(count);
    return count;
  }
  [[nodiscard]] std::size_t room() const { return limit_; }
  /// The read that is under way never ends, and keeps nothing alive.
  void forget() { done_ = nullptr; }

  std::string written;

 private:
  std::uint8_t* into_ = nullptr;
  std::size_t limit_ = 0;
  Done done_;
};

class HttpConnectionTest : public testing::Test {
 protected:
  HttpConnectionTest() {
    auto owned = std::make_unique<PlayedSocket>();
    socket = owned.get();
    connection = std::make_shared<HttpConnection>(loop, clock, std::move(owned),
                                                  [](const auto&, const auto&) { return nullptr; });
    connection->start([] {});
  }
  ~HttpConnectionTest() override { socket->forget(); }

  EventLoop loop;
  Clock clock;
  PlayedSocket* socket = nullptr;
  HttpConnection::Ptr connection;
};

TEST_F(HttpConnectionTest, whatFollowsARefusedRequestThatFilledTheBufferGoesIntoMemoryThatIsStillThere) {
  constexpr std::uint8_t noHttp = 1;
  const std::size_t first = socket->bring(noHttp, 1'000'000);
  EXPECT_EQ(first, 4096U);
  EXPECT_NE(socket->written.find(" 400 "), std::string::npos) << socket->written;
  EXPECT_NE(socket->written.find("\r\nX-Request-Id: " + connection->requestId()), std::string::npos);
  const std::size_t size = first + socket->room();  // of the buffer that the next bytes go into
  socket->bring(noHttp, 1);
  EXPECT_EQ(socket->room(), size) << "the buffer was replaced under the read";
  for (int i = 0; i < 10; ++i)
    EXPECT_GT(socket->bring(noHttp, 1'000'000), 0U);  // a sanitizer sees where they go
}

TEST_F(HttpConnectionTest, aBufferThatWasFilledGrowsUpToABound) {
  std::size_t room = socket->room();
  EXPECT_EQ(room, 4096U);
  socket->bring('A', 100);  // a method that goes on and on
  EXPECT_EQ(socket->room(), room) << "it was not filled";
  for (int i = 0; i < 3; ++i) {
    socket->bring('A', socket->room());
    EXPECT_GT(socket->room(), room);
    room = socket->room();
  }
  EXPECT_LE(room, 64U * 1024);
}

}  // namespace
}  // namespace kvslocal
