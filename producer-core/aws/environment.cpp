// SPDX-License-Identifier: Apache-2.0
#include "aws/environment.h"

#include <algorithm>
#include <cstdlib>

namespace kvs::aws {

bool isTrue(std::string_view text) {
  constexpr std::string_view yes = "true";
  return std::equal(text.begin(), text.end(), yes.begin(), yes.end(),
                    [](char c, char small) { return c == small || c == small - 'a' + 'A'; });
}

std::optional<bool> flagIn(const Environment& environment, const char* name) {
  const auto value = environment(name);
  return value ? std::optional(isTrue(*value)) : std::nullopt;
}

Environment processEnvironment() {
  return [](const char* name) -> std::optional<std::string> {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') return std::nullopt;
    return value;
  };
}

}  // namespace kvs::aws
