// SPDX-License-Identifier: Apache-2.0
#include "http/public_url.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "http/http_types.h"

namespace kvslocal {
namespace {

struct Authority {
  std::string host;  ///< a literal of IPv6 in its brackets
  std::optional<std::uint16_t> port;
};

bool isIpv6(std::string_view text) {
  in6_addr address{};
  return inet_pton(AF_INET6, std::string(text).c_str(), &address) == 1;
}

bool isName(std::string_view text) {
  // An underscore stands in no host name, but in those of containers.
  return !text.empty() && text.size() <= 255 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
  });
}

/// ":8443", or nothing, or a colon alone. False when it is something else.
bool readPort(std::string_view text, std::optional<std::uint16_t>& port) {
  if (text.empty() || text == ":") return true;
  if (text.front() != ':') return false;
  std::uint16_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + 1, end, number);
  if (error != std::errc() || stop != end || number == 0) return false;
  port = number;
  return true;
}

std::optional<Authority> parseAuthority(std::string_view text) {
  Authority parsed;
  if (text.find('\0') != text.npos) return std::nullopt;
  if (isIpv6(text)) return Authority{'[' + std::string(text) + ']', std::nullopt};  // brackets left out
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == text.npos || !isIpv6(text.substr(1, close - 1))) return std::nullopt;
    parsed.host = text.substr(0, close + 1);
  } else {
    parsed.host = text.substr(0, text.find(':'));
    if (!isName(parsed.host)) return std::nullopt;
  }
  if (!readPort(text.substr(parsed.host.size()), parsed.port)) return std::nullopt;
  return parsed;
}

/// A public name of AWS. Who comes by one asks at its usual port, and a proxy or a name server of his own has
/// led him here: by the same way he finds back without a port.
bool isPublicName(std::string_view host) {
  constexpr std::array<std::string_view, 7> domains = {
      ".amazonaws.com", ".amazonaws.com.cn", ".api.aws", ".api.amazonwebservices.com.cn",
      ".c2s.ic.gov",    ".sc2s.sgov.gov",    ".scloud"};
  return std::any_of(domains.begin(), domains.end(),
                     [host](std::string_view domain) { return host.ends_with(domain); });
}

}  // namespace

std::string reachedUrl(bool tls, const std::optional<std::string>& hostHeader, const SocketAddress& local) {
  auto named = hostHeader ? parseAuthority(trim(*hostHeader)) : std::nullopt;
  if (!named) named = Authority{isIpv6(local.host) ? '[' + local.host + ']' : local.host, std::nullopt};
  std::string url = (tls ? "https://" : "http://") + named->host;
  if (!named->port && isPublicName(named->host)) return url;
  return url + ':' + std::to_string(named->port.value_or(local.port));
}

std::string publicUrlFault(std::string_view url) {
  const std::size_t scheme = url.starts_with("http://") ? 7 : url.starts_with("https://") ? 8 : 0;
  const std::string_view authority = url.substr(scheme);
  // "::1:9000" would be one address without brackets, and its port a part of it.
  if (scheme != 0 && !isIpv6(authority) && parseAuthority(authority)) return {};
  return "must be http:// or https://, a host (an IPv6 address in brackets), a port if it needs one, and "
         "nothing behind that";
}

}  // namespace kvslocal
