// SPDX-License-Identifier: Apache-2.0
#include "net/transport_options.h"

#include <net/if.h>

#include <algorithm>

#include "net/place.h"

namespace kvs::net {

Result<void> checkBindAddress(const std::string& text) {
  const auto fits = [](char c) { return c > ' ' && c < 0x7f && c != '/' && c != '!' && c != ':'; };
  const bool isInterface =
      !text.empty() && text.size() < IFNAMSIZ && std::all_of(text.begin(), text.end(), fits);
  if (isIpAddress(text) || isInterface) return {};
  return fail(StatusCode::invalidArg, ErrorKind::fatal,
              "bind-address is neither an address of this machine, such as 192.0.2.7 or 2001:db8::7, nor the "
              "name of a network interface, such as eth0.");
}

}  // namespace kvs::net
