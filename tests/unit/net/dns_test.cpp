// SPDX-License-Identifier: Apache-2.0
// A resolver that hangs stops nothing but those who wait for it.
#include <gmock/gmock.h>

#include "fake_dns.h"
#include "net/address_doubt.h"
#include "transport_fixture.h"

namespace kvs::net::test {
namespace {

using std::chrono::steady_clock;
using ::testing::HasSubstr;

class DnsTest : public TransportTest {
 protected:
  void SetUp() override { FakeDns::get().restart(); }
  void TearDown() override {
    FakeDns::get().release();
    EXPECT_TRUE(FakeDns::get().waitForQuiet());
  }

  std::string at(const std::string& host) { return server.url("/putMedia", host); }

  RawServer server{[](Connection& peer) {
    peer.readHead();
    peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    while (!peer.readChunk().empty())
      peer.send("3\r\nack\r\n");
    peer.send("0\r\n\r\n");
    peer.waitForPeerEnd();
  }};
};

TEST_F(DnsTest, OthersFlowOnWhileALookUpHangs) {
  Upload stuck(*this);
  startUpload(stuck, at("hang.test"));
  ASSERT_TRUE(FakeDns::get().waitForHanging(1));
  Upload flowing(*this);
  startUpload(flowing, at("flow.test"));
  flowing.feed("frame");
  flowing.finish();
  ASSERT_TRUE(flowing.heard.ended.wait());
  EXPECT_TRUE(flowing.heard.succeeded());
  EXPECT_EQ(flowing.heard.data, "ack");
  EXPECT_EQ(stuck.heard.ends, 0);
  EXPECT_EQ(FakeDns::get().hanging(), 1);
}

TEST_F(DnsTest, DestroyingTheOneThatHangsTakesNoTime) {
  auto stuck = std::make_unique<Upload>(*this);
  startUpload(*stuck, at("hang.test"));
  ASSERT_TRUE(FakeDns::get().waitForHanging(1));
  const auto start = steady_clock::now();
  stuck.reset();
  transport.reset();
  loop.reset();
  EXPECT_LT(steady_clock::now() - start, kSoon);
  EXPECT_EQ(FakeDns::get().hanging(), 1);
}

TEST_F(DnsTest, TheConnectTimeoutHoldsAlsoThen) {
  Upload stuck(*this);
  Request request;
  request.url = at("hang.test");
  request.source = &stuck.body;
  request.connectTimeout = Milliseconds(50);
  const auto start = steady_clock::now();
  startOn(stuck, std::move(request));
  ASSERT_TRUE(stuck.heard.ended.wait());
  EXPECT_LT(steady_clock::now() - start, kSoon);
  EXPECT_EQ(stuck.heard.error().code, StatusCode::serviceCallTimeout);
  EXPECT_THAT(stuck.heard.error().message, HasSubstr("no DNS server gave an address for hang.test"));
}

TEST_F(DnsTest, OfOneHostOneIsLookedUpAndTheOthersUseItsAnswer) {
  int prepared = 0;
  std::vector<std::unique_ptr<Upload>> uploads;
  for (int i = 0; i < 5; ++i) {
    uploads.push_back(std::make_unique<Upload>(*this));
    uploads.back()->body.finished = true;
    Request request;
    request.url = at("hang.test");
    request.source = &uploads.back()->body;
    request.prepare = [&](Request&) -> Result<void> {
      ++prepared;
      return {};
    };
    startOn(*uploads.back(), std::move(request));
  }
  ASSERT_TRUE(FakeDns::get().waitForHanging(1));
  onLoop(*loop, [&] { EXPECT_EQ(prepared, 1); });  // a signature made earlier would grow old
  FakeDns::get().release();
  for (const auto& upload : uploads) {
    ASSERT_TRUE(upload->heard.ended.wait());
    EXPECT_TRUE(upload->heard.succeeded());
  }
  EXPECT_EQ(prepared, 5);
  EXPECT_EQ(FakeDns::get().lookups("hang.test"), 1);
}

TEST_F(DnsTest, AnAddressWhereNobodyAnswersIsLookedUpAnew) {
  const auto attempt = [this](const std::string& url) {
    Upload upload(*this);
    startUpload(upload, url);
    upload.finish();
    EXPECT_TRUE(upload.heard.ended.wait());
    return upload.heard.succeeded();
  };
  EXPECT_TRUE(attempt(at("moving.test")));
  EXPECT_TRUE(attempt(at("moving.test")));
  EXPECT_EQ(FakeDns::get().lookups("moving.test"), 1);  // kept while all is well
  std::string url;
  {
    RawServer other([](Connection& peer) {
      peer.readHead();  // a reset that is quicker than that may be taken for a refusal
      peer.reset();
    });
    url = other.url("/putMedia", "moved.test");
    EXPECT_FALSE(attempt(url));
  }
  EXPECT_FALSE(attempt(url));  // refused
  EXPECT_EQ(FakeDns::get().lookups("moved.test"), 1);
  EXPECT_FALSE(attempt(url));
  EXPECT_EQ(FakeDns::get().lookups("moved.test"), 2);
}

TEST(AddressDoubtTest, AHostIsForgottenOnceAndNotTwiceInASecond) {
  AddressDoubt doubt;
  const TimePoint start{Seconds(100)};
  EXPECT_FALSE(doubt.forget("a:443", start));
  doubt.failed("a:443");
  EXPECT_FALSE(doubt.forget("b:443", start));
  EXPECT_TRUE(doubt.forget("a:443", start));
  EXPECT_FALSE(doubt.forget("a:443", start + Seconds(5)));
  doubt.failed("a:443");
  EXPECT_TRUE(doubt.forget("a:443", start + Seconds(5)));
  doubt.failed("a:443");
  EXPECT_FALSE(doubt.forget("a:443", start + Milliseconds(5999)));
  EXPECT_TRUE(doubt.forget("a:443", start + Milliseconds(6000)));
}

TEST_F(DnsTest, AtMostEightLookUpsRunAndWaitingOnesCanBeCancelled) {
  std::vector<std::unique_ptr<Upload>> uploads;
  for (int i = 0; i < 10; ++i) {
    uploads.push_back(std::make_unique<Upload>(*this));
    startUpload(*uploads.back(), at("hang" + std::to_string(i) + ".test"));
  }
  ASSERT_TRUE(FakeDns::get().waitForHanging(8));
  onLoop(*loop, [] {});
  EXPECT_EQ(FakeDns::get().lookups("hang8.test"), 0);
  uploads[8].reset();  // while it waits
  uploads[0].reset();  // its place becomes free, its thread still hangs
  ASSERT_TRUE(FakeDns::get().waitForHanging(9));
  EXPECT_EQ(FakeDns::get().lookups("hang8.test"), 0);
  EXPECT_EQ(FakeDns::get().lookups("hang9.test"), 1);
}

TEST_F(DnsTest, TellsThatAHostHasNoAddress) {
  Upload upload(*this);
  startUpload(upload, at("nowhere.test"));
  ASSERT_TRUE(upload.heard.ended.wait());
  EXPECT_EQ(upload.heard.error().kind, ErrorKind::retryable);
  EXPECT_THAT(upload.heard.error().message, HasSubstr("no address is known for nowhere.test"));
}

}  // namespace
}  // namespace kvs::net::test
