// SPDX-License-Identifier: Apache-2.0
// Waiting in real-time tests: for a condition, never for a time, and never for ever.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <future>
#include <mutex>

#include "net/loop.h"

namespace kvs::net::test {

inline constexpr std::chrono::seconds kPatience{20};

/// A flag that one thread raises and others wait for.
class Signal {
 public:
  void raise() {
    const std::lock_guard lock(mutex_);
    raised_ = true;
    changed_.notify_all();
  }
  /// False when nobody raised it in time.
  bool wait(std::chrono::milliseconds patience = kPatience) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, [this] { return raised_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool raised_ = false;
};

/// Runs `work` on the loop's thread and waits for it.
inline void onLoop(Loop& loop, const std::function<void()>& work) {
  std::promise<void> done;
  loop.post([&] {
    work();
    done.set_value();
  });
  done.get_future().wait();
}

}  // namespace kvs::net::test
