// SPDX-License-Identifier: Apache-2.0
#include "aws/endpoint.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "aws/region.h"
#include "aws/url.h"

namespace kvs::aws {
namespace {

struct Partition {
  std::string_view prefix;
  bool alwaysFips;
  std::string_view domain;
  std::string_view dualStackDomain;
};

// The longer prefix stands first where two fit; the empty one fits all.
constexpr std::array partitions{
    Partition{"cn-", false, ".amazonaws.com.cn", ".api.amazonwebservices.com.cn"},
    Partition{"us-gov-", true, ".amazonaws.com", ".api.aws"},
    Partition{"us-isob-", true, ".sc2s.sgov.gov", ".api.aws.scloud"},
    Partition{"us-iso-", true, ".c2s.ic.gov", ".api.aws.ic.gov"},
    Partition{"", false, ".amazonaws.com", ".api.aws"},
};

const Partition& partitionOf(std::string_view region) {
  return *std::find_if(partitions.begin(), partitions.end(),
                       [&](const Partition& p) { return region.starts_with(p.prefix); });
}

tl::unexpected<Error> refuse(StatusCode code, std::string_view what, std::string_view why) {
  return fail(code, ErrorKind::fatal, std::string(what) + " " + std::string(why));
}

/// The first of the places that may name the endpoint, with who named it; empty when none does.
struct Named {
  std::string url;
  std::string source;
};

Named namedEndpoint(const EndpointOptions& options, const Environment& environment) {
  if (!options.endpoint.empty()) return {options.endpoint, "property endpoint"};
  for (const char* name : {"CONTROL_PLANE_URI", "AWS_ENDPOINT_URL_KINESIS_VIDEO", "AWS_ENDPOINT_URL"}) {
    if (std::optional<std::string> url = environment(name); url && !url->empty())
      return {*std::move(url), name};
  }
  return {};
}

}  // namespace

bool isLoopback(std::string_view host) {
  if (host == "localhost" || host == "[::1]") return true;
  in_addr address{};
  const std::string text(host);
  return inet_pton(AF_INET, text.c_str(), &address) == 1 && (ntohl(address.s_addr) >> 24) == 127;
}

std::string publicHost(std::string_view region, bool dualStack, bool fips) {
  const Partition& partition = partitionOf(region);
  std::string host(fips || partition.alwaysFips ? "kinesisvideo-fips." : "kinesisvideo.");
  host += region;
  host += dualStack ? partition.dualStackDomain : partition.domain;
  return host;
}

std::string publicStsHost(std::string_view region, const EndpointVariant& variant) {
  const Partition& partition = partitionOf(region);
  const bool dualStack = variant.dualStack.value_or(false);
  // GovCloud's usual host has FIPS cryptography and no second name.
  const bool fips = variant.fips.value_or(false) && (dualStack || !region.starts_with("us-gov-"));
  std::string host(fips ? "sts-fips." : "sts.");
  host += region;
  host += dualStack ? partition.dualStackDomain : partition.domain;
  return host;
}

Result<std::string> checkServiceUrl(std::string_view url, std::string_view what, bool allowInsecure) {
  if (url.size() > maxUrlLength) {
    return refuse(StatusCode::invalidUriLength, what,
                  "has " + std::to_string(url.size()) + " characters; an address may have at most 10000.");
  }
  const std::optional<UrlParts> parts = parseUrl(url);
  if (!parts) {
    return refuse(StatusCode::invalidArg, what,
                  "is not an address. Write it as https://HOST or https://HOST:PORT.");
  }
  if (parts->scheme != "http" && parts->scheme != "https") {
    return refuse(StatusCode::invalidArg, what, "must begin with https:// (or http:// on this machine).");
  }
  if (!parts->user.empty()) {
    return refuse(StatusCode::invalidArg, what,
                  "contains a user or password. Remove it: requests are signed with AWS credentials.");
  }
  if (parts->path != "/" || !parts->query.empty() || !parts->fragment.empty()) {
    return refuse(StatusCode::invalidArg, what,
                  "must end after host and port: a path, query or fragment is not accepted.");
  }
  if (parts->scheme == "http" && !allowInsecure && !isLoopback(parts->host)) {
    return refuse(StatusCode::invalidArg, what,
                  "is plain http to another machine (" + parts->host +
                      "). Use https://, or http:// with localhost, 127.0.0.1 or [::1] for a local service.");
  }
  return parts->scheme + "://" + parts->authority();
}

std::string_view regionOfHost(std::string_view host) {
  const bool isAws = std::any_of(partitions.begin(), partitions.end(), [&](const Partition& partition) {
    return host.ends_with(partition.domain) || host.ends_with(partition.dualStackDomain);
  });
  while (isAws && !host.empty()) {
    const std::string_view label = host.substr(0, host.find('.'));
    if (isAwsRegionName(label)) return label;
    host.remove_prefix(std::min(label.size() + 1, host.size()));
  }
  return {};
}

Result<std::string> checkRegionalUrl(std::string_view url, std::string_view what, std::string_view region,
                                     bool allowInsecure) {
  auto checked = checkServiceUrl(url, what, allowInsecure);
  if (!checked) return checked;
  const std::string host = parseUrl(*checked)->host;
  const std::string_view place = regionOfHost(host);
  if (place.empty() || place == region) return checked;
  return refuse(StatusCode::invalidArg, what,
                "is in the region " + std::string(place) + ", but requests are signed for " +
                    std::string(region) +
                    ". Set AWS_DEFAULT_REGION, or, if that is not set, the property aws-region, to " +
                    std::string(place) + ", or correct the address.");
}

bool isInsecure(std::string_view url) {
  const auto parts = parseUrl(url);
  return parts && parts->scheme == "http" && !isLoopback(parts->host);
}

EndpointVariant EndpointVariant::elseBy(const EndpointVariant& other) const {
  return {dualStack ? dualStack : other.dualStack, fips ? fips : other.fips};
}

EndpointVariant variantIn(const Environment& environment) {
  return {flagIn(environment, "AWS_USE_DUALSTACK_ENDPOINT"), flagIn(environment, "AWS_USE_FIPS_ENDPOINT")};
}

bool isEndpointNamed(const EndpointOptions& options, const Environment& environment) {
  return !namedEndpoint(options, environment).url.empty();
}

Result<Endpoint> controlEndpoint(const EndpointOptions& options, const Environment& environment) {
  const Named named = namedEndpoint(options, environment);
  // A local service may be in any region that can be signed for.
  if (named.url.empty() || !isRegionName(options.region)) {
    if (auto checked = checkAwsRegion(options.region); !checked) return fail(checked.error());
  }
  if (named.url.empty()) {
    const EndpointVariant variant = options.variant.elseBy(variantIn(environment));
    const std::string host =
        publicHost(options.region, variant.dualStack.value_or(false), variant.fips.value_or(false));
    return Endpoint{"https://" + host, options.region, "region", doubtAbout(options.region)};
  }
  return checkRegionalUrl(named.url, named.source, options.region, options.allowInsecure)
      .map([&](std::string url) {
        return Endpoint{std::move(url), options.region, named.source};
      });
}

}  // namespace kvs::aws
