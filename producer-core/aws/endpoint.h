// SPDX-License-Identifier: Apache-2.0
// Where the service is: the control plane's address, from the user's words or the region's public
// name, and the checks that every service address passes before a signed request goes there.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "aws/environment.h"
#include "base/error.h"
#include "base/limits.h"

namespace kvs::aws {

/// Longest address taken (guide, "Producer SDK quotas": Max URI string length).
inline constexpr std::size_t maxUrlLength = limits::uriLength.kept;

/// Which of a region's public names; nothing where nobody said so.
struct EndpointVariant {
  std::optional<bool> dualStack{};  ///< IPv4 and IPv6
  std::optional<bool> fips{};       ///< FIPS 140 cryptography

  /// The same, with the other's words where this one has none.
  EndpointVariant elseBy(const EndpointVariant& other) const;
};

struct Endpoint {
  std::string url;      ///< scheme://host[:port], without a path
  std::string region;   ///< the region that requests are signed for
  std::string source;   ///< who said so: "property endpoint", "CONTROL_PLANE_URI", ..., "region"
  std::string doubt{};  ///< of the region's name (doubtAbout()); empty where there is none
};

struct EndpointOptions {
  std::string endpoint{};      ///< the property; empty is "not set"
  std::string region{};        ///< from regionFor()
  EndpointVariant variant{};   ///< the properties, then the environment's, then the shared config file's
  bool allowInsecure = false;  ///< plain http to hosts other than this machine
};

/// The region's public host (AWS General Reference, "Amazon Kinesis Video Streams endpoints and quotas").
std::string publicHost(std::string_view region, bool dualStack = false, bool fips = false);

/// The region's public host of the Security Token Service.
std::string publicStsHost(std::string_view region, const EndpointVariant& variant = {});

/// AWS_USE_DUALSTACK_ENDPOINT and AWS_USE_FIPS_ENDPOINT.
EndpointVariant variantIn(const Environment& environment);

/// Whether property or environment name an address, so that the region's public name is not used.
bool isEndpointNamed(const EndpointOptions& options, const Environment& environment);

/// Property `endpoint`, then CONTROL_PLANE_URI, AWS_ENDPOINT_URL_KINESIS_VIDEO, AWS_ENDPOINT_URL, then
/// the public name. Errors are fatal: invalidUriLength when too long, else invalidArg: no address, no region,
/// or an address of AWS in another region than requests are signed for.
Result<Endpoint> controlEndpoint(const EndpointOptions& options, const Environment& environment);

/// localhost, 127.0.0.0/8 or [::1], as UrlParts::host has it.
bool isLoopback(std::string_view host);

/// Checks an address of the service and gives it back as scheme://host[:port]: http or https, a host,
/// no user, path, query or fragment; plain http only to loopback unless `allowInsecure`. `what` names
/// the address in the error: "property endpoint".
Result<std::string> checkServiceUrl(std::string_view url, std::string_view what, bool allowInsecure);

/// The region in a host of AWS, also of a VPC endpoint; empty for other hosts.
std::string_view regionOfHost(std::string_view host);

/// checkServiceUrl(), and that an address of AWS is one of `region`'s.
Result<std::string> checkRegionalUrl(std::string_view url, std::string_view what, std::string_view region,
                                     bool allowInsecure);

/// Whether anyone on the way can read requests to this address, which was checked before.
bool isInsecure(std::string_view url);

}  // namespace kvs::aws
