// SPDX-License-Identifier: Apache-2.0
#include "base/status.h"

#include <cstdio>

namespace kvs {

std::string toHex(StatusCode code) {
  char text[11];
  std::snprintf(text, sizeof text, "0x%08x", static_cast<unsigned>(code));
  return text;
}

}  // namespace kvs
