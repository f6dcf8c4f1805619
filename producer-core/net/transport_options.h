// SPDX-License-Identifier: Apache-2.0
// The settings of a CurlTransport, which apply to all its requests.
#pragma once

#include <string>
#include <vector>

#include "net/proxy.h"

namespace kvs::net {

/// Which addresses of a host's name are connected to.
enum class AddressFamily { any, ipv4, ipv6 };

struct TransportOptions {
  /// PEM file, or folder of PEM files, with the CA certificates to trust; empty: the distribution's bundle.
  std::string caPath{};
  std::vector<std::string> moreCaPaths{};  ///< trusted beside it
  std::string caPathName{};                ///< which setting or variable named them, for errors
  /// For requests that bring no User-Agent header; empty: none is sent.
  std::string userAgent{};
  /// Without one the environment's counts: https_proxy, http_proxy, no_proxy. Neither is used for what
  /// Place::local says.
  Proxy proxy{};
  /// Where connections come from: an address of this machine, or a network interface's name; empty: the
  /// system chooses. As checkBindAddress() takes it.
  std::string bindAddress{};
  AddressFamily addresses = AddressFamily::any;

  bool operator==(const TransportOptions&) const = default;
};

/// Fatal error where `text` is neither an IPv4 or IPv6 address nor the name of an interface.
Result<void> checkBindAddress(const std::string& text);

}  // namespace kvs::net
