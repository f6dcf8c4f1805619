// SPDX-License-Identifier: Apache-2.0
// The verifier against requests that botocore signed (tests/vectors/sigv4), and against what must not pass.
#include "service/sigv4.h"
#include "base/digest.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

namespace kvslocal {
namespace {

struct Vector {
  std::string name;
  HttpHead head;
  VerifierConfig config;
  std::vector<std::string> payloads;
  WallTime signedAt;
};

WallTime timeOf(const std::string& amzDate) {
  std::tm parts{};
  strptime(amzDate.c_str(), "%Y%m%dT%H%M%SZ", &parts);
  return WallTime(std::chrono::seconds(timegm(&parts)));
}

Vector load(const std::string& path) {
  std::ifstream file(path);
  const auto json = nlohmann::json::parse(file);
  Vector vector;
  vector.name = json["name"];
  vector.head.method = json["method"];
  const std::string url = json["url"];
  const std::size_t hostAt = url.find("//") + 2;
  const std::size_t pathAt = url.find('/', hostAt);
  vector.head.target = url.substr(pathAt);
  // What travels is in the canonical request: host, date and token in the spelling that was signed.
  std::istringstream canonical(json["canonicalRequest"].get<std::string>());
  std::string line;
  for (int i = 0; i < 3; ++i)
    std::getline(canonical, line);
  while (std::getline(canonical, line) && !line.empty()) {
    const std::size_t colon = line.find(':');
    vector.head.headers.emplace_back(line.substr(0, colon), line.substr(colon + 1));
  }
  vector.head.headers.emplace_back("user-agent", "not signed");
  vector.head.headers.emplace_back("authorization", json["authorization"]);
  vector.config.key = KeyPair{json["accessKey"], json["secretKey"], json["sessionToken"]};
  vector.config.region = json["region"];
  vector.config.service = json["service"];
  vector.payloads = vector.head.path() == "/putMedia"
                        ? streamingPayloadHashes()
                        : std::vector{sha256Hex(json["body"].get<std::string>())};
  vector.signedAt = timeOf(json["amzDate"]);
  return vector;
}

std::vector<Vector> allVectors() {
  std::vector<Vector> vectors;
  for (const auto& entry : std::filesystem::directory_iterator(SIGV4_VECTORS)) {
    if (entry.path().extension() == ".json") vectors.push_back(load(entry.path().string()));
  }
  return vectors;
}

std::string verdict(const Vector& vector, WallTime now) {
  const auto refused = verifySignature(vector.config, vector.head, vector.payloads, now);
  return refused ? refused->name : "passes";
}

void setHeader(Vector& vector, const std::string& name, const std::string& value) {
  for (auto& header : vector.head.headers) {
    if (header.first == name) header.second = value;
  }
}

class Sigv4Test : public testing::Test {
 protected:
  Vector vector = load(SIGV4_VECTORS "/putMedia.json");
};

TEST(Sigv4Vectors, allPass) {
  const auto vectors = allVectors();
  EXPECT_GE(vectors.size(), 10U);
  for (const auto& vector : vectors)
    EXPECT_EQ(verdict(vector, vector.signedAt), "passes") << vector.name;
}

TEST(Sigv4Vectors, anotherSecretFails) {
  for (auto vector : allVectors()) {
    vector.config.key->secretKey += 'x';
    EXPECT_EQ(verdict(vector, vector.signedAt), "InvalidSignatureException") << vector.name;
  }
}

TEST(Sigv4Vectors, aChangedSignedHeaderFails) {
  for (auto vector : allVectors()) {
    for (auto& header : vector.head.headers) {
      if (header.first == "host") header.second += 'x';
    }
    EXPECT_EQ(verdict(vector, vector.signedAt), "InvalidSignatureException") << vector.name;
  }
}

TEST_F(Sigv4Test, anUnsignedHeaderMayChange) {
  setHeader(vector, "user-agent", "other");
  EXPECT_EQ(verdict(vector, vector.signedAt), "passes");
}

TEST_F(Sigv4Test, anotherKeyIsNotKnown) {
  vector.config.key->accessKey = "AKIDOTHER";
  EXPECT_EQ(verdict(vector, vector.signedAt), "UnrecognizedClientException");
}

TEST_F(Sigv4Test, theSessionTokenMustBeOurs) {
  vector.config.key->sessionToken = "token";
  EXPECT_EQ(verdict(vector, vector.signedAt), "UnrecognizedClientException");
}

TEST_F(Sigv4Test, fiveMinutesAreTheClocksTolerance) {
  using std::chrono::minutes;
  using std::chrono::seconds;
  EXPECT_EQ(verdict(vector, vector.signedAt + minutes(5)), "passes");
  EXPECT_EQ(verdict(vector, vector.signedAt - minutes(5)), "passes");
  EXPECT_EQ(verdict(vector, vector.signedAt + minutes(5) + seconds(1)), "InvalidSignatureException");
  EXPECT_EQ(verdict(vector, vector.signedAt - minutes(5) - seconds(1)), "InvalidSignatureException");
  const auto expired =
      verifySignature(vector.config, vector.head, vector.payloads, vector.signedAt + std::chrono::hours(1));
  EXPECT_TRUE(expired->message.starts_with("Signature expired: ")) << expired->message;
}

TEST_F(Sigv4Test, anotherRegionFailsOnlyWhereOneIsDemanded) {
  vector.config.region = "eu-west-1";
  EXPECT_EQ(verdict(vector, vector.signedAt), "InvalidSignatureException");
  vector.config.region.clear();
  EXPECT_EQ(verdict(vector, vector.signedAt), "passes");
}

TEST_F(Sigv4Test, theBodyOfAControlCallIsSigned) {
  Vector call = load(SIGV4_VECTORS "/describeStream.json");
  call.payloads = {sha256Hex("{}")};
  EXPECT_EQ(verdict(call, call.signedAt), "InvalidSignatureException");
}

TEST_F(Sigv4Test, putMediaMaySayUnsignedPayload) {
  vector.head.headers.emplace_back("x-amz-content-sha256", "UNSIGNED-PAYLOAD");
  EXPECT_EQ(verdict(vector, vector.signedAt),
            "InvalidSignatureException");  // it was signed over the empty hash
  const std::vector<std::string> names{"host", "x-amz-content-sha256", "x-amz-date"};
  const auto canonical = canonicalRequest(vector.head, names, "UNSIGNED-PAYLOAD");
  ASSERT_TRUE(canonical);
  const std::string date = *vector.head.header("x-amz-date");
  const std::string scope = date.substr(0, 8) + "/us-west-2/kinesisvideo/aws4_request";
  setHeader(vector, "authorization",
            "AWS4-HMAC-SHA256 Credential=" + vector.config.key->accessKey + '/' + scope +
                ",SignedHeaders=host;x-amz-content-sha256;x-amz-date,Signature=" +
                signature(vector.config.key->secretKey, date, scope, *canonical));
  EXPECT_EQ(verdict(vector, vector.signedAt), "passes");
  setHeader(vector, "x-amz-content-sha256", sha256Hex("something"));
  EXPECT_EQ(verdict(vector, vector.signedAt), "InvalidSignatureException");
}

TEST_F(Sigv4Test, anIssuedKeyPassesUntilItExpires) {
  CredentialIssuer issuer(std::chrono::seconds(60));
  const IssuedKey key = issuer.issue(vector.signedAt);
  vector.config.issuer = &issuer;
  vector.head.headers.emplace_back("x-amz-security-token", key.sessionToken);
  const std::vector<std::string> names{"host", "x-amz-date", "x-amz-security-token"};
  const auto canonical = canonicalRequest(vector.head, names, sha256Hex(""));
  ASSERT_TRUE(canonical);
  const std::string date = *vector.head.header("x-amz-date");
  const std::string scope = date.substr(0, 8) + "/us-west-2/kinesisvideo/aws4_request";
  setHeader(vector, "authorization",
            "AWS4-HMAC-SHA256 Credential=" + key.accessKey + '/' + scope +
                ",SignedHeaders=host;x-amz-date;x-amz-security-token,Signature=" +
                signature(key.secretKey, date, scope, *canonical));
  EXPECT_EQ(verdict(vector, vector.signedAt + std::chrono::seconds(59)), "passes");
  EXPECT_EQ(verdict(vector, vector.signedAt + std::chrono::seconds(60)), "ExpiredTokenException");
  setHeader(vector, "x-amz-security-token", "another");
  EXPECT_EQ(verdict(vector, vector.signedAt), "UnrecognizedClientException");
}

TEST_F(Sigv4Test, hostAndDateMustBeSigned) {
  const std::string date = *vector.head.header("x-amz-date");
  const std::string scope = date.substr(0, 8) + "/us-west-2/kinesisvideo/aws4_request";
  for (const auto& names : std::vector<std::vector<std::string>>{{"host"}, {"x-amz-date"}}) {
    const auto canonical = canonicalRequest(vector.head, names, sha256Hex(""));
    setHeader(vector, "authorization",
              "AWS4-HMAC-SHA256 Credential=" + vector.config.key->accessKey + '/' + scope +
                  ", SignedHeaders=" + names[0] +
                  ", Signature=" + signature(vector.config.key->secretKey, date, scope, *canonical));
    EXPECT_EQ(verdict(vector, vector.signedAt), "InvalidSignatureException") << names[0];
  }
}

TEST_F(Sigv4Test, malformedHeadersAreToldApart) {
  for (const char* wrong : {"", "Basic abc", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=a/b/c",
                            "AWS4-HMAC-SHA256 Credential=a/20260101/r/s/aws4_request, SignedHeaders=host"}) {
    setHeader(vector, "authorization", wrong);
    EXPECT_EQ(verdict(vector, vector.signedAt), "IncompleteSignatureException") << wrong;
  }
  vector.head.headers.clear();
  EXPECT_EQ(verdict(vector, vector.signedAt), "MissingAuthenticationTokenException");
}

TEST_F(Sigv4Test, aSignedHeaderThatWasNotSentFails) {
  std::erase_if(vector.head.headers, [](const auto& header) { return header.first == "x-amzn-stream-name"; });
  EXPECT_EQ(verdict(vector, vector.signedAt), "InvalidSignatureException");
}

TEST_F(Sigv4Test, withoutAKeyEverythingPasses) {
  vector.config.key.reset();
  vector.head.headers.clear();
  EXPECT_EQ(verdict(vector, WallTime{}), "passes");
}

}  // namespace
}  // namespace kvslocal
