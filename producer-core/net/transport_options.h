// SPDX-License-Identifier: Apache-2.0
// What a CurlTransport is told once, for all its requests.
#pragma once

#include <string>

namespace kvs::net {

struct TransportOptions {
  /// PEM file, or folder as made by `openssl rehash`, with the CA certificates to trust; empty: the
  /// distribution's bundle. KVSSINK_CA_CERT_PATH goes here.
  std::string caPath;
  /// For requests that bring no User-Agent header; empty: none is sent.
  std::string userAgent;
};

}  // namespace kvs::net
