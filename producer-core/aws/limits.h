// SPDX-License-Identifier: Apache-2.0
// What the service takes as a stream's name and tags, checked before any call is made.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/limits.h"

namespace kvs::aws {

/// Name and value, both UTF-8.
using Tags = std::map<std::string, std::string, std::less<>>;

inline constexpr std::size_t maxStreamNameLength = limits::streamNameLength.kept;
inline constexpr std::size_t maxTagCount = limits::tagCount.kept;
inline constexpr std::size_t maxTagNameLength = limits::tagNameLength.kept;    ///< in characters
inline constexpr std::size_t maxTagValueLength = limits::tagValueLength.kept;  ///< in characters

/// 1 to 256 of a-z A-Z 0-9 _ . - (the service's own rule). Errors are fatal: invalidStreamNameLength
/// for an empty or over-long name, invalidArg for another character.
Result<void> validateStreamName(std::string_view name);

/// Errors are fatal: maxTagCount, invalidTagNameLength, invalidTagValueLength, or invalidArg for a name
/// that begins with "aws:" (reserved), a control character or a text that is not UTF-8.
Result<void> validateTags(const Tags& tags);

}  // namespace kvs::aws
