// SPDX-License-Identifier: Apache-2.0
// One event loop on one thread: epoll, one eventfd for wake-ups, one heap of deadlines, one
// lock-free list of things that became ready. No pass visits all streams. The loop calls no
// application, GObject or GStreamer function.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "base/error.h"
#include "base/time.h"

namespace kvs::net {

/// Something the loop can be asked to look at, from any thread, at the cost of one exchange when it
/// is already queued. Kept alive by the queue itself until it ran; must be owned by a shared_ptr.
class Ready : public std::enable_shared_from_this<Ready> {
 public:
  virtual ~Ready() = default;

 protected:
  /// On the loop's thread, once for any number of Loop::wake() calls before it.
  virtual void onReady() = 0;

 private:
  friend class Loop;
  std::atomic<bool> queued_{false};
  std::shared_ptr<Ready> self_;  // holds itself while queued
  Ready* next_ = nullptr;
  TimePoint queuedAt_;
  bool wokenByLoop_ = false;
};

/// A pass handles, in this order: descriptors, due deadlines, ready things, posted tasks.
///
/// Life: the thread ("kvs-loop") starts with the first start(), post() or wake(). The destructor runs what
/// was posted before it, then ends the thread; deadlines that are not due and watches are dropped.
/// At exit() every loop is ended the same way, but waited for at most 1 s. In a forked child a loop
/// of the parent is dead: post() and wake() do nothing, nothing of it is run or freed.
class Loop {
 public:
  using Task = std::function<void()>;
  using TimerId = std::uint64_t;  ///< 0 is no timer

  /// Who turns the loop.
  enum class Drive {
    ownThread,
    caller,  ///< the thread that made it, by runDue(): for tests and simulations with their own clock
  };

  explicit Loop(const Clock& clock = systemClock(), Drive drive = Drive::ownThread,
                const char* threadName = "kvs-loop");
  ~Loop();  ///< joins the thread (or detaches it when called on it)
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// The process's loop: made with the first holder, gone with the last; a forked child gets its own.
  /// The last holder may let go on any thread, also inside a task of the loop: then the thread lets
  /// the tasks posted so far run and deletes the loop itself.
  static std::shared_ptr<Loop> shared();
  /// The process's worker ("kvs-worker"), with a life like shared()'s: the one place for what touches
  /// a file or may block. A task that holds the worker keeps it until it is done; results
  /// go back by post() to the loop they are for.
  static std::shared_ptr<Loop> worker();
  /// A loop of one's own with the same care for its last holder; nothing assumes that there is only one.
  static std::shared_ptr<Loop> create(const Clock& clock = systemClock(),
                                      const char* threadName = "kvs-loop");
  /// Makes exit() end every loop before the handlers registered so far run. Called again after a
  /// library that has exit handlers (OpenSSL) was initialised, so that the loop never meets it dead.
  static void endAtExit();

  const Clock& clock() const { return clock_; }
  /// Whether the caller is the thread that runs the loop's callbacks.
  bool onThread() const;

  /// Starts the thread, if it does not run. Fatal error where the system gives no descriptor or no thread:
  /// it says which limit is in the way. Whoever makes something that needs the loop asks here first; the next
  /// call tries again. Any thread.
  Result<void> start();
  /// Runs `task` on the loop's thread, in the order posted. Any thread. Where the thread can't be started the
  /// task waits for the next start(), post() or wake(); another loop that posted it tries every second.
  void post(Task task);
  /// Queues `ready` unless it is queued already; writes the eventfd only if the list was empty. Any
  /// thread. Things queued together run in no particular order.
  void wake(Ready& ready);

  /// While different things are woken within a millisecond, as the streams of a busy process are, a pass may
  /// be put off by so long: it then serves all that were woken meanwhile, and none of them costs a call of
  /// the kernel. 0: never. Any thread.
  void setPacing(Milliseconds atMost);
  static constexpr Milliseconds kPacing{1};  ///< unless it was set

  // The rest is for the loop's own thread.

  /// Runs `task` once, in the first pass that begins at `when` or later.
  TimerId at(TimePoint when, Task task);
  /// Ids that have run or are 0 are ignored.
  void cancel(TimerId timer);
  /// `events` and the callback's argument are epoll's (level-triggered); 0 stops watching. A
  /// descriptor must be unwatched before it is closed. False when the kernel refuses it (EMFILE, EPERM).
  bool watch(int fd, std::uint32_t events, std::function<void(std::uint32_t)> onEvents);
  /// The same for a watched descriptor whose callback stays.
  bool watch(int fd, std::uint32_t events);

  /// Drive::caller only: runs all that is due, never waits. Returns the next deadline.
  std::optional<TimePoint> runDue();

  /// How late the loop was for the things it was asked to do, since the start: from
  /// wake(), post() or a deadline to the call. Deadlines are kept to the next whole millisecond.
  struct Lag {
    Nanoseconds p50{};
    Nanoseconds p99{};
    std::uint64_t count = 0;  ///< things it was asked to do
  };
  Lag lag() const;  ///< any thread

 private:
  struct Impl;
  class Process;
  static void retire(Loop* loop);

  const Clock& clock_;
  std::shared_ptr<Impl> impl_;  // shared with the thread, which may outlive this object
};

}  // namespace kvs::net
