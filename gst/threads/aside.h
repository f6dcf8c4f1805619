// SPDX-License-Identifier: Apache-2.0
// Threads beside the application's and the streaming threads: for what may take its time, and for what is
// due later. GLib's pools and GStreamer's clock would serve, but in a child that was forked without exec
// they wait for threads that only its parent has, and say nothing.
#pragma once

#include <cstdint>
#include <functional>

#include "base/time.h"

namespace kvs::gst {

/// Runs `job` on a thread of its own for as long as it takes: an idle one, or a new one. An idle thread
/// ends after a while. The job is also destroyed there. Any thread.
void runAside(std::function<void()> job);

using AlarmId = std::uint64_t;  ///< never 0

/// Runs `onDue` after `delay`, on a thread that all alarms share: it must not block.
AlarmId setAlarm(Nanoseconds delay, std::function<void()> onDue);
/// It may still run when this is called at that very moment.
void cancelAlarm(AlarmId id);

}  // namespace kvs::gst
