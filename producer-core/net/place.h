// SPDX-License-Identifier: Apache-2.0
// Where a request goes: the parts of its URL that the transport itself needs.
#pragma once

#include <string>

#include "base/error.h"

namespace kvs::net {

struct Place {
  bool https = false;
  std::string host;  ///< without brackets
  int port = 0;
  bool isAddress = false;  ///< the host is written as an IP address, not as a name
  /// Loopback, link-local (RFC 6890) or EC2's metadata network: never by way of a proxy.
  bool local = false;

  /// "host:port", as a user writes it.
  std::string text() const;
};

/// Whether `host` (without brackets) is an IPv4 or IPv6 address.
bool isIpAddress(const std::string& host);

/// Loopback, link-local or EC2's metadata network, as Place::local.
bool isLocalHost(const std::string& host);

/// Fatal error where `url` is no http or https URL, or carries user information.
Result<Place> placeOf(const std::string& url);

}  // namespace kvs::net
