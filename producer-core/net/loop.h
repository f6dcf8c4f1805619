// SPDX-License-Identifier: Apache-2.0
// One event loop on one thread: epoll, one eventfd for wake-ups, one heap of deadlines, one
// lock-free list of things that became ready. No pass visits all streams. The loop calls no
// application, GObject or GStreamer function.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>

#include "base/time.h"

namespace kvs::net {

/// Something the loop can be asked to look at, from any thread, at the cost of one exchange when it
/// is already queued. Kept alive by the queue itself until it ran.
class Ready : public std::enable_shared_from_this<Ready> {
 public:
  virtual ~Ready() = default;

 protected:
  /// On the loop's thread, once for any number of Loop::wake() calls before it.
  virtual void onReady() = 0;

 private:
  friend class Loop;
  std::atomic<bool> queued_{false};
  std::shared_ptr<Ready> self_;   // holds itself while queued
  Ready* next_ = nullptr;
};

class Loop {
 public:
  using Task = std::function<void()>;
  using TimerId = std::uint64_t;  ///< 0 is no timer

  explicit Loop(const Clock& clock = systemClock());
  ~Loop();  ///< stops and joins the thread (or detaches when called on it)
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// The process's loop: made with the first holder, gone with the last; a forked child gets its own.
  static std::shared_ptr<Loop> shared();

  const Clock& clock() const { return clock_; }
  bool onThread() const;

  /// Runs `task` on the loop's thread, in the order posted. Any thread.
  void post(Task task);
  /// Queues `ready` unless it is queued already; writes the eventfd only if the list was empty. Any thread.
  void wake(Ready& ready);

  // The rest is for the loop's own thread.
  TimerId at(TimePoint when, Task task);
  void cancel(TimerId timer);
  /// `events` and the callback's argument are epoll's; 0 stops watching.
  void watch(int fd, std::uint32_t events, std::function<void(std::uint32_t)> onEvents);

  /// How late the loop was for the things it was asked to do, since the start (RULES 25).
  struct Lag {
    Nanoseconds p50{};
    Nanoseconds p99{};
  };
  Lag lag() const;  ///< any thread

 private:
  struct Impl;
  const Clock& clock_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kvs::net
