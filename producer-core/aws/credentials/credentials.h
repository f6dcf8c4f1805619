// SPDX-License-Identifier: Apache-2.0
// One set of credentials, whatever source it came from.
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
  std::optional<WallTime> expiration;  ///< nothing: they do not expire, as far as the source knows
  std::string source;                  ///< who gave them, for `stats` and logs, e.g. "environment"
  std::string passedOver;              ///< the sources before it, and why each was not used
};

}  // namespace kvs::aws
