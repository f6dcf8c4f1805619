// SPDX-License-Identifier: Apache-2.0
#include "stream/producer_route.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "aws/region.h"

namespace kvs::stream {

namespace {

net::AddressFamily addressFamily(const aws::Environment& environment) {
  const bool ipv4 = aws::flagIn(environment, "AWS_KVS_USE_IPV4").value_or(false);
  const bool ipv6 = aws::flagIn(environment, "AWS_KVS_USE_IPV6").value_or(false);
  if (ipv4 == ipv6) return net::AddressFamily::any;
  return ipv4 ? net::AddressFamily::ipv4 : net::AddressFamily::ipv6;
}

void splitInto(std::vector<std::string>& paths, std::string_view list) {
  for (std::size_t at = 0; at <= list.size();) {
    const std::size_t end = std::min(list.find(':', at), list.size());
    if (end > at) paths.emplace_back(list.substr(at, end - at));
    at = end + 1;
  }
}

/// What OpenSSL's own programs trust: a file, and folders with colons between them.
void takeOpenSslsPlaces(net::TransportOptions& options, const aws::Environment& environment) {
  const std::string file = environment("SSL_CERT_FILE").value_or("");
  const std::string folders = environment("SSL_CERT_DIR").value_or("");
  std::vector<std::string> paths;
  if (!file.empty()) paths.push_back(file);
  splitInto(paths, folders);
  if (paths.empty()) return;
  options.caPath = paths.front();
  options.moreCaPaths.assign(paths.begin() + 1, paths.end());
  options.caPathName = file.empty()      ? "SSL_CERT_DIR"
                       : folders.empty() ? "SSL_CERT_FILE"
                                         : "SSL_CERT_FILE and SSL_CERT_DIR";
}

/// The first that names any.
void takeCaPlaces(net::TransportOptions& options, const ProducerConfig& config,
                  const aws::Environment& environment) {
  options.caPath = config.caPath;
  options.caPathName = "property ca-path";
  for (const char* name : {"KVSSINK_CA_CERT_PATH", "AWS_CA_BUNDLE"}) {
    if (!options.caPath.empty()) return;
    options.caPath = environment(name).value_or("");
    options.caPathName = name;
  }
  if (options.caPath.empty()) options.caPathName.clear();
  if (options.caPath.empty()) takeOpenSslsPlaces(options, environment);
}

}  // namespace

aws::EndpointOptions endpointOptions(const ProducerConfig& config, const aws::Environment& environment) {
  return {config.endpoint,
          aws::regionFor(config.region, environment),
          {config.dualStack, config.fips},
          config.allowInsecureEndpoint};
}

Result<net::TransportOptions> transportOptions(const ProducerConfig& config,
                                               const aws::Environment& environment) {
  net::TransportOptions options;
  takeCaPlaces(options, config, environment);
  if (!config.proxy.empty()) {
    auto proxy = net::parseProxy(config.proxy.reveal());
    if (!proxy) return fail(proxy.error());
    options.proxy = std::move(*proxy);
  }
  if (!config.bindAddress.empty()) {
    if (auto good = net::checkBindAddress(config.bindAddress); !good) return fail(good.error());
    options.bindAddress = config.bindAddress;
  }
  options.addresses = addressFamily(environment);
  return options;
}

Result<std::string> dataEndpointOf(const ProducerConfig& config, const std::string& region) {
  if (config.dataEndpoint.empty()) return std::string();
  return aws::checkRegionalUrl(config.dataEndpoint, "property data-endpoint", region,
                               config.allowInsecureEndpoint);
}

}  // namespace kvs::stream
