// SPDX-License-Identifier: Apache-2.0
// Runs part of a test in a forked child, for what only an end of a process can show.
#pragma once

#include <functional>

namespace kvs::net::test {

/// What `work` returned there, or the status it called exit() with; -1 when it did not end by itself
/// within 15 s.
int inChild(const std::function<int()>& work);

}  // namespace kvs::net::test
