// SPDX-License-Identifier: Apache-2.0
// SHA-256, and bytes in hex: for signatures and for the names of files.
#pragma once

#include <string>
#include <string_view>

namespace kvslocal {

/// Two lower-case digits a byte.
std::string hexOf(std::string_view bytes);

std::string sha256Hex(std::string_view data);

}  // namespace kvslocal
