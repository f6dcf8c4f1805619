// SPDX-License-Identifier: Apache-2.0
// What a producer says of a session before it begins: the headers of PutMedia.
#pragma once

#include <string>

#include "base/result.h"
#include "http/http_types.h"

namespace kvslocal {

/// What PutMedia's own headers say.
struct PutMediaHeaders {
  std::string stream;  ///< a name, or an ARN
  bool relative = false;
  WallTime start;
  bool acksRequired = true;
};

/// A sentence when a header is missing or wrong.
Result<PutMediaHeaders> parsePutMediaHeaders(const HttpHead& head);

}  // namespace kvslocal
