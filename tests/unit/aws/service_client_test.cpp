// SPDX-License-Identifier: Apache-2.0
// What every client of a service is given: credentials, a place at the gate, a signature, and one Error.
#include "aws/service_client.h"

#include <gmock/gmock.h>

#include "aws/sigv4.h"
#include "credential_fixture.h"
#include "service_client_fixture.h"

namespace kvs::aws {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr Operation listThings{"listThings", StatusCode::unknown};
constexpr Operation readThing{"readThing", StatusCode::unknown, Operation::Plane::data};
constexpr const char* anHourLater = "Sat, 31 Jan 2026 00:59:59 GMT";

Result<std::string> asIs(std::string_view body) {
  return std::string(body);
}

class ServiceClientTest : public ServiceClientFixture {
 protected:
  CallHandle list(const std::string& about = "cam") {
    return client->call<std::string>({listThings, about, "{}"}, asIs,
                                     [this](auto result) { results.push_back(std::move(result)); });
  }
  void fetchInto(std::vector<Result<ServiceClient::Taken>>& taken) {
    client->fetchCredentials([&](auto result) { taken.push_back(std::move(result)); });
  }
  std::string signedFor() {
    const auto header = net::findHeader(transport.prepareLast().headers, "authorization");
    const std::size_t from = header.find('=') + 1;
    return std::string(header.substr(from, header.find(',') - from));
  }
  std::string date() { return std::string(net::findHeader(transport.prepareLast().headers, "x-amz-date")); }

  std::vector<Result<std::string>> results;
};

// --- credentials ---

TEST_F(ServiceClientTest, TheFirstCredentialsAreFetchedAndLaterOnesReplaceThoseThatWereRefused) {
  std::vector<Result<ServiceClient::Taken>> taken;
  fetchInto(taken);
  credentials->answer = GivenCredentials::keys("OTHER");
  fetchInto(taken);
  fetchInto(taken);
  EXPECT_THAT(credentials->asked, ElementsAre("fetch", "refresh AKIATEST", "refresh OTHER"));
  ASSERT_EQ(taken.size(), 3u);
  ASSERT_TRUE(taken[0] && *taken[0]);
  EXPECT_EQ((*taken[0])->source, "test");
  EXPECT_FALSE((*taken[0])->refreshed);
  ASSERT_TRUE(taken[1] && *taken[1]);
  EXPECT_TRUE((*taken[1])->refreshed);
  EXPECT_TRUE(taken[2] && !*taken[2]) << "the same as before";
}

TEST_F(ServiceClientTest, WhatWasChangedMeanwhileIsTakenUpWithoutAsking) {
  fetchCredentials();
  EXPECT_FALSE(client->takeUpCredentials());
  credentials->answer = GivenCredentials::keys("OTHER");
  EXPECT_TRUE(client->takeUpCredentials());
  EXPECT_EQ(client->credentials().accessKey, "OTHER");
  EXPECT_THAT(credentials->asked, ElementsAre("fetch"));
}

TEST_F(ServiceClientTest, AFailedFetchLeavesWhatIsHeld) {
  EXPECT_FALSE(client->hasGoodCredentials());
  credentials->answer->expiration = clock.wall + 10s;
  fetchCredentials();
  credentials->answer = fail(StatusCode::unknown, ErrorKind::retryable, "no answer.");
  std::vector<Result<ServiceClient::Taken>> taken;
  fetchInto(taken);
  EXPECT_FALSE(taken.back());
  EXPECT_EQ(client->credentials().accessKey, "AKIATEST");
  EXPECT_TRUE(client->hasGoodCredentials());
  clock.advance(10s);
  EXPECT_FALSE(client->hasGoodCredentials());
}

TEST_F(ServiceClientTest, TheEndpointIsFoundBeforeCredentialsAreFetched) {
  const auto files = std::make_shared<FakeFiles>();
  files->texts["/c"] = "[default]\nuse_dualstack_endpoint = true\n";
  service->finder = std::make_shared<EndpointFinder>(
      EndpointOptions{.region = "eu-west-1"}, fakeEnvironment({{"AWS_CONFIG_FILE", "/c"}}), files,
      [this](Endpoint found) { service->endpoint = std::move(found); });
  fetchCredentials();
  EXPECT_THAT(credentials->asked, ElementsAre());
  files->run();
  EXPECT_THAT(credentials->asked, ElementsAre("fetch"));
  const auto call = list();
  EXPECT_EQ(transport.last()->request.url, "https://kinesisvideo.eu-west-1.api.aws/listThings");
  EXPECT_THAT(signedFor(), HasSubstr("/eu-west-1/"));
}

/// Answers when the test says so.
class SlowSource final : public CredentialProvider {
 public:
  std::string_view name() const override { return "slow"; }
  void fetch(Callback callback) override { waiting = std::move(callback); }
  Callback waiting;
};

TEST_F(ServiceClientTest, AClientThatIsGoneHearsNothing) {
  const auto slow = std::make_shared<SlowSource>();
  service->credentials = slow;
  client->fetchCredentials([](const auto&) { FAIL() << "called"; });
  client.reset();
  slow->waiting(GivenCredentials::keys("LATE"));
}

// --- calls ---

TEST_F(ServiceClientTest, RequestsAreSignedForTheServicesNameAndRegion) {
  service->name = "somethingelse";
  service->endpoint.region = "eu-west-1";
  fetchCredentials();
  const auto call = list();
  EXPECT_EQ(signedFor(), "AKIATEST/20260130/eu-west-1/somethingelse/aws4_request");
}

TEST_F(ServiceClientTest, ACallMayGoToAnotherEndpoint) {
  fetchCredentials();
  const auto call =
      client->call<std::string>({listThings, "", "{}", "https://data.example.com"}, asIs, [](const auto&) {});
  EXPECT_EQ(transport.last()->request.url, "https://data.example.com/listThings");
}

TEST_F(ServiceClientTest, AnEmptyUserAgentIsLeftToTheTransport) {
  service->userAgent.clear();
  fetchCredentials();
  const auto call = list();
  EXPECT_EQ(net::findHeader(transport.last()->request.headers, "user-agent"), "");
}

TEST_F(ServiceClientTest, CallsOfAllClientsLeaveThroughOneGate) {
  service->gate = std::make_shared<RateGate>(20, 1);
  fetchCredentials();
  const auto other = std::make_shared<ServiceClient>(service);
  other->fetchCredentials([](const auto&) {});
  const auto first = list();
  const auto second = other->call<std::string>({listThings, "", "{}"}, asIs, [](const auto&) {});
  loop->runDue();
  EXPECT_EQ(transport.count(), 1u);
  clock.advance(50ms);
  loop->runDue();
  EXPECT_EQ(transport.count(), 2u);
}

TEST_F(ServiceClientTest, ACallThatWaitsAndIsCancelledGivesItsPlaceToOthers) {
  service->gate = std::make_shared<RateGate>(20, 1);
  fetchCredentials();
  const auto first = list();
  auto second = list();
  auto third = list();
  second.reset();
  const auto fourth = list();
  clock.advance(50ms);
  loop->runDue();
  EXPECT_EQ(transport.count(), 2u) << "the fourth, in the second's place";
  clock.advance(50ms);
  loop->runDue();
  EXPECT_EQ(transport.count(), 3u);
}

TEST_F(ServiceClientTest, ACallOutlivesTheClientThatMadeIt) {
  fetchCredentials();
  const auto call = list();
  client.reset();
  FakeTransport::answer(transport.last(), {200, {}}, "things");
  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(*results[0], "things");
}

TEST_F(ServiceClientTest, AnErrorNamesTheStreamWhereThereIsOne) {
  fetchCredentials();
  for (const char* about : {"cam", ""}) {
    const auto call = list(about);
    transport.last()->listener->onEnd(fail(StatusCode::unknown, ErrorKind::retryable, "connection refused."));
  }
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[0].error().message, "listThings of stream 'cam' failed: connection refused.");
  EXPECT_EQ(results[1].error().message, "listThings failed: connection refused.");
}

TEST_F(ServiceClientTest, AnEndpointInDoubtIsNamedWhereNobodyAnswers) {
  service->endpoint.doubt = "There may be no region xx-north-1.";
  fetchCredentials();
  const auto call = list();
  transport.last()->listener->onEnd(fail(StatusCode::unknown, ErrorKind::retryable, "no such host."));
  EXPECT_THAT(results.at(0).error().message, ::testing::EndsWith(service->endpoint.doubt));
}

// --- the time ---

TEST_F(ServiceClientTest, ARefusalThatTellsTheTimeMovesTheClock) {
  fetchCredentials();
  auto call = list();
  EXPECT_EQ(date(), "20260130T235959Z");
  FakeTransport::answer(transport.last(),
                        {403, {{"Date", anHourLater}, {"x-amzn-ErrorType", "InvalidSignatureException"}}},
                        R"({"message":"Signature expired"})");
  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(results[0].error().kind, ErrorKind::clock);
  EXPECT_THAT(results[0].error().message, HasSubstr("3600 s behind"));
  call = list();
  EXPECT_EQ(date(), "20260131T005959Z");
  FakeTransport::answer(transport.last(), {403, {{"Date", anHourLater}}}, "");
  EXPECT_EQ(results[1].error().kind, ErrorKind::auth) << "the time was right";
}

TEST_F(ServiceClientTest, OtherFailuresDoNotMoveTheClock) {
  fetchCredentials();
  auto call = list();
  FakeTransport::answer(transport.last(), {500, {{"Date", anHourLater}}}, "");
  EXPECT_EQ(results.at(0).error().kind, ErrorKind::retryable);
  call = list();
  EXPECT_EQ(date(), "20260130T235959Z");
}

TEST_F(ServiceClientTest, ARefusalByTheSourceOfCredentialsMovesTheClock) {
  Error refused{StatusCode::notAuthorized, ErrorKind::auth, "Signature expired."};
  refused.serverDate = clock.wall - 1h;
  credentials->answer = fail(refused);
  std::vector<Result<ServiceClient::Taken>> taken;
  fetchInto(taken);
  EXPECT_EQ(taken.at(0).error().kind, ErrorKind::clock);
  EXPECT_THAT(taken[0].error().message, HasSubstr("3600 s ahead of"));
  EXPECT_EQ(service->clock->wallNow(), clock.wall - 1h);
}

// --- streams ---

class StreamedCallTest : public ServiceClientTest, protected StreamedCallListener {
 protected:
  StreamedCallTest() { fetchCredentials(); }
  std::unique_ptr<StreamedCall> openCall(net::BodySource* source = nullptr) {
    net::Request request;
    request.url = "https://data.example.com/readThing";
    request.body = source ? "" : "{}";
    request.source = source;
    return client->open({readThing, "cam", std::move(request)}, *this);
  }
  void onAccepted(const net::ResponseHead& head) override {
    heard.push_back("accepted " + std::to_string(head.status));
    if (closeWhenAccepted) call.reset();
  }
  void onData(ByteView data) override { heard.emplace_back(asText(data)); }
  void onRefused(Error error) override {
    heard.emplace_back("refused");
    refusal = std::move(error);
    call.reset();
  }
  void onEnd(Result<void> result) override {
    heard.push_back(result ? "end" : result.error().message);
    call.reset();
  }

  std::unique_ptr<StreamedCall> call;
  std::vector<std::string> heard;
  Error refusal;
  bool closeWhenAccepted = false;
};

class NoBody final : public net::BodySource {
 public:
  net::BodyRead read(std::span<std::byte>) override { return {net::BodyRead::State::end}; }
};

TEST_F(StreamedCallTest, AnAnswerIsPassedOnAsItComes) {
  call = openCall();
  FakeTransport::answer(transport.last(), {200, {}}, "one two", 4);
  EXPECT_THAT(heard, ElementsAre("accepted 200", "one ", "two", "end"));
  EXPECT_EQ(transport.last()->listener, nullptr);
}

TEST_F(StreamedCallTest, ItHasWhatAllRequestsHaveAndNoPlaceAtTheGate) {
  service->gate = std::make_shared<RateGate>(20, 1);
  service->gate->reserve(clock.now());
  call = openCall();
  ASSERT_EQ(transport.count(), 1u);
  const net::Request& request = transport.prepareLast();
  EXPECT_EQ(request.connectTimeout, 1s);
  EXPECT_EQ(net::findHeader(request.headers, "user-agent"), "kvssink/test");
  EXPECT_NE(net::findHeader(request.headers, "authorization"), "");
}

TEST_F(StreamedCallTest, ABodyThatIsPulledIsSignedAsNone) {
  NoBody none;
  call = openCall(&none);
  const std::string pulled(net::findHeader(transport.prepareLast().headers, "authorization"));
  const auto other = openCall();
  EXPECT_NE(net::findHeader(transport.prepareLast().headers, "authorization"), pulled);
  net::Request expected = transport.last()->request;
  expected.body.clear();
  ASSERT_TRUE(sign(expected, client->credentials(), {"us-west-2"}, clock.wall, emptyPayloadHash));
  EXPECT_EQ(net::findHeader(expected.headers, "authorization"), pulled);
}

TEST_F(StreamedCallTest, ARefusalIsReportedOnceAndWhole) {
  call = openCall();
  FakeTransport::answer(
      transport.last(),
      {404, {{"x-amzn-RequestId", "r-9"}, {"x-amzn-ErrorType", "ResourceNotFoundException"}}},
      R"({"Message":"No such stream."})");
  EXPECT_THAT(heard, ElementsAre("refused"));
  EXPECT_EQ(refusal.kind, ErrorKind::endpointMoved) << "a data endpoint may be the wrong one";
  EXPECT_EQ(refusal.requestId, "r-9");
  EXPECT_THAT(refusal.message, HasSubstr("readThing of stream 'cam' was refused"));
  EXPECT_THAT(refusal.message, HasSubstr("No such stream."));
}

TEST_F(StreamedCallTest, AnEndlessRefusalIsCutOff) {
  call = openCall();
  FakeTransport::answer(transport.last(), {503, {}}, std::string(1 << 20, ' '), 65536);
  EXPECT_THAT(heard, ElementsAre("refused"));
  EXPECT_EQ(refusal.httpStatus, 503);
}

TEST_F(StreamedCallTest, ARefusalThatTellsTheTimeMovesTheClock) {
  call = openCall();
  FakeTransport::answer(transport.last(), {403, {{"Date", anHourLater}}}, "");
  EXPECT_EQ(refusal.kind, ErrorKind::clock);
  EXPECT_EQ(service->clock->wallNow(), clock.wall + 1h);
}

TEST_F(StreamedCallTest, AConnectionThatFailsIsNoRefusal) {
  call = openCall();
  transport.last()->listener->onHead({200, {}});
  transport.last()->listener->onEnd(fail(StatusCode::unknown, ErrorKind::retryable, "connection reset."));
  EXPECT_THAT(heard, ElementsAre("accepted 200", "readThing of stream 'cam' failed: connection reset."));
}

TEST_F(StreamedCallTest, MayBeDestroyedFromInsideTheListenersCalls) {
  closeWhenAccepted = true;
  call = openCall();
  FakeTransport::answer(transport.last(), {200, {}}, "never heard");
  EXPECT_THAT(heard, ElementsAre("accepted 200"));
  EXPECT_EQ(transport.last()->listener, nullptr);
}

}  // namespace
}  // namespace kvs::aws
