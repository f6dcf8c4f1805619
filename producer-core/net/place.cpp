// SPDX-License-Identifier: Apache-2.0
#include "net/place.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>

#include "net/curl_handle.h"

namespace kvs::net {

namespace {
tl::unexpected<Error> refuse(const std::string& url, const char* why) {
  return fail(StatusCode::invalidArg, ErrorKind::fatal, "the address \"" + url + "\" can't be used: " + why);
}
}  // namespace

bool isIpAddress(const std::string& host) {
  in6_addr address{};
  return inet_pton(AF_INET, host.c_str(), &address) == 1 || inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

bool isLocalHost(const std::string& host) {
  if (host == "localhost" || host == "::1") return true;
  in_addr v4{};
  if (inet_pton(AF_INET, host.c_str(), &v4) == 1) {
    const std::uint32_t address = ntohl(v4.s_addr);
    return address >> 24 == 127 || address >> 16 == 0xa9fe;  // 127.0.0.0/8, 169.254.0.0/16
  }
  in6_addr v6{};
  if (inet_pton(AF_INET6, host.c_str(), &v6) != 1) return false;
  // fd00:ec2::/32 is where EC2 and EKS serve what 169.254.0.0/16 serves in IPv4.
  constexpr std::array<std::uint8_t, 4> metadata{0xfd, 0x00, 0x0e, 0xc2};
  return IN6_IS_ADDR_LINKLOCAL(&v6) || std::equal(metadata.begin(), metadata.end(), v6.s6_addr);
}

std::string Place::text() const {
  const std::string shown = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return shown + ":" + std::to_string(port);
}

Result<Place> placeOf(const std::string& url) {
  const CurlUrl parsed(curl_url());
  if (!parsed || curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) {
    return refuse(url, "it must be http://host[:port]/... or https://host[:port]/...");
  }
  const std::string scheme = urlPart(parsed.get(), CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https") return refuse(url, "it must begin with http:// or https://");
  if (!urlPart(parsed.get(), CURLUPART_USER).empty() || !urlPart(parsed.get(), CURLUPART_PASSWORD).empty()) {
    return fail(StatusCode::invalidArg, ErrorKind::fatal,
                "an address must not contain a user name or password");
  }
  Place place;
  place.https = scheme == "https";
  place.host = urlPart(parsed.get(), CURLUPART_HOST);
  if (place.host.size() > 2 && place.host.front() == '[') {
    place.host = place.host.substr(1, place.host.size() - 2);
  }
  place.port = std::atoi(urlPart(parsed.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT).c_str());
  place.isAddress = isIpAddress(place.host);
  place.local = isLocalHost(place.host);
  return place;
}

}  // namespace kvs::net
