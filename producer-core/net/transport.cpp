// SPDX-License-Identifier: Apache-2.0
#include "net/transport.h"

#include <strings.h>

#include <algorithm>

namespace kvs::net {

std::string_view findHeader(const std::vector<Header>& headers, std::string_view name) {
  const auto found = std::find_if(headers.begin(), headers.end(), [&](const Header& header) {
    return header.name.size() == name.size() &&
           strncasecmp(header.name.data(), name.data(), name.size()) == 0;
  });
  return found == headers.end() ? std::string_view() : std::string_view(found->value);
}

}  // namespace kvs::net
