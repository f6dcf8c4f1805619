// SPDX-License-Identifier: Apache-2.0
// A call that leaves when the service's rate gate lets it through. Inside the room only.
#pragma once

#include <functional>
#include <memory>

#include "aws/call.h"
#include "aws/service.h"

namespace kvs::aws {

/// `makeCall` is called once: before this returns where there is a place now, else from a timer. Destroying
/// the handle gives a place that was waited for to others, or cancels the call.
[[nodiscard]] CallHandle callThroughGate(std::shared_ptr<const Service> service,
                                         std::function<CallHandle()> makeCall);

}  // namespace kvs::aws
