// SPDX-License-Identifier: Apache-2.0
// `kvs-local ls`: the streams, or one stream's fragments, as a table or as JSON.
#pragma once

#include <string>

#include "base/result.h"
#include "cli/options.h"

namespace kvslocal {

/// The text to print.
Result<std::string> listStore(const ListOptions& options);

}  // namespace kvslocal
