// SPDX-License-Identifier: Apache-2.0
// The client's side of a PutMedia session: how long it lives.
#include "service/put_media_exchange.h"

#include <gtest/gtest.h>

#include <utility>

namespace kvslocal {
namespace {

class PlayedPeer final : public Peer {
 public:
  [[nodiscard]] std::string name() const override { return "test"; }
  [[nodiscard]] SocketAddress local() const override { return {"127.0.0.1", 1}; }
  [[nodiscard]] bool hasCertificate() override { return false; }
  [[nodiscard]] bool hasClosed() override { return false; }
};

/// Drops its handler with the whole answer, as a connection does.
class PlayedExchange final : public Exchange {
 public:
  void pull(std::size_t) override {}
  void trust() override {}
  void reply(HttpReply answer) override {
    status = answer.status;
    if (const auto ending = std::exchange(handler, nullptr)) ending->onClosed();
  }
  void stream(int, Headers, std::unique_ptr<BodySource>, std::optional<std::uint64_t>) override {}
  void wake() override {}
  void depart(Departure) override {}
  void departAfterAnswer(Departure) override {}
  [[nodiscard]] const std::string& requestId() const override { return id_; }
  [[nodiscard]] Peer& peer() override { return peer_; }

  std::shared_ptr<RequestHandler> handler;
  int status = 0;

 private:
  std::string id_ = "id";
  PlayedPeer peer_;
};

/// Waits for something before it answers.
class PlayedSession final : public MediaSession {
 public:
  void begin() override {}
  void take(ByteView, MonoTime) override {}
  void takeEnd() override {}
  void close() override { closed = true; }
  void fail(const SessionEnd&) override {}
  void leaveStream() override {}
  bool closed = false;
};

TEST(PutMediaExchange, aRefusalThatComesLaterEndsItWithoutAnotherLookAtIt) {
  const VerifierConfig everybody;
  const Clock clock;
  StreamTable streams;
  PlayedExchange exchange;
  const auto session = std::make_shared<PlayedSession>();
  MediaAnswer* answer = nullptr;
  const SessionMaker make = [&](const PutMediaHeaders&, MediaAnswer& its, Exchange&) {
    answer = &its;
    return session;
  };
  HttpHead head;
  head.headers = {{"x-amzn-stream-name", "cam"},
                  {"x-amzn-fragment-timecode-type", "ABSOLUTE"},
                  {"x-amzn-producer-start-timestamp", "1700000000.000"}};
  exchange.handler = std::make_shared<PutMediaExchange>(everybody, clock, streams, make, head);
  const std::weak_ptr<RequestHandler> alive = exchange.handler;
  exchange.handler->start(exchange);
  ASSERT_NE(answer, nullptr);
  answer->refuse({503, {}, {}});  // by a timer: nobody else holds it
  EXPECT_EQ(exchange.status, 503);
  EXPECT_TRUE(session->closed);
  EXPECT_TRUE(alive.expired());  // what happens behind it, a sanitizer sees
}

}  // namespace
}  // namespace kvslocal
