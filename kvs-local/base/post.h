// SPDX-License-Identifier: Apache-2.0
// How work is handed to the thread that runs the loop, for rooms that need not know the loop.
#pragma once

#include <functional>

namespace kvslocal {

/// Any thread may call it: the loop's thread calls what it is given, later.
using Post = std::function<void(std::function<void()>)>;

}  // namespace kvslocal
