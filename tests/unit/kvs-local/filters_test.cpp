// SPDX-License-Identifier: Apache-2.0
// Faults and quotas as filters: what a session or a call and its client see of each other through them.
#include <gtest/gtest.h>

#include "faults/faulty_calls.h"
#include "faults/faulty_media.h"
#include "faults/quota_filters.h"

namespace kvslocal {
namespace {

class PlayedPeer final : public Peer {
 public:
  [[nodiscard]] std::string name() const override { return "test"; }
  [[nodiscard]] SocketAddress local() const override { return {"127.0.0.1", 1}; }
  [[nodiscard]] bool hasCertificate() override { return false; }
  [[nodiscard]] bool hasClosed() override { return closed; }
  bool closed = false;
};

class PlayedExchange final : public Exchange {
 public:
  void pull(std::size_t) override {}
  void trust() override {}
  void reply(HttpReply answer) override { replies.push_back(std::move(answer)); }
  void stream(int status, Headers headers, std::unique_ptr<BodySource> body,
              std::optional<std::uint64_t> length) override {
    HttpReply reply{status, std::move(headers), {}};
    std::string piece;
    while ((last = body->next(piece)) == BodySource::Next::piece)
      reply.body += piece;
    announced = length;
    replies.push_back(std::move(reply));
  }
  void wake() override {}
  void depart(Departure how) override { departures.push_back(how); }
  void departAfterAnswer(Departure how) override { later = how; }
  [[nodiscard]] const std::string& requestId() const override { return id_; }
  [[nodiscard]] Peer& peer() override { return peer_; }

  std::vector<HttpReply> replies;
  std::vector<Departure> departures;
  std::optional<Departure> later;
  std::optional<std::uint64_t> announced;
  BodySource::Next last = BodySource::Next::later;

 private:
  std::string id_ = "id";
  PlayedPeer peer_;
};

/// The client's end.
class PlayedAnswer final : public MediaAnswer {
 public:
  void accept(const Headers& headers) override { accepted = headers; }
  void refuse(const HttpReply& reply) override { refusals.push_back(reply); }
  void acknowledge(const Ack& ack) override { written.push_back(toJson(ack)); }
  void write(const std::string& text) override { written.push_back(text); }
  void finish(Ending ending) override { endings.push_back(ending); }
  void pull(std::size_t most) override {
    pulls.push_back(most);
    if (pulled) pulled();
  }
  [[nodiscard]] std::optional<MonoTime> waitingSince() const override { return since; }

  std::optional<MonoTime> since;
  std::function<void()> pulled;
  std::optional<Headers> accepted;
  std::vector<HttpReply> refusals;
  std::vector<std::string> written;
  std::vector<Ending> endings;
  std::vector<std::size_t> pulls;
};

/// A session that accepts, asks for more after each piece, and has a fragment end behind each 1,000 bytes.
class PlayedSession final : public MediaSession {
 public:
  void begin() override {
    begun = true;
    answer->accept({});
    answer->pull(Exchange::anySize);
  }
  void take(ByteView bytes, MonoTime) override {
    for (std::size_t i = 0; i < bytes.size(); ++i, ++taken) {
      if (taken % 1000 == 0 && taken > 0) answer->acknowledge({AckEvent::received, fragment(), {}, 0, {}});
      if (taken % 1000 == 0) answer->acknowledge({AckEvent::buffering, fragment(), {}, 0, {}});
    }
    answer->pull(Exchange::anySize);
  }
  void takeEnd() override { ended = true; }
  void close() override { closed = true; }
  void fail(const SessionEnd& end) override { failures.push_back(end); }
  void leaveStream() override { left = true; }
  [[nodiscard]] std::int64_t fragment() const { return static_cast<std::int64_t>(taken / 1000); }

  MediaAnswer* answer = nullptr;
  bool begun = false;
  std::size_t taken = 0;
  bool ended = false;
  bool closed = false;
  bool left = false;
  std::vector<SessionEnd> failures;
};

class FaultyMediaTest : public testing::Test {
 protected:
  void make(std::vector<Fault> faults) {
    filter = std::make_shared<FaultyMedia>(loop, clock, exchange, client, "cam", std::move(faults));
    session->answer = filter.get();
    filter->setInner(session);
    filter->begin();
  }
  static Fault fault(FaultKind kind, FaultTrigger trigger = {}) {
    Fault made;
    made.trigger = trigger;
    made.action.kind = kind;
    made.action.error = "InternalFailure";
    return made;
  }
  static FaultTrigger afterFragments(std::uint64_t count) {
    FaultTrigger trigger;
    trigger.afterFragments = count;
    return trigger;
  }
  static FaultTrigger afterBytes(std::uint64_t count) {
    FaultTrigger trigger;
    trigger.afterBytes = count;
    return trigger;
  }
  void bring(std::size_t count) { filter->take(Bytes(count, 1), Clock::mono()); }

  EventLoop loop;
  Clock clock{std::chrono::seconds(0)};
  PlayedExchange exchange;
  PlayedAnswer client;
  std::shared_ptr<PlayedSession> session = std::make_shared<PlayedSession>();
  std::shared_ptr<FaultyMedia> filter;
};

TEST_F(FaultyMediaTest, aFaultStrikesWithinTheFragmentBehindTheLastOfThem) {
  make({fault(FaultKind::reset, afterFragments(2))});
  bring(10'000);
  EXPECT_EQ(exchange.departures, std::vector<Departure>{Departure::reset});
  EXPECT_GT(session->taken, 2000U);
  // The connection would have closed it here; this one goes on, and nothing more is due.
  bring(10);
  EXPECT_EQ(exchange.departures.size(), 1U);
}

TEST_F(FaultyMediaTest, anAnswerThatEndsLeavesTheSessionWithABrokenConnection) {
  make({fault(FaultKind::endBody, afterFragments(1))});
  bring(5000);
  EXPECT_EQ(client.endings, std::vector<MediaAnswer::Ending>{MediaAnswer::Ending::whole});
  EXPECT_EQ(exchange.later, Departure::hold);
  EXPECT_TRUE(session->closed);
  EXPECT_LT(session->taken, 2000U) << "nothing behind it reaches the session";
}

TEST_F(FaultyMediaTest, aStatusAtOnceKeepsTheSessionFromBeginning) {
  make({fault(FaultKind::status)});
  EXPECT_FALSE(session->begun);
  ASSERT_EQ(client.refusals.size(), 1U);
  EXPECT_EQ(client.refusals[0].status, 503);
}

TEST_F(FaultyMediaTest, aLateStatusWithholdsTheHeadAndThrowsTheBodyAway) {
  make({fault(FaultKind::status, afterBytes(2000))});
  EXPECT_FALSE(session->begun);
  EXPECT_EQ(client.pulls.size(), 1U);
  bring(1000);
  EXPECT_TRUE(client.refusals.empty());
  EXPECT_EQ(client.pulls.size(), 2U) << "the body goes on being read";
  bring(1000);
  EXPECT_EQ(client.refusals.size(), 1U);
  EXPECT_EQ(session->taken, 0U);
}

TEST_F(FaultyMediaTest, theDateIsOffWhateverTheAnswerIs) {
  Fault off = fault(FaultKind::date);
  off.action.dateOffset = std::chrono::hours(-1);
  make({off});
  ASSERT_TRUE(client.accepted);
  ASSERT_EQ(client.accepted->size(), 1U);
  EXPECT_EQ(client.accepted->front().first, "Date");
  EXPECT_NE(client.accepted->front().second, httpDate(clock.wall()));
  filter->refuse({400, {}, {}});
  ASSERT_EQ(client.refusals.size(), 1U);
  EXPECT_EQ(client.refusals[0].headers.size(), 1U);
}

TEST_F(FaultyMediaTest, silenceConcernsTheClientAlone) {
  make({fault(FaultKind::noAcks, afterFragments(1))});
  bring(1500);
  const std::size_t before = client.written.size();
  bring(5000);
  EXPECT_EQ(client.written.size(), before);
  EXPECT_EQ(session->taken, 6500U);
}

TEST_F(FaultyMediaTest, aStallForEverReadsNothingAndLetsTheStreamGo) {
  make({fault(FaultKind::stall, afterBytes(100))});
  EXPECT_EQ(client.pulls.size(), 1U);
  bring(100);
  EXPECT_EQ(client.pulls.size(), 1U);
  EXPECT_TRUE(session->left);
  EXPECT_FALSE(session->closed);
}

TEST_F(FaultyMediaTest, aStallIsNoSilenceOfTheClientThoughAPieceWasAskedFor) {
  const MonoTime asked = client.since.emplace(Clock::mono());
  Fault stall = fault(FaultKind::stall, afterBytes(100));
  stall.action.duration = std::chrono::milliseconds(1);
  make({stall});
  EXPECT_EQ(filter->waitingSince(), asked);
  bring(100);
  EXPECT_FALSE(filter->waitingSince());
  client.pulled = [this] { loop.stop(); };
  loop.run();
  ASSERT_TRUE(filter->waitingSince());
  EXPECT_GT(*filter->waitingSince(), asked) << "the pause does not count";
}

TEST_F(FaultyMediaTest, anAnswerThatIsWithheldEndsWithItsConnection) {
  make({fault(FaultKind::status, afterBytes(1'000'000)), fault(FaultKind::fin, afterBytes(100))});
  bring(100);
  EXPECT_EQ(exchange.departures, std::vector<Departure>{Departure::close});
  EXPECT_TRUE(client.endings.empty());
}

TEST_F(FaultyMediaTest, aSlowReaderTakesSmallPieces) {
  Fault slow = fault(FaultKind::slowRead);
  slow.action.bytesPerSecond = 1000;
  make({slow});
  bring(50);
  EXPECT_EQ(client.pulls.size(), 1U) << "50 bytes are owed";
  client.pulled = [this] { loop.stop(); };
  loop.run();
  ASSERT_EQ(client.pulls.size(), 2U);
  EXPECT_EQ(client.pulls[1], 100U);
}

TEST_F(FaultyMediaTest, anErrorEndsTheSessionAsIfItWereItsOwn) {
  Fault error = fault(FaultKind::error, afterFragments(1));
  error.action.errorId = 4500;
  error.action.errorCode = "CODE";
  error.action.named = false;
  make({error});
  bring(1500);
  ASSERT_EQ(session->failures.size(), 1U);
  EXPECT_EQ(session->failures[0].errorId, 4500U);
  EXPECT_EQ(session->failures[0].errorCode, "CODE");
  EXPECT_FALSE(session->failures[0].named);
}

TEST_F(FaultyMediaTest, whatWasHeldBackComesBeforeTheLastWord) {
  make({fault(FaultKind::swapAcks)});
  filter->acknowledge({AckEvent::persisted, 1, {}, 0, {}});
  EXPECT_TRUE(client.written.empty());
  filter->acknowledge(makeErrorAck(5000));
  ASSERT_EQ(client.written.size(), 2U);
  EXPECT_NE(client.written[0].find("PERSISTED"), std::string::npos);
  EXPECT_NE(client.written[1].find("ERROR"), std::string::npos);
}

TEST(PacedMedia, readsMoreSlowlyThanItIsSentTo) {
  EventLoop loop;
  CallQuota calls;
  PlayedAnswer client;
  const auto session = std::make_shared<PlayedSession>();
  const auto filter = std::make_shared<PacedMedia>(loop, calls, client, "cam");
  session->answer = filter.get();
  filter->setInner(session);
  filter->begin();
  EXPECT_EQ(client.pulls.size(), 1U);
  filter->take(Bytes(3000, 1), Clock::mono());
  EXPECT_EQ(client.pulls.size(), 2U) << "2 fragments are within the burst";
  filter->take(Bytes(7000, 1), Clock::mono());
  EXPECT_EQ(client.pulls.size(), 2U) << "9 are not";
  EXPECT_EQ(session->taken, 10'000U);
}

TEST(PacedMedia, refusesSessionsThatComeTooOften) {
  EventLoop loop;
  CallQuota calls;
  PlayedAnswer client;
  for (int i = 0; i < 6; ++i) {
    const auto session = std::make_shared<PlayedSession>();
    const auto filter = std::make_shared<PacedMedia>(loop, calls, client, "cam");
    session->answer = filter.get();
    filter->setInner(session);
    filter->begin();
    EXPECT_EQ(session->begun, i < 5);
  }
  ASSERT_EQ(client.refusals.size(), 1U);
  EXPECT_NE(client.refusals[0].body.find("ClientLimitExceededException"), std::string::npos);
}

class GateTest : public testing::Test {
 protected:
  void play(const std::string& action, bool quotas = false) {
    auto parsed = FaultBook::parse(R"({"rules":[{"match":{"times":0},"action":)" + action + "}]}");
    ASSERT_TRUE(parsed) << parsed.error();
    book = std::move(*parsed);
    auto next = quotas ? std::make_unique<QuotaGate>(calls) : std::make_unique<CallGate>();
    gate = std::make_unique<FaultyGate>(loop, clock, book, std::move(next));
    WaitingCall call;
    call.operation = "describeStream";
    call.stream = "cam";
    call.answer = [this] { gate->send(exchange, {200, {}, "0123456789"}); };
    call.reply = [this](const HttpReply& reply) { gate->send(exchange, reply); };
    call.exchange = [this]() -> Exchange* { return &exchange; };
    gate->admit(call);
  }

  EventLoop loop;
  Clock clock{std::chrono::seconds(0)};
  FaultBook book;
  CallQuota calls;
  PlayedExchange exchange;
  std::unique_ptr<CallGate> gate;
};

TEST_F(GateTest, aStatusComesInPlaceOfTheAnswer) {
  play(R"({"type":"status","status":500})");
  ASSERT_EQ(exchange.replies.size(), 1U);
  EXPECT_EQ(exchange.replies[0].status, 500);
}

TEST_F(GateTest, anAnswerThatIsCutShortAnnouncesMoreThanItHas) {
  play(R"({"type":"cutShort","bytes":4})");
  ASSERT_EQ(exchange.replies.size(), 1U);
  EXPECT_EQ(exchange.replies[0].body, "0123");
  EXPECT_EQ(exchange.announced, 10U);
  EXPECT_EQ(exchange.last, BodySource::Next::broken);
}

TEST_F(GateTest, theDateIsOffOfAQuotasRefusalToo) {
  for (int i = 0; i < 6; ++i)
    play(R"({"type":"date","offset":-3600})", true);
  ASSERT_EQ(exchange.replies.size(), 6U);
  EXPECT_EQ(exchange.replies[0].status, 200);
  EXPECT_EQ(exchange.replies[5].status, 400);
  for (const auto& reply : exchange.replies)
    EXPECT_EQ(reply.headers.back().first, "Date");
}

TEST_F(GateTest, aConnectionIsEndedInItsWay) {
  play(R"({"type":"reset"})");
  play(R"({"type":"fin"})");
  play(R"({"type":"stall"})");
  EXPECT_EQ(exchange.departures,
            (std::vector<Departure>{Departure::reset, Departure::close, Departure::freeze}));
  EXPECT_TRUE(exchange.replies.empty());
}

}  // namespace
}  // namespace kvslocal
