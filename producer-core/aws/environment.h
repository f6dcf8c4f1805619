// SPDX-License-Identifier: Apache-2.0
// How the core reads environment variables: through a function that is passed in, so that a test decides
// what is set, and only the outermost layer touches the process's own environment.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace kvs::aws {

/// Returns a variable's value; nothing if it is unset or empty (an empty variable counts as unset).
using Environment = std::function<std::optional<std::string>(const char* name)>;

/// Whether the variable is "true", in upper or lower case; nothing if it is unset.
std::optional<bool> flagIn(const Environment& environment, const char* name);

/// "true" in upper or lower case, as AWS tools write flags.
bool isTrue(std::string_view text);

/// The process's own variables.
Environment processEnvironment();

}  // namespace kvs::aws
