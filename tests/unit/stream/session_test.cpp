// SPDX-License-Identifier: Apache-2.0
// One request from opening to end: which acknowledgement settles which fragment, and what its owner hears.
#include "upload/session.h"

#include "aws/credentials/static.h"
#include "mkv/tags.h"
#include "stream_fixture.h"

namespace kvs::stream {
namespace {

using namespace std::chrono_literals;
using Type = aws::Acknowledgement::Type;

/// Keeps what it was given; the test plays the service.
class HeldTransport final : public net::Transport {
 public:
  std::unique_ptr<net::Exchange> start(net::Request made, net::ExchangeListener& heard) override {
    request = std::move(made);
    listener = &heard;
    return std::make_unique<Held>(*this);
  }
  net::Request request;
  net::ExchangeListener* listener = nullptr;
  int resumed = 0;

 private:
  class Held final : public net::Exchange {
   public:
    explicit Held(HeldTransport& transport) : transport_(transport) {}
    ~Held() override { transport_.listener = nullptr; }
    void resume() override { ++transport_.resumed; }
    void holdAnswer() override {}  // answers are short here
    void resumeAnswer() override {}
    std::uint64_t bytesSent() const override { return 4711; }

   private:
    HeldTransport& transport_;
  };
};

class SessionTest : public test::StreamFixture, protected upload::SessionOwner {
 protected:
  SessionTest() {
    video();
    putGroups(3, 20);
  }
  void open(bool receivedIsFinal = false, bool absolute = false) {
    start({{.absoluteTimes = absolute}, "camera", receivedIsFinal});
  }
  void openWithoutAcknowledgements() { start({{.acknowledged = false}, "camera"}); }
  void start(upload::Session::Config config) {
    upload::SessionOwner& owner = *this;
    config.body = complete(config.body);
    session = std::make_shared<upload::Session>(std::move(config), store, this->StreamFixture::sent, pacer,
                                                clock, owner);
    session->start(*client, {});
  }
  Bytes pull() {
    Bytes all, room(4096);
    static_cast<upload::SessionBody&>(*transport.request.source).resume();
    for (;;) {
      const auto got = transport.request.source->read(room);
      if (got.state != net::BodyRead::State::data) return all;
      all.insert(all.end(), room.begin(), room.begin() + static_cast<std::ptrdiff_t>(got.bytes));
    }
  }
  void answer(int status = 200) { transport.listener->onHead({status, {}}); }
  void say(std::string_view text) { transport.listener->onData(asBytes(text)); }
  void ack(const std::string& type, int timecode) {
    say(R"({"EventType":")" + type + R"(","FragmentTimecode":)" + std::to_string(timecode) + "}");
  }

  struct Heard {
    aws::Acknowledgement ack;
    std::optional<upload::SentFragment> fragment;
  };
  void onSessionAnswered() override { ++answered; }
  void onSessionAck(const aws::Acknowledgement& theAck,
                    std::optional<upload::SentFragment> fragment) override {
    heard.push_back({theAck, fragment});
    if (closeAtAck && session) session->close();
  }
  void onSessionSent(const upload::SentFragment& fragment) override { sent.push_back(fragment); }
  void onSessionPaced(TimePoint when) override { pacedUntil = when; }
  void onSessionBodyEnd(bool headerChanged) override {
    ++ends;
    endedByHeader = headerChanged;
  }
  void onSessionOver() override { ++overs; }
  void onSessionEnd(std::optional<Error> error) override {
    ended = true;
    endError = std::move(error);
  }
  void onSessionNote(LogLevel, std::string text) override { notes.push_back(std::move(text)); }

  std::shared_ptr<aws::ServiceClient> makeClient() {
    auto service = std::make_shared<aws::Service>();
    service->transport = {std::shared_ptr<void>(), &transport};
    service->clock = std::make_shared<CorrectedClock>(clock);
    service->credentials = std::make_shared<aws::StaticProvider>("AKID", Secret("secret"), Secret());
    auto made = std::make_shared<aws::ServiceClient>(std::move(service));
    made->fetchCredentials([](const auto& taken) { EXPECT_TRUE(taken); });
    return made;
  }

  HeldTransport transport;
  std::shared_ptr<aws::ServiceClient> client = makeClient();
  std::shared_ptr<upload::Session> session;
  std::vector<Heard> heard;
  std::vector<upload::SentFragment> sent;
  std::vector<std::string> notes;
  int answered = 0;
  int overs = 0;
  bool closeAtAck = false;
  bool ended = false;
  std::optional<Error> endError;
};

TEST_F(SessionTest, SaysWhenItWasAnswered) {
  open();
  EXPECT_EQ(answered, 0);
  answer();
  EXPECT_EQ(answered, 1);
}

TEST_F(SessionTest, AcknowledgementsNameTheFragmentThatWasSent) {
  open();
  answer();
  pull();
  ack("BUFFERING", 0);
  ack("RECEIVED", 2000);
  ack("PERSISTED", 4000);
  ASSERT_EQ(heard.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    ASSERT_TRUE(heard[i].fragment);
    EXPECT_EQ(heard[i].fragment->id, i + 1);
  }
}

TEST_F(SessionTest, OnlyTheLastWordSettles) {
  open();
  answer();
  pull();
  for (const char* word : {"BUFFERING", "RECEIVED", "RECEIVED", "PERSISTED"}) {
    ack(word, 2000);
    EXPECT_TRUE(heard.back().fragment) << word;
  }
  ack("PERSISTED", 2000);
  EXPECT_FALSE(heard.back().fragment) << "repeated";
}

TEST_F(SessionTest, WithRetentionZeroReceivedIsTheLastWord) {
  open(true);
  answer();
  pull();
  ack("RECEIVED", 0);
  EXPECT_TRUE(heard.back().fragment);
  ack("RECEIVED", 0);
  EXPECT_FALSE(heard.back().fragment);
}

TEST_F(SessionTest, WithoutAcknowledgementsEachIsSentWhenTheNextBeginsAndTheLastAtTheEndOfTheResponse) {
  openWithoutAcknowledgements();
  answer();
  ingest.seal();
  session->finish(upload::SessionBody::Finish::everything);
  pull();
  EXPECT_EQ(sent.size(), 2u);
  transport.listener->onEnd({});
  ASSERT_EQ(sent.size(), 3u);
  // Its owner may be told of the body's end before it has noted them: confirmed is what is noted.
  for (const upload::SentFragment& fragment : sent) {
    EXPECT_FALSE(session->isConfirmed());
    session->settled(fragment);
  }
  EXPECT_TRUE(session->isConfirmed());
  EXPECT_FALSE(ended) << "no error, and nothing to send again";
}

TEST_F(SessionTest, UnknownTimecodesAndNoneNameNobody) {
  open();
  answer();
  pull();
  ack("PERSISTED", 1999);
  say(R"({"EventType":"ERROR","ErrorId":4000})");
  say(R"({"EventType":"IDLE"})");
  ASSERT_EQ(heard.size(), 3u);
  for (const Heard& one : heard)
    EXPECT_FALSE(one.fragment);
  EXPECT_EQ(heard[1].ack.errorId, 4000);
}

TEST_F(SessionTest, AFragmentNotYetBegunIsNotSettled) {
  open();
  answer();
  ack("PERSISTED", 0);
  EXPECT_FALSE(heard.back().fragment);
  pull();
  ack("PERSISTED", 0);
  EXPECT_TRUE(heard.back().fragment);
}

TEST_F(SessionTest, AcknowledgementsMayBeCutAnywhere) {
  open();
  answer();
  pull();
  const std::string all =
      R"({"EventType":"PERSISTED","FragmentTimecode":0}{"EventType":"PERSISTED","FragmentTimecode":2000})";
  for (const char c : all)
    say(std::string_view(&c, 1));
  EXPECT_EQ(heard.size(), 2u);
}

TEST_F(SessionTest, NonsenseIsNotedAndPassedOver) {
  open();
  answer();
  pull();
  say("hello");
  ack("PERSISTED", 0);
  EXPECT_EQ(notes.size(), 1u);
  EXPECT_EQ(heard.size(), 1u);
}

TEST_F(SessionTest, IsConfirmedWhenTheBodyEndedAndAllIsSettled) {
  ingest.seal();
  open();
  answer();
  session->finish(upload::SessionBody::Finish::everything);
  EXPECT_GT(transport.resumed, 0);
  pull();
  EXPECT_EQ(ends, 1);
  EXPECT_FALSE(session->isConfirmed());
  ack("PERSISTED", 0);
  ack("PERSISTED", 4000);
  EXPECT_FALSE(session->isConfirmed());
  ack("PERSISTED", 2000);
  EXPECT_TRUE(session->isConfirmed());
}

class AskedEnd : public SessionTest {
 protected:
  /// A session that is to end, all of it confirmed; its body was read up to the last `unread` bytes, and its
  /// end was not.
  void openAndConfirm(std::size_t unread) {
    ingest.seal();
    const std::size_t all = readAll(*body()).size() + mkv::endOfFragmentTags({}).size();
    store.feed().rewind();
    open();
    answer();
    session->finish(upload::SessionBody::Finish::everything);
    for (std::size_t left = all - unread; left > 0;) {
      Bytes room(std::min<std::size_t>(left, 4096));
      left -= transport.request.source->read(room).bytes;
    }
    for (const int timecode : {0, 2000, 4000})
      ack("PERSISTED", timecode);
  }
};

class AskedEndUnread : public AskedEnd, public testing::WithParamInterface<std::size_t> {};

TEST_P(AskedEndUnread, TheEndOfTheAnswerBeforeTheBodysEndIsNoFailure) {
  openAndConfirm(GetParam());
  EXPECT_EQ(ends, 0);
  EXPECT_FALSE(session->isConfirmed());
  transport.listener->onEnd({});
  EXPECT_TRUE(session->isConfirmed());
  EXPECT_EQ(overs, 1);
  EXPECT_FALSE(ended);
}

INSTANTIATE_TEST_SUITE_P(Bytes, AskedEndUnread, testing::Values(0, 1, 20));

TEST_F(AskedEnd, NorIsAConnectionThatIsResetThen) {
  openAndConfirm(0);
  transport.listener->onEnd(fail(StatusCode::unknown, ErrorKind::retryable, "connection reset"));
  EXPECT_TRUE(session->isConfirmed());
  EXPECT_FALSE(ended);
}

TEST_F(AskedEnd, AnEndThatLeavesAFragmentUnconfirmedIsOne) {
  ingest.seal();
  open();
  answer();
  session->finish(upload::SessionBody::Finish::everything);
  pull();
  ack("PERSISTED", 0);
  ack("PERSISTED", 2000);
  transport.listener->onEnd({});
  EXPECT_TRUE(ended);
  EXPECT_FALSE(session->isConfirmed());
}

TEST_F(AskedEnd, ThatTheServiceEndsWhatWasNotToEndIsOne) {
  ingest.seal();
  open();
  answer();
  pull();
  for (const int timecode : {0, 2000, 4000})
    ack("PERSISTED", timecode);
  transport.listener->onEnd({});
  EXPECT_TRUE(ended);
  EXPECT_EQ(overs, 0);
}

TEST_F(SessionTest, KnowsSinceWhenNobodyHasAnswered) {
  open();
  EXPECT_FALSE(session->unacknowledgedSince()) << "nothing sent is not stale";
  const TimePoint begun = clock.now();
  pull();
  EXPECT_EQ(session->unacknowledgedSince(), begun);
  clock.advance(7s);
  EXPECT_EQ(session->unacknowledgedSince(), begun);
  answer();
  ack("BUFFERING", 0);
  EXPECT_EQ(session->unacknowledgedSince(), clock.now()) << "a word is a word";
  for (const int timecode : {0, 2000, 4000})
    ack("PERSISTED", timecode);
  EXPECT_FALSE(session->unacknowledgedSince()) << "nothing unacknowledged is not stale";
}

TEST_F(SessionTest, ARefusalIsReadToItsEnd) {
  open();
  transport.listener->onHead({400, {{"x-amzn-ErrorType", "ConnectionLimitExceededException"}}});
  say(R"({"message":"one at )");
  say(R"(a time"})");
  EXPECT_FALSE(ended);
  transport.listener->onEnd({});
  ASSERT_TRUE(ended);
  ASSERT_TRUE(endError);
  EXPECT_EQ(endError->exception, "ConnectionLimitExceededException");
  EXPECT_NE(endError->message.find("one at a time"), std::string::npos);
  EXPECT_EQ(answered, 0);
  EXPECT_TRUE(heard.empty());
}

TEST_F(SessionTest, AHugeRefusalIsCut) {
  open();
  answer(500);
  for (int i = 0; i < 100; ++i)
    say(std::string(10'000, 'x'));
  transport.listener->onEnd({});
  ASSERT_TRUE(endError);
  EXPECT_EQ(endError->httpStatus, 500);
}

TEST_F(SessionTest, ABrokenConnectionSaysWhy) {
  open();
  answer();
  transport.listener->onEnd(fail(StatusCode::unknown, ErrorKind::retryable, "connection reset"));
  ASSERT_TRUE(endError);
  EXPECT_NE(endError->message.find("connection reset"), std::string::npos);
  EXPECT_NE(endError->message.find("camera"), std::string::npos);
}

TEST_F(SessionTest, AnAnswerThatEndsIsNoError) {
  open();
  answer();
  transport.listener->onEnd({});
  EXPECT_TRUE(ended);
  EXPECT_FALSE(endError);
}

TEST_F(SessionTest, AfterCloseItsOwnerHearsNothing) {
  open();
  answer();
  pull();
  closeAtAck = true;
  say(R"({"EventType":"PERSISTED","FragmentTimecode":0}{"EventType":"PERSISTED","FragmentTimecode":2000})");
  EXPECT_EQ(heard.size(), 1u) << "closed from inside its own call";
  EXPECT_EQ(transport.listener, nullptr) << "and the connection is gone";
}

TEST_F(SessionTest, CountsWhatTheKernelTook) {
  open();
  EXPECT_EQ(session->bytesSent(), 4711u);
  session->close();
  EXPECT_EQ(session->bytesSent(), 0u);
}

}  // namespace
}  // namespace kvs::stream
