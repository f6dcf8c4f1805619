// SPDX-License-Identifier: Apache-2.0
// What every set of credentials from outside must be before it is used, and the errors of sources.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "aws/credentials/credentials.h"
#include "base/error.h"
#include "base/limits.h"

namespace kvs::aws {

/// How much longer than now credentials must be good to be taken: 5 + 30 + 3 s (guide, kvssink,
/// "Credential file").
inline constexpr Seconds expiryGrace{limits::tokenPeriod.kept / limits::second};

/// This source is not set up: the next one may be asked.
tl::unexpected<Error> notConfigured(std::string why);
/// It is set up and cannot be reached, or answered nonsense: it is asked again.
tl::unexpected<Error> sourceFailed(std::string why);
/// It is set up in a way that cannot work.
tl::unexpected<Error> sourceMisused(std::string why);

/// The three texts: 1 to 128, 1 to 1024 and up to 32768 bytes of printable ASCII without blanks, since they
/// travel in headers. `source` names them in the error, which holds none of them.
Result<Credentials> checkedKeys(Credentials credentials, std::string_view source);

/// The same for keys that the user gave himself: what is wrong with them is fatal.
Result<Credentials> checkedGivenKeys(Credentials credentials);

/// True for a text of 1 to `longest` bytes without control characters.
bool isPlainText(std::string_view text, std::size_t longest);

}  // namespace kvs::aws
