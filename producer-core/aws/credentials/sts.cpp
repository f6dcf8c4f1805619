// SPDX-License-Identifier: Apache-2.0
#include "aws/credentials/sts.h"

#include <algorithm>
#include <array>

#include "aws/credentials/check.h"
#include "aws/endpoint.h"
#include "aws/iso_time.h"
#include "aws/region.h"
#include "aws/service_error.h"
#include "aws/sigv4.h"
#include "aws/url.h"

namespace kvs::aws {
namespace {

constexpr std::size_t maxElement = 32 * 1024;

void appendEncoded(std::string& out, std::string_view text) {
  constexpr const char* digits = "0123456789ABCDEF";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-_.~").find(c) != std::string_view::npos;
    if (plain) {
      out += c;
    } else {
      out += '%';
      out += digits[byte >> 4];
      out += digits[byte & 15];
    }
  }
}

void addField(std::string& body, std::string_view name, std::string_view value) {
  body.append("&").append(name).append("=");
  appendEncoded(body, value);
}

/// What both calls have in common.
std::string bodyFor(std::string_view action, const SourceTools& tools, const RoleRequest& role) {
  std::string body = "Action=" + std::string(action) + "&Version=2011-06-15";
  addField(body, "RoleArn", role.roleArn);
  const auto seconds = std::chrono::duration_cast<Seconds>(tools.clock->wallNow().time_since_epoch()).count();
  addField(body, "RoleSessionName",
           role.sessionName.empty() ? "kvs-producer-" + std::to_string(seconds) : role.sessionName);
  if (role.duration) addField(body, "DurationSeconds", std::to_string(role.duration->count()));
  if (!role.externalId.empty()) addField(body, "ExternalId", role.externalId);
  return body;
}

net::Request requestTo(const std::string& url, std::string body) {
  net::Request request;
  request.url = url + "/";
  request.headers = {{"content-type", "application/x-www-form-urlencoded; charset=utf-8"}};
  request.body = std::move(body);
  return request;
}

/// &lt; &gt; &amp; &quot; &apos; and nothing else: tokens and keys need no more.
bool resolveEntities(WipingString& text) {
  constexpr std::array<std::pair<std::string_view, char>, 5> entities{
      {{"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}, {"&quot;", '"'}, {"&apos;", '\''}}};
  for (std::size_t at = text.find('&'); at != WipingString::npos; at = text.find('&', at + 1)) {
    const std::string_view here = std::string_view(text).substr(at);
    const auto* found = std::find_if(entities.begin(), entities.end(),
                                     [&](const auto& entity) { return here.starts_with(entity.first); });
    if (found == entities.end()) return false;
    text.replace(at, found->first.size(), 1, found->second);
  }
  return true;
}

std::string_view shown(const std::optional<WipingString>& text) {
  return text ? std::string_view(*text) : std::string_view();
}

/// The region of a public host, whatever the stream's is: the service refuses any other. The host that names
/// none is in us-east-1 (AWS STS, "Manage AWS STS in an AWS Region").
std::string signingRegion(std::string_view url, const std::string& usual) {
  const auto parts = parseUrl(url);
  if (!parts) return usual;
  if (parts->host == "sts.amazonaws.com") return "us-east-1";
  const std::string_view place = regionOfHost(parts->host);
  return place.empty() ? usual : std::string(place);
}

struct Advice {
  std::string_view code;  // AWS STS API Reference, "Common error types" and of both calls
  std::string_view text;
};

constexpr std::string_view checkTheRole = "Check the role's ARN and whom it trusts.";
constexpr std::string_view checkTheKeys =
    "Check the keys with which the role is requested, and this machine's clock.";
constexpr std::string_view renew =
    "The credentials with which the role is requested have expired: renew them, and check this machine's "
    "clock.";
constexpr std::array advices{
    Advice{"ExpiredToken", renew},
    Advice{"ExpiredTokenException", renew},
    Advice{"InvalidClientTokenId", checkTheKeys},
    Advice{"UnrecognizedClientException", checkTheKeys},
    Advice{"SignatureDoesNotMatch", checkTheKeys},
    Advice{"InvalidSignatureException", checkTheKeys},
    Advice{"IncompleteSignature", checkTheKeys},
    Advice{"InvalidIdentityToken",
           "Check the token, its issuer, and that the role's account knows the issuer."},
    Advice{"IDPRejectedClaim", "Check that the token is still valid, and that the role trusts its issuer."},
    Advice{"RegionDisabledException",
           "Activate the Security Token Service in this region, or name another region's endpoint in "
           "AWS_ENDPOINT_URL_STS."},
};

std::string_view adviceFor(std::string_view code) {
  const auto* found = std::ranges::find(advices, code, &Advice::code);
  return found == advices.end() ? checkTheRole : found->text;
}

/// Refused for the sake of a wrong clock, which may be put right: by the answer's Date, or by the user.
bool blamesTheClock(std::string_view said) {
  return said.starts_with("Signature expired") || said.starts_with("Signature not yet current");
}

Error refusal(const Answer& answer, std::string_view source) {
  Error error = refusedBy(source, answer, checkTheRole);
  const std::string said = cleanServiceText(shown(xmlText(answer.body, "Message")));
  error.exception = cleanServiceText(shown(xmlText(answer.body, "Code")));
  if (error.exception.empty()) return error;
  error.message = "The " + std::string(source) + " provided no credentials: " + error.exception + ", \"" +
                  said + "\". " + std::string(adviceFor(error.exception));
  if (error.exception == "Throttling" || error.exception == "IDPCommunicationError")
    error.kind = ErrorKind::retryable;
  if (blamesTheClock(said)) {
    error.kind = ErrorKind::auth;
    error.serverDate = parseHttpDate(net::findHeader(answer.head.headers, "date"));
  }
  return error;
}

}  // namespace

std::optional<WipingString> xmlText(std::string_view xml, std::string_view element) {
  const std::string open = "<" + std::string(element) + ">";
  const std::size_t at = xml.find(open);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view rest = xml.substr(at + open.size());
  const std::string_view content = rest.substr(0, rest.find('<'));
  const std::string_view close = rest.substr(content.size());
  if (content.size() > maxElement || !close.starts_with("</" + std::string(element) + ">"))
    return std::nullopt;
  WipingString text(content);
  if (!resolveEntities(text)) return std::nullopt;
  return text;
}

Result<std::string> stsUrl(const SourceTools& tools) {
  for (const char* name : {"AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"}) {
    if (const auto url = tools.environment(name)) return checkServiceUrl(*url, name, false);
  }
  if (!isRegionName(tools.region))
    return sourceMisused("The region of the Security Token Service is not a valid region name.");
  return "https://" + publicStsHost(tools.region, tools.variant);
}

Result<net::Request> assumeRoleRequest(const SourceTools& tools, const RoleRequest& role,
                                       Credentials identity) {
  const auto url = stsUrl(tools);
  if (!url) return fail(url.error());
  net::Request request = requestTo(*url, bodyFor("AssumeRole", tools, role));
  request.prepare = [identity = std::move(identity),
                     scope = SigningScope{signingRegion(*url, tools.region), "sts"},
                     clock = tools.clock](net::Request& unsent) {
    return sign(unsent, identity, scope, clock->wallNow(), sha256Hex(unsent.body));
  };
  return request;
}

Result<net::Request> webIdentityRequest(const SourceTools& tools, const RoleRequest& role,
                                        std::string_view token) {
  const auto url = stsUrl(tools);
  if (!url) return fail(url.error());
  std::string body = bodyFor("AssumeRoleWithWebIdentity", tools, role);
  body.reserve(body.size() + 64 + 3 * token.size());  // growing would leave parts of the token behind
  addField(body, "WebIdentityToken", token);
  net::Request request = requestTo(*url, std::move(body));
  request.carry(Secret(token));
  return request;
}

Result<Credentials> parseStsAnswer(const Answer& answer, std::string_view source) {
  if (answer.head.status != 200) return fail(refusal(answer, source));
  const auto expiration = xmlText(answer.body, "Expiration");
  Credentials credentials;
  credentials.accessKey = shown(xmlText(answer.body, "AccessKeyId"));
  credentials.secretKey = Secret(shown(xmlText(answer.body, "SecretAccessKey")));
  credentials.sessionToken = Secret(shown(xmlText(answer.body, "SessionToken")));
  credentials.expiration = parseIsoTime(shown(expiration));
  credentials.source = source;
  if (!credentials.expiration || credentials.sessionToken.empty()) {
    return sourceFailed("The answer of the " + std::string(source) +
                        " has no session token or no expiry time; check what answers there.");
  }
  return checkedKeys(std::move(credentials), source);
}

}  // namespace kvs::aws
