// SPDX-License-Identifier: Apache-2.0
#include "aws/control_plane.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "service_client_fixture.h"

namespace kvs::aws {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

constexpr std::string_view description =
    R"({"StreamInfo":{"StreamName":"cam","StreamARN":"arn:1","DeviceName":null,"MediaType":"video/h264",)"
    R"("KmsKeyId":"key","Version":"v1","Status":"ACTIVE","CreationTime":1700000000.25,"DataRetentionInHours":2,)"
    R"("New":[1,{"a":2}]}})";

class ControlPlaneTest : public ServiceClientFixture {
 protected:
  ControlPlaneTest() { fetchCredentials(); }
  ControlPlane plane{client};
};

TEST(Bodies, ofRequests) {
  EXPECT_EQ(json::parse(describeStreamBody("cam")), (json{{"StreamName", "cam"}}));
  EXPECT_EQ(json::parse(getDataEndpointBody("cam", "PUT_MEDIA")),
            (json{{"StreamName", "cam"}, {"APIName", "PUT_MEDIA"}}));
  EXPECT_EQ(json::parse(tagStreamBody("arn:1", {{"a", "b"}, {"\xC3\xA9", "\xE6\x9D\xB1"}})),
            (json{{"StreamARN", "arn:1"}, {"Tags", {{"a", "b"}, {"\xC3\xA9", "\xE6\x9D\xB1"}}}}));
}

TEST(Bodies, createStreamLeavesOutWhatIsNotSet) {
  CreateStreamInput input;
  input.name = "cam";
  EXPECT_EQ(json::parse(createStreamBody(input)), (json{{"StreamName", "cam"}, {"DataRetentionInHours", 0}}));
  input = {"cam", "video/h264,audio/aac", std::chrono::hours(24), "key", "dev", {{"n", "v"}}};
  EXPECT_EQ(json::parse(createStreamBody(input)), (json{{"StreamName", "cam"},
                                                        {"MediaType", "video/h264,audio/aac"},
                                                        {"DataRetentionInHours", 24},
                                                        {"KmsKeyId", "key"},
                                                        {"DeviceName", "dev"},
                                                        {"Tags", {{"n", "v"}}}}));
}

TEST(Bodies, textThatIsNotUtf8DoesNotThrow) {
  EXPECT_FALSE(describeStreamBody("\xFF\xFE").empty());
  EXPECT_FALSE(tagStreamBody("arn", {{"\xC0", "\xC0"}}).empty());
}

TEST(Answers, describeStream) {
  const Result<StreamDescription> stream = parseDescribeStream(description);
  ASSERT_TRUE(stream);
  EXPECT_EQ(stream->name, "cam");
  EXPECT_EQ(stream->arn, "arn:1");
  EXPECT_EQ(stream->version, "v1");
  EXPECT_EQ(stream->status, StreamStatus::active);
  EXPECT_EQ(stream->retention, 2h);
  EXPECT_EQ(stream->mediaType, "video/h264");
  EXPECT_EQ(stream->kmsKeyId, "key");
  EXPECT_EQ(stream->deviceName, "");
  EXPECT_EQ(stream->creationTime, WallTime(1700000000s + 250ms));
}

TEST(Answers, everyStatus) {
  const std::pair<const char*, StreamStatus> rows[] = {{"CREATING", StreamStatus::creating},
                                                       {"ACTIVE", StreamStatus::active},
                                                       {"UPDATING", StreamStatus::updating},
                                                       {"DELETING", StreamStatus::deleting}};
  for (const auto& [text, status] : rows) {
    const json body{{"StreamInfo", {{"StreamARN", "a"}, {"Status", text}}}};
    EXPECT_EQ(parseDescribeStream(body.dump())->status, status);
    EXPECT_EQ(parseDescribeStream(body.dump())->retention, 0h);
  }
}

TEST(Answers, unusableDescriptionsAreToldAndRetried) {
  for (const char* body :
       {"", "null", "[]", "{", "{}", R"({"StreamInfo":1})", R"({"StreamInfo":{"Status":"ACTIVE"}})",
        R"({"StreamInfo":{"StreamARN":"a"}})", R"({"StreamInfo":{"StreamARN":"a","Status":"ODD"}})",
        R"({"StreamInfo":{"StreamARN":"a","Status":"ACTIVE","DataRetentionInHours":-1}})",
        R"({"StreamInfo":{"StreamARN":"a","Status":"ACTIVE","DataRetentionInHours":1e15}})"}) {
    const Result<StreamDescription> stream = parseDescribeStream(body);
    ASSERT_FALSE(stream) << body;
    EXPECT_EQ(stream.error().code, StatusCode::invalidDescribeResponse);
    EXPECT_EQ(stream.error().kind, ErrorKind::retryable);
  }
}

TEST(Answers, tooDeep) {
  const std::string deep =
      R"({"StreamARN":"a","x":)" + std::string(100000, '[') + std::string(100000, ']') + "}";
  EXPECT_EQ(parseCreateStream(deep).error().code, StatusCode::invalidCreateResponse);
}

TEST(Answers, dataEndpoint) {
  EXPECT_EQ(*parseGetDataEndpoint(R"({"DataEndpoint":"https://S-1.example.com/"})", false),
            "https://s-1.example.com");
  for (const char* body : {"{}", R"({"DataEndpoint":""})", R"({"DataEndpoint":7})",
                           R"({"DataEndpoint":"nonsense"})", R"({"DataEndpoint":"http://example.com"})"}) {
    const Result<std::string> url = parseGetDataEndpoint(body, false);
    ASSERT_FALSE(url) << body;
    EXPECT_EQ(url.error().kind, ErrorKind::retryable);
    EXPECT_EQ(url.error().code, StatusCode::getDataEndpointFailed);
  }
  EXPECT_TRUE(parseGetDataEndpoint(R"({"DataEndpoint":"http://example.com"})", true));
}

TEST_F(ControlPlaneTest, describeIsSignedWhenItLeaves) {
  std::optional<Result<StreamDescription>> result;
  const auto call = plane.describeStream("cam", [&](auto r) { result = std::move(r); });
  ASSERT_EQ(transport.count(), 1U);
  EXPECT_EQ(net::findHeader(transport.last()->request.headers, "authorization"), "");
  clock.wall += 1h;  // it waited for a place among the connections
  const net::Request& request = transport.prepareLast();
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url, "https://control.example.com/describeStream");
  EXPECT_EQ(request.profile, net::Profile::call);
  EXPECT_EQ(request.connectTimeout, 1s);
  EXPECT_EQ(request.totalTimeout, 2s);
  EXPECT_EQ(net::findHeader(request.headers, "content-type"), "application/json");
  EXPECT_EQ(net::findHeader(request.headers, "user-agent"), "kvssink/test");
  EXPECT_EQ(net::findHeader(request.headers, "x-amz-date"), "20260131T005959Z");
  EXPECT_EQ(net::findHeader(request.headers, "x-amz-security-token"), "token");
  EXPECT_TRUE(
      net::findHeader(request.headers, "authorization")
          .starts_with("AWS4-HMAC-SHA256 Credential=AKIATEST/20260131/us-west-2/kinesisvideo/aws4_request, "
                       "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, Signature="));

  FakeTransport::answer(transport.last(), {200, {{"x-amzn-RequestId", "r"}}}, description);
  ASSERT_TRUE(result && *result);
  EXPECT_EQ((*result)->arn, "arn:1");
  EXPECT_EQ(transport.last()->listener, nullptr) << "the exchange is kept after its end";
}

TEST_F(ControlPlaneTest, createTagAndDataEndpoint) {
  std::optional<Result<std::string>> arn;
  CreateStreamInput input;
  input.name = "cam";
  const auto create = plane.createStream(input, [&](auto r) { arn = std::move(r); });
  EXPECT_EQ(transport.last()->request.url, "https://control.example.com/createStream");
  FakeTransport::answer(transport.last(), {200, {}}, R"({"StreamARN":"arn:1"})");
  ASSERT_TRUE(arn && *arn);
  EXPECT_EQ(**arn, "arn:1");

  std::optional<Result<void>> tagged;
  const auto tag = plane.tagStream("arn:1", {{"a", "b"}}, [&](auto r) { tagged = std::move(r); });
  EXPECT_EQ(transport.last()->request.url, "https://control.example.com/tagStream");
  FakeTransport::answer(transport.last(), {200, {}}, "{}");
  EXPECT_TRUE(tagged && *tagged);

  std::optional<Result<std::string>> url;
  const auto endpoint = plane.getDataEndpoint("cam", [&](auto r) { url = std::move(r); });
  EXPECT_EQ(transport.last()->request.url, "https://control.example.com/getDataEndpoint");
  FakeTransport::answer(transport.last(), {200, {}}, R"({"DataEndpoint":"https://data.example.com"})");
  ASSERT_TRUE(url && *url);
  EXPECT_EQ(**url, "https://data.example.com");
}

TEST_F(ControlPlaneTest, errorAnswersBecomeErrors) {
  std::optional<Result<StreamDescription>> result;
  const auto call = plane.describeStream("cam", [&](auto r) { result = std::move(r); });
  FakeTransport::answer(
      transport.last(),
      {404, {{"x-amzn-RequestId", "r-9"}, {"x-amzn-ErrorType", "ResourceNotFoundException"}}},
      R"({"Message":"The requested stream is not found or not active."})");
  ASSERT_TRUE(result && !*result);
  EXPECT_EQ(result->error().kind, ErrorKind::notFound);
  EXPECT_EQ(result->error().requestId, "r-9");
  EXPECT_NE(result->error().message.find("describeStream of stream 'cam'"), std::string::npos);
}

TEST_F(ControlPlaneTest, aGoodStatusWithABadBodyCarriesTheRequestId) {
  std::optional<Result<StreamDescription>> result;
  const auto call = plane.describeStream("cam", [&](auto r) { result = std::move(r); });
  FakeTransport::answer(transport.last(), {200, {{"x-amzn-requestid", "r-9"}}}, "{}");
  ASSERT_TRUE(result && !*result);
  EXPECT_EQ(result->error().code, StatusCode::invalidDescribeResponse);
  EXPECT_EQ(result->error().requestId, "r-9");
  EXPECT_EQ(result->error().httpStatus, 200);
}

TEST_F(ControlPlaneTest, transportErrorsNameTheCall) {
  std::optional<Result<std::string>> result;
  const auto call = plane.getDataEndpoint("cam", [&](auto r) { result = std::move(r); });
  transport.last()->listener->onEnd(fail(StatusCode::unknown, ErrorKind::retryable, "connection refused."));
  ASSERT_TRUE(result && !*result);
  EXPECT_EQ(result->error().code, StatusCode::getDataEndpointFailed);
  EXPECT_EQ(result->error().message, "getDataEndpoint of stream 'cam' failed: connection refused.");
}

TEST_F(ControlPlaneTest, anEndlessAnswerIsCutOff) {
  int calls = 0;
  std::optional<Result<StreamDescription>> result;
  const auto call = plane.describeStream("cam", [&](auto r) {
    ++calls;
    result = std::move(r);
  });
  FakeTransport::answer(transport.last(), {200, {}}, std::string((1 << 20) + 1, ' '), 65536);
  EXPECT_EQ(calls, 1);
  ASSERT_TRUE(result && !*result);
  EXPECT_EQ(result->error().kind, ErrorKind::retryable);
  EXPECT_EQ(transport.last()->listener, nullptr);
}

TEST_F(ControlPlaneTest, aCallMayBeDestroyedFromItsOwnCallback) {
  CallHandle call;
  int calls = 0;
  call = plane.describeStream("cam", [&](const auto&) {
    ++calls;
    call.reset();
  });
  FakeTransport::answer(transport.last(), {200, {}}, description);
  EXPECT_EQ(calls, 1);
}

TEST_F(ControlPlaneTest, aDestroyedCallIsCancelledAndSilent) {
  auto call = plane.describeStream("cam", [](const auto&) { FAIL() << "called"; });
  const auto wire = transport.last();
  ASSERT_NE(wire->listener, nullptr);
  call.reset();
  EXPECT_EQ(wire->listener, nullptr);
}

}  // namespace
}  // namespace kvs::aws
