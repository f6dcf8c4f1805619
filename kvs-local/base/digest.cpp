// SPDX-License-Identifier: Apache-2.0
#include "base/digest.h"

#include <openssl/evp.h>

namespace kvslocal {

std::string hexOf(std::string_view bytes) {
  constexpr const char* digits = "0123456789abcdef";
  std::string hex;
  for (const char c : bytes) {
    hex += digits[static_cast<unsigned char>(c) >> 4];
    hex += digits[static_cast<unsigned char>(c) & 0xF];
  }
  return hex;
}

std::string sha256Hex(std::string_view data) {
  std::string digest(32, '\0');
  unsigned int length = 32;
  EVP_Digest(data.data(), data.size(), reinterpret_cast<unsigned char*>(digest.data()), &length, EVP_sha256(),
             nullptr);
  return hexOf(digest);
}

}  // namespace kvslocal
