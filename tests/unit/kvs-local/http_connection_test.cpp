// SPDX-License-Identifier: Apache-2.0
// What a connection does with its socket, which is played here.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "http/http_connection.h"

namespace kvslocal {
namespace {

/// Hands over what the test wants to have come. What is written leaves when the test says so.
class PlayedSocket final : public Socket {
 public:
  void handshake(std::function<void(bool)> done) override { done(true); }
  void readSome(std::uint8_t* into, std::size_t limit, Done done) override {
    EXPECT_FALSE(done_) << "two reads at a time";
    into_ = into;
    limit_ = limit;
    done_ = std::move(done);
  }
  void writeAll(const std::string& text, Done done) override {
    EXPECT_FALSE(leaving_) << "two writes at a time";
    written += text;
    leaving_ = [done = std::move(done), size = text.size()] { done(size); };
  }
  void shutdownSend() override { finished = true; }
  void reset() override {}
  void close() override { closed = true; }
  [[nodiscard]] bool hasClosed() override { return false; }
  [[nodiscard]] std::string name() const override { return "test"; }
  [[nodiscard]] SocketAddress local() const override { return {"127.0.0.1", 1}; }
  [[nodiscard]] bool hasCertificate() override { return false; }

  /// The read that is under way ends with as many of these bytes as it has room for; answers how many.
  std::size_t bring(std::uint8_t byte, std::size_t count) {
    count = std::min(count, limit_);
    std::memset(into_, byte, count);
    std::exchange(done_, nullptr)(count);
    return count;
  }
  [[nodiscard]] std::size_t room() const { return limit_; }
  void bring(std::string_view text) {
    ASSERT_TRUE(done_) << "nothing is read";
    ASSERT_LE(text.size(), limit_);
    std::memcpy(into_, text.data(), text.size());
    std::exchange(done_, nullptr)(text.size());
  }
  [[nodiscard]] bool reading() const { return done_ != nullptr; }
  [[nodiscard]] bool writing() const { return leaving_ != nullptr; }
  /// The peer has sent FIN.
  void end() { std::exchange(done_, nullptr)(0); }
  /// The write that is under way has left.
  void leave() { std::exchange(leaving_, nullptr)(); }
  /// What is under way never ends, and keeps nothing alive.
  void forget() {
    done_ = nullptr;
    leaving_ = nullptr;
  }

  std::string written;
  bool finished = false;  ///< FIN was sent
  bool closed = false;

 private:
  std::function<void()> leaving_;
  std::uint8_t* into_ = nullptr;
  std::size_t limit_ = 0;
  Done done_;
};

/// Writes down what comes, and asks for nothing by itself.
class PlayedHandler final : public RequestHandler {
 public:
  void start(Exchange&) override { started = true; }
  void onBody(ByteView bytes, MonoTime) override { body.append(bytes.begin(), bytes.end()); }
  void onEnd() override { ended = true; }
  void onClosed() override { closed = true; }

  bool started = false;
  std::string body;
  bool ended = false;
  bool closed = false;
};

/// Pieces of 1,000 bytes, as many as there shall be.
class PlayedSource final : public BodySource {
 public:
  PlayedSource(std::size_t& given, std::size_t pieces, Next last)
      : given_(given), left_(pieces), last_(last) {}
  Next next(std::string& piece) override {
    if (left_ == 0) return last_;
    --left_;
    ++given_;
    piece.assign(1000, 'x');
    return Next::piece;
  }
  void more(std::size_t pieces) { left_ += pieces; }

 private:
  std::size_t& given_;
  std::size_t left_;
  Next last_;
};

class HttpConnectionTest : public testing::Test {
 protected:
  HttpConnectionTest() {
    auto owned = std::make_unique<PlayedSocket>();
    socket = owned.get();
    HttpConfig config;
    config.route = [this](const HttpHead&) { return handler = std::make_shared<PlayedHandler>(); };
    connection = std::make_shared<HttpConnection>(loop, clock, std::move(owned), config);
    connection->start([] {});
  }
  ~HttpConnectionTest() override { socket->forget(); }

  /// A handler has asked for a piece, which comes from the loop.
  void pull(std::size_t most = Exchange::anySize) {
    connection->pull(most);
    loop.post([this] { loop.stop(); });
    loop.run();
  }
  /// A request without a body, whose answer is streamed.
  PlayedSource* stream(std::size_t pieces, BodySource::Next last) {
    socket->bring("GET / HTTP/1.1\r\n\r\n");
    pull();
    auto source = std::make_unique<PlayedSource>(given, pieces, last);
    PlayedSource* raw = source.get();
    connection->stream(200, {}, std::move(source));
    return raw;
  }

  std::shared_ptr<PlayedHandler> handler;
  std::size_t given = 0;  ///< pieces that a source was asked for

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

TEST_F(HttpConnectionTest, nothingIsReadThatTheHandlerHasNotAskedFor) {
  socket->bring("POST / HTTP/1.1\r\nContent-Length: 12\r\n\r\nhello");
  EXPECT_TRUE(handler->started);
  EXPECT_EQ(handler->body, "");
  EXPECT_FALSE(socket->reading());
  pull(2);
  EXPECT_EQ(handler->body, "he");
  EXPECT_FALSE(socket->reading());
  pull();
  EXPECT_EQ(handler->body, "hello");
  EXPECT_FALSE(socket->reading()) << "what was at hand was enough";
  pull(3);
  ASSERT_TRUE(socket->reading());
  EXPECT_EQ(socket->room(), 3U);
  socket->bring(" wo");
  EXPECT_EQ(handler->body, "hello wo");
  EXPECT_FALSE(socket->reading());
  pull();
  socket->bring("rld!");
  EXPECT_EQ(handler->body, "hello world!");
  EXPECT_FALSE(handler->ended) << "nobody has asked";
  pull();
  EXPECT_TRUE(handler->ended);
  EXPECT_FALSE(socket->reading()) << "the answer comes first";
}

TEST_F(HttpConnectionTest, aSourceIsNotAskedForMoreThanTheClientTakes) {
  constexpr std::size_t pieces = 10'000;
  stream(pieces, BodySource::Next::end);
  std::size_t writes = 0;
  for (std::size_t before = 0; socket->writing(); ++writes) {
    EXPECT_LE(given - before, 70U) << "pieces for one write";
    before = given;
    socket->leave();
  }
  EXPECT_EQ(given, pieces);
  EXPECT_GT(writes, 100U);
  EXPECT_TRUE(socket->written.ends_with("\r\n0\r\n\r\n"));
  EXPECT_TRUE(handler->closed);
  EXPECT_FALSE(socket->finished);
  EXPECT_TRUE(socket->reading()) << "the next request is read";
}

TEST_F(HttpConnectionTest, aClientThatReadsNothingIsGivenNoMore) {
  stream(10'000, BodySource::Next::end);
  const std::size_t first = given;
  for (int i = 0; i < 10; ++i)
    connection->wake();
  EXPECT_EQ(given, first);
  EXPECT_LE(given, 70U);
}

TEST_F(HttpConnectionTest, aSourceThatHasNothingIsAskedAgainWhenItWakesTheConnection) {
  PlayedSource* source = stream(1, BodySource::Next::later);
  socket->leave();
  EXPECT_FALSE(socket->writing());
  source->more(1);
  EXPECT_EQ(given, 1U);
  connection->wake();
  EXPECT_EQ(given, 2U);
  EXPECT_TRUE(socket->writing());
}

TEST_F(HttpConnectionTest, aSourceThatGivesUpLeavesAnAnswerWithoutEnd) {
  stream(1, BodySource::Next::broken);
  EXPECT_FALSE(socket->finished);
  socket->leave();
  EXPECT_TRUE(socket->finished);
  EXPECT_FALSE(socket->written.ends_with("0\r\n\r\n"));
  EXPECT_TRUE(handler->closed);
}

TEST_F(HttpConnectionTest, aReplyOfAnyLengthLeavesWholeHoweverSlowTheClientIs) {
  socket->bring("GET / HTTP/1.1\r\n\r\n");
  pull();
  const std::string body(10'000'000, 'b');
  connection->reply({200, {}, body});
  while (socket->writing())
    socket->leave();
  EXPECT_NE(socket->written.find("Content-Length: 10000000\r\n"), std::string::npos);
  EXPECT_TRUE(socket->written.ends_with(body));
  EXPECT_TRUE(socket->reading());
}

TEST_F(HttpConnectionTest, anAnswerMayBeginBeforeTheRequestHasEnded) {
  socket->bring("POST / HTTP/1.1\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n");
  connection->stream(200, {}, std::make_unique<PlayedSource>(given, 1, BodySource::Next::end));
  EXPECT_TRUE(socket->written.starts_with("HTTP/1.1 100 Continue\r\n\r\n")) << socket->written;
  socket->leave();
  EXPECT_NE(socket->written.find("HTTP/1.1 200 OK\r\n"), std::string::npos);
  pull();
  socket->bring("3\r\nabc\r\n");
  EXPECT_EQ(handler->body, "abc");
}

TEST_F(HttpConnectionTest, whoSendsNoMoreGetsTheRestOfTheLastAnswer) {
  socket->bring("GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
  pull();
  const std::string body(1'000'000, 'b');
  connection->reply({200, {}, body});
  socket->end();
  EXPECT_FALSE(socket->closed);
  while (socket->writing())
    socket->leave();
  EXPECT_TRUE(socket->written.ends_with(body));
  EXPECT_TRUE(socket->finished);
}

TEST_F(HttpConnectionTest, whoseSessionIsTrustedMustTakeItsAnswerNevertheless) {
  auto owned = std::make_unique<PlayedSocket>();
  PlayedSocket* mine = owned.get();
  HttpConfig config;
  config.route = [](const HttpHead&) { return std::make_shared<PlayedHandler>(); };
  config.idle = std::chrono::milliseconds(20);
  const auto one = std::make_shared<HttpConnection>(loop, clock, std::move(owned), config);
  one->start([this] { loop.stop(); });
  mine->bring("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n");
  one->trust();
  one->stream(200, {}, std::make_unique<PlayedSource>(given, 10'000, BodySource::Next::end));
  const auto tooLong = loop.makeTimer();
  tooLong->start(std::chrono::seconds(60), [this] { loop.stop(); });
  loop.run();
  EXPECT_TRUE(mine->closed) << "nothing of it leaves, and its request never ends";
  mine->forget();
}

TEST_F(HttpConnectionTest, aClientThatMustNotSendIsNotToldToGoOn) {
  socket->bring("POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
  connection->reply({403, {}, "no"});
  EXPECT_EQ(socket->written.find("100 Continue"), std::string::npos);
  EXPECT_NE(socket->written.find("Connection: close\r\n"), std::string::npos);
}

TEST_F(HttpConnectionTest, whatStaysOpenBehindAnAnswerReadsOrReadsNot) {
  for (const Departure how : {Departure::hold, Departure::freeze}) {
    auto owned = std::make_unique<PlayedSocket>();
    PlayedSocket* mine = owned.get();
    HttpConfig config;
    config.route = [](const HttpHead&) { return std::make_shared<PlayedHandler>(); };
    const auto one = std::make_shared<HttpConnection>(loop, clock, std::move(owned), config);
    one->start([] {});
    mine->bring("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n");
    one->departAfterAnswer(how);
    one->stream(200, {}, std::make_unique<PlayedSource>(given, 1, BodySource::Next::end));
    while (mine->writing())
      mine->leave();
    EXPECT_TRUE(mine->written.ends_with("0\r\n\r\n"));
    EXPECT_FALSE(mine->finished);
    EXPECT_EQ(mine->reading(), how == Departure::hold);
    mine->forget();
  }
}

}  // namespace
}  // namespace kvslocal
