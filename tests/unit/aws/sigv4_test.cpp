// SPDX-License-Identifier: Apache-2.0
// Our signer against botocore's (tests/vectors/make_sigv4_vectors.py), step by step.
#include "aws/sigv4.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

namespace kvs::aws {
namespace {

using nlohmann::json;

std::vector<std::string> vectorNames() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(SIGV4_VECTORS)) {
    if (entry.path().extension() == ".json") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

struct Vector {
  json data;
  net::Request request;
  Credentials credentials;
  SigningScope scope;
  WallTime time;
  std::string payloadHash;
};

WallTime parseAmzDate(const std::string& text) {
  std::tm parts{};
  std::istringstream(text) >> std::get_time(&parts, "%Y%m%dT%H%M%SZ");
  return WallTime(Seconds(timegm(&parts)));
}

Vector load(const std::string& name) {
  std::ifstream file(std::filesystem::path(SIGV4_VECTORS) / (name + ".json"));
  Vector vector;
  vector.data = json::parse(file);
  const json& data = vector.data;
  vector.request.method = data.at("method");
  vector.request.url = data.at("url");
  vector.request.body = data.at("body");
  for (const json& header : data.at("headers"))
    vector.request.headers.push_back({header.at(0), header.at(1)});
  vector.credentials.accessKey = data.at("accessKey");
  vector.credentials.secretKey = Secret(data.at("secretKey").get<std::string>());
  vector.credentials.sessionToken = Secret(data.at("sessionToken").get<std::string>());
  vector.scope = {data.at("region"), data.at("service")};
  vector.time = parseAmzDate(data.at("amzDate"));
  vector.payloadHash = sha256Hex(vector.request.body);
  return vector;
}

class SigV4Vectors : public testing::TestWithParam<std::string> {};

TEST_P(SigV4Vectors, stepsAreBotocores) {
  Vector vector = load(GetParam());
  const std::string date = amzDate(vector.time);
  ASSERT_EQ(date, vector.data.at("amzDate"));
  ASSERT_TRUE(sign(vector.request, vector.credentials, vector.scope, vector.time, vector.payloadHash));

  const auto canonical = canonicalRequest(vector.request, vector.payloadHash);
  ASSERT_TRUE(canonical);
  EXPECT_EQ(std::string_view(canonical->text), vector.data.at("canonicalRequest").get<std::string>());
  const std::string text = stringToSign(date, vector.scope, canonical->text);
  EXPECT_EQ(text, vector.data.at("stringToSign"));
  EXPECT_EQ(signature(vector.credentials.secretKey, date, vector.scope, text), vector.data.at("signature"));
  EXPECT_EQ(net::findHeader(vector.request.headers, "authorization"), vector.data.at("authorization"));
}

TEST_P(SigV4Vectors, signingAgainReplacesTheFirstSignature) {
  Vector vector = load(GetParam());
  ASSERT_TRUE(sign(vector.request, vector.credentials, vector.scope, vector.time - std::chrono::hours(5),
                   vector.payloadHash));
  ASSERT_TRUE(sign(vector.request, vector.credentials, vector.scope, vector.time, vector.payloadHash));
  EXPECT_EQ(net::findHeader(vector.request.headers, "authorization"), vector.data.at("authorization"));
}

INSTANTIATE_TEST_SUITE_P(Botocore, SigV4Vectors, testing::ValuesIn(vectorNames()),
                         [](const auto& vector) { return vector.param; });

TEST(SigV4, thereAreVectors) {
  EXPECT_GE(vectorNames().size(), 17U);
}

TEST(SigV4, emptyPayloadHashIsThatOfNothing) {
  EXPECT_EQ(sha256Hex(""), emptyPayloadHash);
}

TEST(SigV4, amzDateOfDistantTimes) {
  using namespace std::chrono;
  EXPECT_EQ(amzDate(WallTime{}), "19700101T000000Z");
  EXPECT_EQ(amzDate(WallTime(-1s)), "19691231T235959Z");
  EXPECT_EQ(amzDate(WallTime(Seconds(951827696) + 999ms)), "20000229T123456Z");
}

net::Request simpleRequest() {
  net::Request request;
  request.url = "https://example.com/describeStream";
  return request;
}

const Credentials someKeys{"AKIA", Secret("secret"), {}, {}, {}};

TEST(SigV4, headersThatProxiesChangeAreNotSigned) {
  net::Request request = simpleRequest();
  request.headers = {
      {"User-Agent", "a"}, {"Expect", ""}, {"Transfer-Encoding", "chunked"}, {"Connection", "b"}};
  EXPECT_EQ(canonicalRequest(request, emptyPayloadHash)->signedHeaders, "host");
}

TEST(SigV4, repeatedHeadersAreJoined) {
  net::Request request = simpleRequest();
  request.headers = {{"X-Amzn-A", "1"}, {"x-amzn-a", " 2 "}};
  const auto canonical = canonicalRequest(request, emptyPayloadHash);
  EXPECT_NE(canonical->text.find("x-amzn-a:1,2\n"), std::string::npos) << canonical->text;
}

TEST(SigV4, aGivenHostHeaderCounts) {
  net::Request request = simpleRequest();
  request.headers = {{"Host", "other.example.com"}};
  const auto canonical = canonicalRequest(request, emptyPayloadHash);
  EXPECT_NE(canonical->text.find("host:other.example.com\n"), std::string::npos) << canonical->text;
}

TEST(SigV4, controlCharactersAreRefusedWithoutRepeatingTheValue) {
  net::Request request = simpleRequest();
  request.headers = {{"x-amzn-stream-name", "a\r\nx-evil: 1"}};
  const Result<void> result = sign(request, someKeys, {"us-west-2"}, WallTime{}, emptyPayloadHash);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, StatusCode::invalidArg);
  EXPECT_EQ(result.error().message.find("evil"), std::string::npos);

  net::Request good = simpleRequest();
  const Credentials badKeys{"AKIA\n", Secret("secret"), {}, {}, {}};
  EXPECT_FALSE(sign(good, badKeys, {"us-west-2"}, WallTime{}, emptyPayloadHash));
  net::Request token = simpleRequest();
  const Credentials badToken{"AKIA", Secret("secret"), Secret("a\nb"), {}, {}};
  EXPECT_FALSE(sign(token, badToken, {"us-west-2"}, WallTime{}, emptyPayloadHash));
}

TEST(SigV4, anAddressThatIsNoneIsRefused) {
  net::Request request;
  request.url = "describeStream";
  EXPECT_FALSE(sign(request, someKeys, {"us-west-2"}, WallTime{}, emptyPayloadHash));
}

}  // namespace
}  // namespace kvs::aws
