// SPDX-License-Identifier: Apache-2.0
// What a stream need not ask, because it was told before or by the user; and where it goes.
#include "core_fixture.h"

namespace kvs::stream {
namespace {

using namespace std::chrono_literals;

class SharedCallsTest : public test::CoreFixture {
 protected:
  /// The same stream once more; its frames go on.
  void beginAgain() {
    core->stop();
    pass(1s);
    camera.reset();
    core.reset();
    begin();
  }
  /// Ten frames, to the end.
  void streamABit() {
    stream(2s);
    EXPECT_TRUE(drain());
  }
};

TEST_F(SharedCallsTest, AStreamThatIsStartedAgainAsksForNothing) {
  begin();
  streamABit();
  beginAgain();
  streamABit();
  EXPECT_EQ(stored(), range(20));
  EXPECT_EQ(service->calls("describeStream"), 1u);
  EXPECT_EQ(service->calls("getDataEndpoint"), 1u);
  EXPECT_EQ(told->ready, 2);
}

TEST_F(SharedCallsTest, WhatIsRememberedOfAStreamGrowsOld) {
  begin();
  streamABit();
  pass(6min);
  beginAgain();
  streamABit();
  EXPECT_EQ(service->calls("describeStream"), 2u) << "its retention may have been changed";
  EXPECT_EQ(service->calls("getDataEndpoint"), 1u);
}

TEST_F(SharedCallsTest, ADataEndpointThatIsRefusedIsAskedForAgain) {
  begin();
  streamABit();
  service->moveEndpoint();
  beginAgain();
  streamABit();
  EXPECT_EQ(stored(), range(20));
  EXPECT_EQ(service->calls("getDataEndpoint"), 2u);
}

TEST_F(SharedCallsTest, AStreamThatWasDeletedMeanwhileIsCreated) {
  begin();
  streamABit();
  service->deleteStreams();
  beginAgain();
  streamABit();
  EXPECT_EQ(stored(), range(20));
  EXPECT_EQ(service->calls("createStream"), 1u);
}

TEST_F(SharedCallsTest, OtherCredentialsAskForThemselves) {
  begin();
  streamABit();
  keys->accessKey = "OTHER";
  beginAgain();
  streamABit();
  EXPECT_EQ(service->calls("describeStream"), 2u);
  EXPECT_EQ(service->calls("getDataEndpoint"), 2u);
}

TEST_F(SharedCallsTest, ADataEndpointOfTheUsersIsNotAskedFor) {
  dataEndpoint = "https://s-1.example.com";
  begin();
  stream(10s);
  EXPECT_TRUE(drain());
  EXPECT_EQ(stored(), range(50));
  EXPECT_EQ(service->calls("getDataEndpoint"), 0u);
  EXPECT_EQ(core->stats().dataEndpoint, dataEndpoint);
}

TEST_F(SharedCallsTest, AStreamThatIsGoneIsCreatedAlsoBehindADataEndpointOfTheUsers) {
  dataEndpoint = "https://s-1.example.com";
  begin();
  stream(4s);
  service->deleteStreams();
  service->resetConnections();
  stream(30s);
  EXPECT_TRUE(drain());
  EXPECT_EQ(service->calls("createStream"), 1u);
  EXPECT_EQ(service->calls("getDataEndpoint"), 0u);
  EXPECT_EQ(stored(), range(170));
}

TEST_F(SharedCallsTest, ADataEndpointOfTheUsersThatCannotBeReachedIsTriedAgain) {
  dataEndpoint = "https://s-1.example.com";
  network.refuse = true;
  begin();
  stream(10s);
  service->network.refuse = false;
  stream(10s);
  EXPECT_TRUE(drain());
  EXPECT_EQ(stored(), range(100));
}

TEST_F(SharedCallsTest, AHundredStreamsAtOnceAreNoBurstOfCalls) {
  begin();
  std::vector<std::shared_ptr<StreamCore>> cores;
  for (std::uint64_t i = 0; i < 100; ++i) {
    StreamConfig other = config;
    other.name = "camera-" + std::to_string(i);
    cores.push_back(
        std::make_shared<StreamCore>(context, other, std::make_shared<Notifier>(nullptr, executor), i));
    cores.back()->start();
  }
  const auto calls = [&] { return service->calls("describeStream") + service->calls("getDataEndpoint"); };
  pass(1s);
  EXPECT_LE(calls(), 40u) << "20 at once, then 20 a second";
  pass(4s);
  EXPECT_LE(calls(), 120u);
  pass(10s);
  EXPECT_EQ(calls(), 202u);
  for (const auto& each : cores)
    each->stop();
  pass(1s);
}

TEST_F(SharedCallsTest, TwoOfTheSameStreamAskOnce) {
  begin();
  const auto twin =
      std::make_shared<StreamCore>(context, config, std::make_shared<Notifier>(nullptr, executor), 2);
  twin->start();
  pass(5s);
  EXPECT_EQ(core->stats().state, "ready");
  EXPECT_EQ(twin->stats().state, "ready");
  EXPECT_EQ(service->calls("describeStream"), 1u);
  EXPECT_EQ(service->calls("getDataEndpoint"), 1u);
  twin->stop();
  pass(1s);
}

TEST_F(SharedCallsTest, PlainHttpToAnotherMachineIsAWarningOnce) {
  controlUrl = "http://control.example.com";
  dataEndpoint = "http://s-1.example.com";
  begin();
  pass(10s);
  ASSERT_EQ(told->warnings.size(), 1u);
  EXPECT_NE(told->warnings[0].message.find("allow-insecure-endpoint"), std::string::npos);
}

TEST_F(SharedCallsTest, StatsSayWhyOtherSourcesOfCredentialsWereNotUsed) {
  keys->passedOver = "environment: not set";
  begin();
  pass(10s);
  EXPECT_EQ(core->stats().credentialSource, "test");
  EXPECT_EQ(core->stats().credentialsPassedOver, "environment: not set");
}

}  // namespace
}  // namespace kvs::stream
