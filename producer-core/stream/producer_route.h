// SPDX-License-Identifier: Apache-2.0
// The way to the service, as a Producer's settings and the environment say it.
#pragma once

#include "aws/endpoint.h"
#include "aws/environment.h"
#include "net/transport_options.h"
#include "producer.h"

namespace kvs::stream {

aws::EndpointOptions endpointOptions(const ProducerConfig& config, const aws::Environment& environment);

/// Proxy, local address, CA certificates (the setting, then KVSSINK_CA_CERT_PATH, AWS_CA_BUNDLE, and
/// SSL_CERT_FILE with SSL_CERT_DIR) and address family
/// (AWS_KVS_USE_IPV4, AWS_KVS_USE_IPV6: both or none is any; guide, "DNS filtering"). Errors are fatal, and
/// say nothing of the proxy's password.
Result<net::TransportOptions> transportOptions(const ProducerConfig& config,
                                               const aws::Environment& environment);

/// The data endpoint that was set, checked as checkRegionalUrl() does; empty where none was.
Result<std::string> dataEndpointOf(const ProducerConfig& config, const std::string& region);

}  // namespace kvs::stream
