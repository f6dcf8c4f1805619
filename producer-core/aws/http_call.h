// SPDX-License-Identifier: Apache-2.0
// One exchange whose whole answer is wanted: collected, limited in size, and reported once.
#pragma once

#include <cstddef>
#include <functional>

#include "aws/call.h"
#include "base/error.h"
#include "base/wiping.h"
#include "net/transport.h"

namespace kvs::aws {

struct Answer {
  net::ResponseHead head;
  WipingString body;
};

/// Starts `request`. `finish` hears the answer, whatever its status, or the transport's error; retryable
/// where the body is longer than `maxBody`. On the loop, once, never from inside this function.
[[nodiscard]] CallHandle startCall(net::Transport& transport, net::Request request, std::size_t maxBody,
                                   std::function<void(Result<Answer>)> finish);

}  // namespace kvs::aws
