// SPDX-License-Identifier: Apache-2.0
#include "aws/sigv4.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>

#include "aws/url.h"

namespace kvs::aws {
namespace {

constexpr std::string_view algorithm = "AWS4-HMAC-SHA256";

/// A key or digest on its way to the signature; wiped when it is dropped.
struct Digest {
  std::array<unsigned char, 32> bytes{};
  Digest() = default;
  Digest(const Digest&) = default;
  Digest& operator=(const Digest&) = default;
  ~Digest() { OPENSSL_cleanse(bytes.data(), bytes.size()); }
};

std::string hex(std::span<const unsigned char> bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (unsigned char byte : bytes) {
    text += digits[byte >> 4];
    text += digits[byte & 0xF];
  }
  return text;
}

Digest hmac(std::span<const unsigned char> key, std::string_view text) {
  Digest digest;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.bytes.data(), nullptr);
  return digest;
}

/// The first key is "AWS4" and the secret: the only copy of the secret that is made, and wiped.
Digest dateKey(const Secret& secretKey, std::string_view date) {
  std::vector<unsigned char> key{'A', 'W', 'S', '4'};
  const std::string_view secret = secretKey.reveal();
  key.reserve(key.size() + secret.size());
  key.insert(key.end(), secret.begin(), secret.end());
  const Digest digest = hmac(key, date);
  OPENSSL_cleanse(key.data(), key.size());
  return digest;
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return result;
}

/// Blanks at both ends go, runs of blanks inside become one ("Create a canonical request", step 4).
WipingString collapseBlanks(std::string_view value) {
  WipingString result;
  result.reserve(value.size());
  for (char c : value) {
    const bool blank = c == ' ' || c == '\t';
    if (!blank) {
      result += c;
    } else if (!result.empty() && result.back() != ' ') {
      result += ' ';
    }
  }
  if (result.ends_with(' ')) result.pop_back();
  return result;
}

bool isUnreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

/// The path is escaped once more than it stands in the address, as for every service but S3.
std::string escapePath(std::string_view path) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string result;
  for (char c : path) {
    if (isUnreserved(c) || c == '/') {
      result += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      result += {'%', digits[byte >> 4], digits[byte & 0xF]};
    }
  }
  return result;
}

/// Parameters sorted by name, then value; one without '=' gets it. Escapes stay as they are.
std::string sortedQuery(std::string_view query) {
  std::vector<std::pair<std::string_view, std::string_view>> parameters;
  while (!query.empty()) {
    const std::string_view parameter = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), parameter.size() + 1));
    const std::size_t equals = std::min(parameter.find('='), parameter.size());
    parameters.emplace_back(parameter.substr(0, equals),
                            parameter.substr(std::min(equals + 1, parameter.size())));
  }
  std::sort(parameters.begin(), parameters.end());
  std::string result;
  for (const auto& [name, value] : parameters) {
    if (!result.empty()) result += '&';
    result.append(name).append("=").append(value);
  }
  return result;
}

/// Only what no transport or proxy changes on the way.
bool isSigned(std::string_view lowerName) {
  return lowerName == "host" || lowerName == "content-type" || lowerName.starts_with("x-amz");
}

bool isFromEarlierSignature(std::string_view lowerName) {
  return lowerName == "authorization" || lowerName == "x-amz-date" || lowerName == "x-amz-security-token";
}

bool hasControl(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; });
}

tl::unexpected<Error> refuse(std::string message) {
  return fail(StatusCode::invalidArg, ErrorKind::fatal, std::move(message));
}

/// Name to value, sorted by name; several headers of one name are joined by a comma. One is the session
/// token.
Result<std::map<std::string, WipingString>> headersToSign(const net::Request& request, const UrlParts& url) {
  std::map<std::string, WipingString> headers;
  for (const net::Header& header : request.headers) {
    if (hasControl(header.name) || hasControl(header.value)) {
      return refuse("The header " + lower(header.name.substr(0, 64)) +
                    " of a request contains a control character, so it cannot be sent.");
    }
    const std::string name = lower(header.name);
    if (!isSigned(name)) continue;
    const auto [at, isNew] = headers.try_emplace(name);
    if (!isNew) at->second += ',';
    at->second += collapseBlanks(header.value);
  }
  headers.try_emplace("host", WipingString(url.authority()));
  return headers;
}

std::string credentialScope(std::string_view date, const SigningScope& scope) {
  return std::string(date.substr(0, 8)) + "/" + scope.region + "/" + scope.service + "/aws4_request";
}

}  // namespace

std::string sha256Hex(std::string_view text) {
  std::array<unsigned char, 32> digest{};
  EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
  return hex(digest);
}

std::string amzDate(WallTime time) {
  using namespace std::chrono;
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(floor<seconds>(time - day));
  char text[64];
  std::snprintf(text, sizeof text, "%04d%02u%02uT%02d%02d%02dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text;
}

Result<CanonicalRequest> canonicalRequest(const net::Request& request, std::string_view payloadHash) {
  const std::optional<UrlParts> url = parseUrl(request.url);
  if (!url) return refuse("A request cannot be signed: its address is not one with scheme and host.");
  const auto headers = headersToSign(request, *url);
  if (!headers) return fail(headers.error());

  CanonicalRequest canonical;
  canonical.text.append(request.method).append("\n").append(escapePath(url->path)).append("\n");
  canonical.text.append(sortedQuery(url->query)).append("\n");
  for (const auto& [name, value] : *headers) {
    canonical.text.append(name).append(":").append(value).append("\n");
    if (!canonical.signedHeaders.empty()) canonical.signedHeaders += ';';
    canonical.signedHeaders += name;
  }
  canonical.text.append("\n").append(canonical.signedHeaders).append("\n").append(payloadHash);
  return canonical;
}

std::string stringToSign(std::string_view date, const SigningScope& scope, std::string_view canonicalText) {
  std::string text(algorithm);
  text.append("\n").append(date).append("\n").append(credentialScope(date, scope));
  return text.append("\n").append(sha256Hex(canonicalText));
}

std::string signature(const Secret& secretKey, std::string_view date, const SigningScope& scope,
                      std::string_view text) {
  const Digest day = dateKey(secretKey, date.substr(0, 8));
  const Digest region = hmac(day.bytes, scope.region);
  const Digest service = hmac(region.bytes, scope.service);
  const Digest signing = hmac(service.bytes, "aws4_request");
  return hex(hmac(signing.bytes, text).bytes);
}

Result<void> sign(net::Request& request, const Credentials& credentials, const SigningScope& scope,
                  WallTime now, std::string_view payloadHash) {
  std::erase_if(request.headers,
                [](const net::Header& header) { return isFromEarlierSignature(lower(header.name)); });
  request.carry(credentials.secretKey);
  request.carry(credentials.sessionToken);
  const std::string date = amzDate(now);
  request.headers.push_back({"x-amz-date", date});
  if (!credentials.sessionToken.empty()) {
    request.headers.push_back({"x-amz-security-token", std::string(credentials.sessionToken.reveal())});
  }
  const auto canonical = canonicalRequest(request, payloadHash);
  if (!canonical) return fail(canonical.error());

  std::string authorization(algorithm);
  authorization.append(" Credential=").append(credentials.accessKey).append("/");
  authorization.append(credentialScope(date, scope))
      .append(", SignedHeaders=")
      .append(canonical->signedHeaders);
  authorization.append(", Signature=");
  authorization.append(
      signature(credentials.secretKey, date, scope, stringToSign(date, scope, canonical->text)));
  if (hasControl(authorization))
    return refuse("The access key contains a control character, so it cannot be right.");
  request.headers.push_back({"authorization", std::move(authorization)});
  return {};
}

}  // namespace kvs::aws
