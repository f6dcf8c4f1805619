// SPDX-License-Identifier: Apache-2.0
// A stream as it stands in the index.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/result.h"

namespace kvslocal {

struct StreamRecord {
  std::int64_t id = 0;  ///< never used again while kvs-local runs, so a stream made anew is another one
  std::string name;
  std::string arn;
  std::string deviceName;
  std::string mediaType;
  std::string kmsKeyId;
  std::string version;
  WallTime created;
  std::int64_t retentionHours = 0;
  std::map<std::string, std::string> tags;
};

}  // namespace kvslocal
