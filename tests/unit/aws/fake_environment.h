// SPDX-License-Identifier: Apache-2.0
// An environment that holds what a test says.
#pragma once

#include <map>
#include <string>

#include "aws/environment.h"

namespace kvs::aws {

inline Environment fakeEnvironment(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](const char* name) -> std::optional<std::string> {
    const auto at = variables.find(name);
    return at == variables.end() ? std::nullopt : std::optional(at->second);
  };
}

}  // namespace kvs::aws
