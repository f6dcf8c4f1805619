// SPDX-License-Identifier: Apache-2.0
#include "aws/environment.h"

#include <cstdlib>

namespace kvs::aws {

Environment processEnvironment() {
  return [](const char* name) -> std::optional<std::string> {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') return std::nullopt;
    return value;
  };
}

}  // namespace kvs::aws
