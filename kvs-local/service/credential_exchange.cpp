// SPDX-License-Identifier: Apache-2.0
#include "service/credential_exchange.h"

#include <algorithm>

#include "base/digest.h"
#include "base/json.h"
#include "base/percent.h"

namespace kvslocal {
namespace {

constexpr std::size_t mostBody = 64 * 1024;
constexpr const char* containerPath = "/container/credentials";
constexpr const char* tokenPath = "/latest/api/token";
constexpr const char* rolePath = "/latest/meta-data/iam/security-credentials/";
constexpr const char* roleName = "kvs-local-role";

/// "/role-aliases/ALIAS/credentials"
bool isRoleAliasPath(const std::string& path) {
  constexpr std::string_view front = "/role-aliases/";
  constexpr std::string_view back = "/credentials";
  return path.size() > front.size() + back.size() && path.starts_with(front) && path.ends_with(back);
}

/// A value of a form, where a blank is a plus sign.
std::string decoded(std::string text) {
  std::ranges::replace(text, '+', ' ');
  return percentDecode(text);
}

HttpReply message(int status, const std::string& text) {
  return {status, {{"Content-Type", "application/json"}}, R"({"message":)" + jsonString(text) + '}'};
}

HttpReply textReply(std::string text) {
  return {200, {{"Content-Type", "text/plain"}}, std::move(text)};
}

/// Container and instance write the same fields.
std::string endpointFields(const IssuedKey& key) {
  return R"("AccessKeyId":)" + jsonString(key.accessKey) + R"(,"SecretAccessKey":)" +
         jsonString(key.secretKey) + R"(,"Token":)" + jsonString(key.sessionToken) + R"(,"Expiration":)" +
         jsonString(isoSeconds(key.expires));
}

HttpReply stsError(int status, const std::string& code, const std::string& text) {
  return {
      status,
      {{"Content-Type", "text/xml"}},
      "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type><Code>" +
          code + "</Code><Message>" + text + "</Message></Error></ErrorResponse>"};
}

std::string stsAnswer(const std::string& action, const IssuedKey& key) {
  return "<" + action + "Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><" + action +
         "Result><Credentials><AccessKeyId>" + key.accessKey + "</AccessKeyId><SecretAccessKey>" +
         key.secretKey + "</SecretAccessKey><SessionToken>" + key.sessionToken +
         "</SessionToken><Expiration>" + isoSeconds(key.expires) + "</Expiration></Credentials></" + action +
         "Result></" + action + "Response>";
}

}  // namespace

bool CredentialExchange::knows(const HttpHead& head) {
  const std::string path = head.path();
  if (head.method == "PUT") return path == tokenPath;
  if (head.method == "POST") return path == "/";
  return head.method == "GET" &&
         (isRoleAliasPath(path) || path == containerPath || path.starts_with(rolePath));
}

CredentialExchange::CredentialExchange(CredentialHost& host, HttpHead head, std::unique_ptr<CallGate> gate)
    : CallExchange(std::move(head), std::move(gate), mostBody), host_(host) {}

HttpReply CredentialExchange::refuseSize() {
  return message(413, "The body is over 64 KiB");
}

std::string CredentialExchange::operation() const {
  const std::string path = head().path();
  if (head().method == "PUT") return "metadataToken";
  if (head().method == "POST")
    return field("Action") == "AssumeRoleWithWebIdentity" ? "assumeRoleWithWebIdentity" : "assumeRole";
  if (path == containerPath) return "containerCredentials";
  if (path == rolePath) return "metadataRole";
  return path.starts_with(rolePath) ? "metadataCredentials" : "iotCredentials";
}

HttpReply CredentialExchange::makeAnswer() {
  const std::string which = operation();
  if (which == "iotCredentials") return answerIot();
  if (which == "containerCredentials") return answerContainer();
  if (which == "metadataToken") return answerMetadataToken();
  if (which.starts_with("metadata")) return answerMetadata(which);
  return answerAssumeRole(field("Action"));
}

HttpReply CredentialExchange::answerIot() {
  if (!exchange()->peer().hasCertificate())
    return message(403, "Missing client certificate; start kvs-local with --tls and --client-ca");
  if (!head().header("x-amzn-iot-thingname")) return message(403, "Invalid thing name passed");
  const IssuedKey key = host_.issuer.issue(host_.clock.wall());
  return jsonReply(R"({"credentials":{"accessKeyId":)" + jsonString(key.accessKey) +
                   R"(,"secretAccessKey":)" + jsonString(key.secretKey) + R"(,"sessionToken":)" +
                   jsonString(key.sessionToken) + R"(,"expiration":)" + jsonString(isoSeconds(key.expires)) +
                   "}}");
}

HttpReply CredentialExchange::answerContainer() {
  if (head().header("authorization").value_or("").empty()) return message(401, "No authorization token");
  const IssuedKey key = host_.issuer.issue(host_.clock.wall());
  return jsonReply(R"({"RoleArn":"arn:aws:iam::123456789012:role/kvs-local-role",)" + endpointFields(key) +
                   '}');
}

HttpReply CredentialExchange::answerMetadataToken() {
  if (!head().header("x-aws-ec2-metadata-token-ttl-seconds")) return message(400, "No time to live");
  host_.metadataToken = makeRequestId();
  return textReply(host_.metadataToken);
}

HttpReply CredentialExchange::answerMetadata(const std::string& which) {
  if (host_.metadataToken.empty() || head().header("x-aws-ec2-metadata-token") != host_.metadataToken)
    return message(401, "Unauthorized");
  if (which == "metadataRole") return textReply(roleName);
  if (head().path() != std::string(rolePath) + roleName) return message(404, "Not Found");
  const IssuedKey key = host_.issuer.issue(host_.clock.wall());
  return jsonReply(R"({"Code":"Success","Type":"AWS-HMAC",)" + endpointFields(key) + '}');
}

HttpReply CredentialExchange::answerAssumeRole(const std::string& action) {
  if (action != "AssumeRole" && action != "AssumeRoleWithWebIdentity")
    return stsError(400, "InvalidAction", "Could not find operation " + action);
  if (field("RoleArn").empty() || field("RoleSessionName").empty())
    return stsError(400, "ValidationError", "RoleArn and RoleSessionName are required");
  if (action == "AssumeRole") {
    VerifierConfig verifier = host_.verifier;
    verifier.service = "sts";
    const auto refused = verifySignature(verifier, head(), {sha256Hex(body())}, host_.clock.wall());
    if (refused) return stsError(403, refused->name, refused->message);
  } else if (field("WebIdentityToken").empty()) {
    return stsError(400, "InvalidIdentityToken", "No OpenIDConnect token");
  }
  return {200, {{"Content-Type", "text/xml"}}, stsAnswer(action, host_.issuer.issue(host_.clock.wall()))};
}

std::string CredentialExchange::field(const std::string& name) const {
  std::string_view rest = body();
  while (!rest.empty()) {
    const std::string_view part = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(part.size() + 1, rest.size()));
    const std::size_t equals = std::min(part.find('='), part.size());
    if (part.substr(0, equals) == name)
      return decoded(std::string(part.substr(std::min(equals + 1, part.size()))));
  }
  return {};
}

}  // namespace kvslocal
