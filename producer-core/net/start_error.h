// SPDX-License-Identifier: Apache-2.0
// Why the loop can't run in this process, in words that name the limit. Inside the room only.
#pragma once

#include <cerrno>
#include <string>

#include "base/error.h"

namespace kvs::net {

/// `call` was refused with `error` (errno's numbers). Fatal for who is to be started now. `what` begins the
/// sentence.
Error cantStart(const char* what, const char* call, int error);

/// Whether errno's number says that there is no descriptor left.
bool isLackOfDescriptors(int error);

/// "this process may have no more than 1024 files and sockets open; raise RLIMIT_NOFILE (...)"
std::string limitOfDescriptors(int error = EMFILE);

}  // namespace kvs::net
