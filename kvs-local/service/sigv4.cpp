// SPDX-License-Identifier: Apache-2.0
#include "service/sigv4.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <ctime>

#include "base/digest.h"
#include "base/percent.h"

namespace kvslocal {
namespace {

constexpr std::string_view algorithm = "AWS4-HMAC-SHA256";
constexpr std::string_view unsignedPayload = "UNSIGNED-PAYLOAD";

std::string hmacSha256(std::string_view key, std::string_view data) {
  std::string digest(32, '\0');
  unsigned int length = 32;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(data.data()), data.size(),
       reinterpret_cast<unsigned char*>(digest.data()), &length);
  return digest;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  while (begin <= text.size()) {
    const std::size_t end = std::min(text.find(separator, begin), text.size());
    parts.emplace_back(trim(text.substr(begin, end - begin)));
    begin = end + 1;
  }
  return parts;
}

bool isUnreserved(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
         c == '.' || c == '~';
}

std::string percentEncode(std::string_view text, bool keepSlash) {
  constexpr const char* digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (isUnreserved(c) || (keepSlash && c == '/')) {
      out += c;
    } else {
      out += '%';
      out += digits[byte >> 4];
      out += digits[byte & 0xF];
    }
  }
  return out;
}

// Names and values encoded in the one canonical way, sorted by name, then by value.
std::string canonicalQuery(const std::string& target) {
  const std::size_t mark = target.find('?');
  if (mark == std::string::npos) return {};
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const auto& part : split(std::string_view(target).substr(mark + 1), '&')) {
    if (part.empty()) continue;
    const std::size_t equals = std::min(part.find('='), part.size());
    const std::string value = equals < part.size() ? part.substr(equals + 1) : "";
    pairs.emplace_back(percentEncode(percentDecode(part.substr(0, equals)), false),
                       percentEncode(percentDecode(value), false));
  }
  std::sort(pairs.begin(), pairs.end());
  std::string joined;
  for (const auto& [name, value] : pairs)
    joined += (joined.empty() ? "" : "&") + name + '=' + value;
  return joined;
}

std::string collapseSpaces(std::string_view value) {
  std::string out;
  for (const char c : trim(value)) {
    if (c != ' ' || out.empty() || out.back() != ' ') out += c;
  }
  return out;
}

std::optional<std::string> canonicalHeader(const HttpHead& head, const std::string& name) {
  std::optional<std::string> joined;
  for (const auto& [other, value] : head.headers) {
    if (other != name) continue;
    joined = joined ? *joined + ',' + collapseSpaces(value) : collapseSpaces(value);
  }
  return joined;
}

struct Authorization {
  std::string accessKey;
  std::string scope;
  std::vector<std::string> scopeParts;  ///< date, region, service, aws4_request
  std::vector<std::string> signedHeaders;
  std::string signature;
};

std::optional<Authorization> parseAuthorization(std::string_view value) {
  if (!value.starts_with(algorithm)) return std::nullopt;
  Authorization parsed;
  for (const auto& part : split(value.substr(algorithm.size()), ',')) {
    const std::size_t equals = part.find('=');
    if (equals == std::string::npos) return std::nullopt;
    const std::string name = part.substr(0, equals);
    const std::string text = part.substr(equals + 1);
    if (name == "Credential") {
      const std::size_t slash = text.find('/');
      if (slash == std::string::npos) return std::nullopt;
      parsed.accessKey = text.substr(0, slash);
      parsed.scope = text.substr(slash + 1);
      parsed.scopeParts = split(parsed.scope, '/');
    } else if (name == "SignedHeaders") {
      parsed.signedHeaders = split(text, ';');
    } else if (name == "Signature") {
      parsed.signature = text;
    }
  }
  const bool whole =
      parsed.scopeParts.size() == 4 && !parsed.signedHeaders.empty() && !parsed.signature.empty();
  return whole ? std::optional(parsed) : std::nullopt;
}

std::optional<WallTime> parseAmzDate(const std::string& text) {
  std::tm parts{};
  const char* end = strptime(text.c_str(), "%Y%m%dT%H%M%SZ", &parts);
  if (end == nullptr || *end != '\0' || text.size() != 16) return std::nullopt;
  return WallTime(std::chrono::seconds(timegm(&parts)));
}

std::string formatAmzDate(WallTime time) {
  const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 20> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y%m%dT%H%M%SZ", &parts)};
}

std::optional<ServiceError> checkClock(const std::string& amzDate, std::chrono::minutes tolerance,
                                       WallTime now) {
  const auto signedAt = parseAmzDate(amzDate);
  if (!signedAt)
    return ServiceError{"InvalidSignatureException", "x-amz-date is not of the form YYYYMMDDTHHMMSSZ"};
  if (*signedAt + tolerance < now) {
    return ServiceError{"InvalidSignatureException",
                        "Signature expired: " + amzDate + " is now earlier than " +
                            formatAmzDate(now - tolerance) + " (" + formatAmzDate(now) + " - 5 min.)"};
  }
  if (*signedAt - tolerance > now) {
    return ServiceError{"InvalidSignatureException",
                        "Signature not yet current: " + amzDate + " is still later than " +
                            formatAmzDate(now + tolerance) + " (" + formatAmzDate(now) + " + 5 min.)"};
  }
  return std::nullopt;
}

std::optional<ServiceError> checkScope(const Authorization& authorization, const VerifierConfig& config,
                                       const std::string& amzDate) {
  const auto& scope = authorization.scopeParts;
  if (scope[0] != amzDate.substr(0, 8)) {
    return ServiceError{"InvalidSignatureException",
                        "Date in Credential scope does not match YYYYMMDD of x-amz-date"};
  }
  if (!config.region.empty() && scope[1] != config.region) {
    return ServiceError{"InvalidSignatureException",
                        "Credential should be scoped to a valid region, not '" + scope[1] + "'"};
  }
  if (scope[2] != config.service || scope[3] != "aws4_request") {
    return ServiceError{"InvalidSignatureException",
                        "Credential should be scoped to correct service: '" + config.service + "'"};
  }
  const auto& names = authorization.signedHeaders;
  for (const char* needed : {"host", "x-amz-date"}) {
    if (std::find(names.begin(), names.end(), needed) == names.end()) {
      return ServiceError{"InvalidSignatureException",
                          std::string("'") + needed + "' must be a signed header"};
    }
  }
  return std::nullopt;
}

const ServiceError unknownKey{"UnrecognizedClientException",
                              "The security token included in the request is invalid."};

/// The key that the request says it is signed with, where that may be.
tl::expected<KeyPair, ServiceError> findKey(const Authorization& authorization, const KeyPair& own,
                                            const CredentialIssuer* issuer, const HttpHead& head,
                                            WallTime now) {
  const std::string token = head.header("x-amz-security-token").value_or("");
  if (authorization.accessKey == own.accessKey && token == own.sessionToken) return own;
  const auto issued = issuer != nullptr ? issuer->find(authorization.accessKey, token) : std::nullopt;
  if (!issued) return tl::unexpected(unknownKey);
  if (issued->expires <= now) {
    return tl::unexpected(
        ServiceError{"ExpiredTokenException", "The security token included in the request is expired"});
  }
  return KeyPair{issued->accessKey, issued->secretKey, issued->sessionToken};
}

/// What the head says of its signature, as far as it may be true.
struct Claim {
  Authorization authorization;
  std::string amzDate;
  KeyPair key;
};

tl::expected<Claim, ServiceError> readClaim(const VerifierConfig& config, const HttpHead& head,
                                            WallTime now) {
  const auto header = head.header("authorization");
  if (!header) {
    return tl::unexpected(
        ServiceError{"MissingAuthenticationTokenException", "Missing Authentication Token"});
  }
  const auto authorization = parseAuthorization(*header);
  if (!authorization) {
    return tl::unexpected(
        ServiceError{"IncompleteSignatureException",
                     "Authorization header requires 'Credential', 'SignedHeaders' and 'Signature'."});
  }
  const std::string amzDate = head.header("x-amz-date").value_or("");
  const auto key = findKey(*authorization, *config.key, config.issuer, head, now);
  if (!key) return tl::unexpected(key.error());
  if (auto wrong = checkClock(amzDate, config.tolerance, now)) return tl::unexpected(*wrong);
  if (auto wrong = checkScope(*authorization, config, amzDate)) return tl::unexpected(*wrong);
  return Claim{*authorization, amzDate, *key};
}

bool sameText(const std::string& left, const std::string& right) {
  return left.size() == right.size() && CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

}  // namespace

std::vector<std::string> streamingPayloadHashes() {
  return {sha256Hex(""), std::string(unsignedPayload)};
}

Result<std::string> canonicalRequest(const HttpHead& head, const std::vector<std::string>& signedHeaders,
                                     const std::string& payloadHash) {
  std::string names;
  std::string text =
      head.method + '\n' + percentEncode(head.path(), true) + '\n' + canonicalQuery(head.target) + '\n';
  for (const auto& name : signedHeaders) {
    const auto value = canonicalHeader(head, name);
    if (!value) return failure("the signed header '" + name + "' was not sent");
    text += name + ':' + *value + '\n';
    names += (names.empty() ? "" : ";") + name;
  }
  return text + '\n' + names + '\n' + payloadHash;
}

std::string signature(const std::string& secretKey, const std::string& amzDate, const std::string& scope,
                      const std::string& canonical) {
  std::string key = "AWS4" + secretKey;
  for (const auto& part : split(scope, '/'))
    key = hmacSha256(key, part);
  const std::string toSign =
      std::string(algorithm) + '\n' + amzDate + '\n' + scope + '\n' + sha256Hex(canonical);
  return hexOf(hmacSha256(key, toSign));
}

std::optional<ServiceError> verifyHead(const VerifierConfig& config, const HttpHead& head, WallTime now) {
  if (!config.key) return std::nullopt;
  const auto claim = readClaim(config, head, now);
  return claim ? std::nullopt : std::optional(claim.error());
}

std::optional<ServiceError> verifySignature(const VerifierConfig& config, const HttpHead& head,
                                            const std::vector<std::string>& payloadHashes, WallTime now) {
  if (!config.key) return std::nullopt;
  const auto claim = readClaim(config, head, now);
  if (!claim) return claim.error();
  const auto sent = head.header("x-amz-content-sha256");
  for (const auto& hash : payloadHashes) {
    if (sent && *sent != hash) continue;
    const auto canonical = canonicalRequest(head, claim->authorization.signedHeaders, hash);
    if (!canonical) return ServiceError{"InvalidSignatureException", canonical.error()};
    const std::string expected =
        signature(claim->key.secretKey, claim->amzDate, claim->authorization.scope, *canonical);
    if (sameText(expected, claim->authorization.signature)) return std::nullopt;
  }
  return ServiceError{
      "InvalidSignatureException",
      "The request signature we calculated does not match the signature you provided. Check your AWS "
      "Secret Access Key and signing method. Consult the service documentation for details."};
}

}  // namespace kvslocal
