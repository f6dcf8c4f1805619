// SPDX-License-Identifier: Apache-2.0
// Where the service is: the control plane's address, from the user's words or the region's public
// name, and the check that every service address passes before a signed request goes there.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "aws/environment.h"
#include "base/error.h"
#include "base/limits.h"

namespace kvs::aws {

/// Longest address taken (guide, "Producer SDK quotas": Max URI string length).
inline constexpr std::size_t maxUrlLength = limits::uriLength.kept;

struct Endpoint {
  std::string url;     ///< scheme://host[:port], without a path
  std::string region;  ///< the region that requests are signed for
  std::string source;  ///< who said so: "property endpoint", "CONTROL_PLANE_URI", ..., "region"
};

struct EndpointOptions {
  std::string endpoint;        ///< the property; empty is "not set"
  std::string region;          ///< from regionFor()
  bool dualStack = false;      ///< the region's IPv4+IPv6 name
  bool allowInsecure = false;  ///< plain http to hosts other than this machine
};

/// The region's public host (PROTOCOL.md, table of partitions).
std::string publicHost(std::string_view region, bool dualStack = false);

/// The region's public host of the Security Token Service.
std::string publicStsHost(std::string_view region);

/// Property `endpoint`, then CONTROL_PLANE_URI, AWS_ENDPOINT_URL_KINESIS_VIDEO, AWS_ENDPOINT_URL, then
/// the public name. Errors are fatal: invalidUriLength when too long, else invalidArg.
Result<Endpoint> controlEndpoint(const EndpointOptions& options, const Environment& environment);

/// localhost, 127.0.0.0/8 or [::1], as UrlParts::host has it.
bool isLoopback(std::string_view host);

/// Checks an address of the service and gives it back as scheme://host[:port]: http or https, a host,
/// no user, path, query or fragment; plain http only to loopback unless `allowInsecure`. `what` names
/// the address in the error: "property endpoint".
Result<std::string> checkServiceUrl(std::string_view url, std::string_view what, bool allowInsecure);

}  // namespace kvs::aws
