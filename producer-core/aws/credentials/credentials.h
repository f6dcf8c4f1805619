// SPDX-License-Identifier: Apache-2.0
// One set of credentials, from whatever source.
#pragma once

#include <optional>
#include <string>

#include "base/secret.h"
#include "base/time.h"

namespace kvs::aws {

struct Credentials {
  std::string accessKey;  ///< public by design: it travels in every request
  Secret secretKey;
  Secret sessionToken;                 ///< empty for long-term keys
  std::optional<WallTime> expiration;  ///< unset: they do not expire, as far as the source knows
  std::string source;                  ///< where they come from, for `stats` and logs, e.g. "environment"
  std::string passedOver;              ///< the sources before it, and why each was not used
};

}  // namespace kvs::aws
