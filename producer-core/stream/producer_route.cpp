// SPDX-License-Identifier: Apache-2.0
#include "stream/producer_route.h"

#include "aws/region.h"

namespace kvs::stream {

namespace {

net::AddressFamily addressFamily(const aws::Environment& environment) {
  const bool ipv4 = aws::flagIn(environment, "AWS_KVS_USE_IPV4").value_or(false);
  const bool ipv6 = aws::flagIn(environment, "AWS_KVS_USE_IPV6").value_or(false);
  if (ipv4 == ipv6) return net::AddressFamily::any;
  return ipv4 ? net::AddressFamily::ipv4 : net::AddressFamily::ipv6;
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
  options.caPath = config.caPath.empty() ? environment("KVSSINK_CA_CERT_PATH").value_or("") : config.caPath;
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
