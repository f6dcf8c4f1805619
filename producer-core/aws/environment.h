// SPDX-License-Identifier: Apache-2.0
// How the house reads environment variables: through a function that is passed in, so that a test
// says what is set and nothing but the shell touches the process's own environment.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace kvs::aws {

/// Gives a variable's value; nothing when it is unset or empty (an empty one counts as unset).
using Environment = std::function<std::optional<std::string>(const char* name)>;

/// Whether the variable is "true", in any case of letters; nothing when it is unset.
std::optional<bool> flagIn(const Environment& environment, const char* name);

/// "true" in any case of letters, as AWS tools write flags.
bool isTrue(std::string_view text);

/// The process's own variables.
Environment processEnvironment();

}  // namespace kvs::aws
