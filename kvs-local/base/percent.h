// SPDX-License-Identifier: Apache-2.0
// Percent-encoding (RFC 3986, 2.1), read.
#pragma once

#include <string>
#include <string_view>

namespace kvslocal {

/// What is no escape stays as it is.
std::string percentDecode(std::string_view text);

}  // namespace kvslocal
