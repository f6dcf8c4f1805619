// SPDX-License-Identifier: Apache-2.0
// An HTTP proxy that stands between this machine and the service.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "base/secret.h"

namespace kvs::net {

struct Proxy {
  std::string address{};  ///< http://host:port; empty: none
  std::string user{};
  Secret password{};  ///< sent to the proxy by Basic authentication

  bool operator==(const Proxy&) const = default;
};

/// Reads http://[user:password@]host:port; user and password with %-escapes where they hold @ : or /.
/// The errors, which are fatal, repeat nothing of the text.
Result<Proxy> parseProxy(std::string_view text);

}  // namespace kvs::net
