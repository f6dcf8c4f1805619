// SPDX-License-Identifier: Apache-2.0
// The signature check of kvs-local. The input is a request's head; a request that is signed with the right
// key behind that passes, whatever it is.
#include "base/digest.h"
#include "http/http_parser.h"
#include "kvs_local_input.h"
#include "service/sigv4.h"

namespace {

using namespace kvslocal;
using fuzz::require;

const std::string amzDate = "20231114T221320Z";
const std::string scope = "20231114/us-west-2/kinesisvideo/aws4_request";
constexpr WallTime now{std::chrono::milliseconds(1'700'000'000'000)};

std::optional<HttpHead> readHead(ByteView bytes) {
  HttpParser parser;
  const auto part = parser.next(bytes);
  if (!part || part->kind != HttpPart::Kind::head) return std::nullopt;
  return parser.head();
}

VerifierConfig config(const CredentialIssuer& issuer) {
  VerifierConfig made;
  made.key = KeyPair{"AKID", "secret", ""};
  made.issuer = &issuer;
  return made;
}

void setHeader(HttpHead& head, const std::string& name, const std::string& value) {
  std::erase_if(head.headers, [&](const auto& header) { return header.first == name; });
  head.headers.emplace_back(name, value);
}

/// Every header signed, as a careful client would.
void sign(HttpHead& head) {
  for (const char* name : {"x-amz-content-sha256", "x-amz-security-token", "authorization"})
    std::erase_if(head.headers, [&](const auto& header) { return header.first == name; });
  setHeader(head, "x-amz-date", amzDate);
  if (!head.header("host")) setHeader(head, "host", "h");
  std::vector<std::string> names{"host", "x-amz-date"};
  const auto canonical = canonicalRequest(head, names, sha256Hex(""));
  require(canonical.has_value(), "headers that were sent can be signed");
  head.headers.emplace_back("authorization", "AWS4-HMAC-SHA256 Credential=AKID/" + scope +
                                                 ", SignedHeaders=host;x-amz-date, Signature=" +
                                                 signature("secret", amzDate, scope, *canonical));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const CredentialIssuer issuer;
  const VerifierConfig verifier = config(issuer);
  auto head = readHead({data, size});
  if (!head) return 0;
  const auto early = verifyHead(verifier, *head, now);
  const auto late = verifySignature(verifier, *head, streamingPayloadHashes(), now);
  require(!early || (late && late->name == early->name), "what the head alone forbids is forbidden");
  require(late.has_value(), "nobody guesses a signature");
  sign(*head);
  require(!verifySignature(verifier, *head, {sha256Hex("")}, now), "a good signature passes");
  return 0;
}
