// SPDX-License-Identifier: Apache-2.0
// What one stream puts on the loop: tasks and timers. Each runs only if the stream still lives then, and
// keeps it alive while it runs. For the loop's thread, but for LoopTasks::post().
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <utility>

#include "net/loop.h"

namespace kvs::upload {

class LoopTasks {
 public:
  /// `owner`: whose life counts; owned by a shared_ptr by the time that anything is put on the loop.
  LoopTasks(net::Loop& loop, const net::Ready& owner) : loop_(loop), owner_(owner) {}

  /// `callback`, as long as the owner lives.
  template <class Callback>
  auto guarded(Callback callback) const {
    return [weak = owner_.weak_from_this(), callback = std::move(callback)](auto&&... arguments) {
      if (const auto self = weak.lock()) callback(std::forward<decltype(arguments)>(arguments)...);
    };
  }
  /// Any thread.
  void post(std::function<void()> task) const { loop_.post(guarded(std::move(task))); }
  net::Loop& loop() const { return loop_; }

 private:
  net::Loop& loop_;
  const net::Ready& owner_;
};

class LoopTimer {
 public:
  explicit LoopTimer(const LoopTasks& tasks) : tasks_(tasks) {}

  bool isSet() const { return id_ != 0; }
  /// In place of what it was set for before.
  void set(Nanoseconds delay, std::function<void()> task) {
    cancel();
    const auto when = tasks_.loop().clock().now() + std::chrono::ceil<Milliseconds>(delay);
    id_ = tasks_.loop().at(when, tasks_.guarded([this, task = std::move(task)] {
      id_ = 0;
      task();
    }));
  }
  void cancel() {
    if (isSet()) tasks_.loop().cancel(std::exchange(id_, 0));
  }

 private:
  const LoopTasks& tasks_;
  net::Loop::TimerId id_ = 0;
};

/// One timer for each value of an enumeration, the first of which is 0.
template <class Name, std::size_t count>
class TimerSet {
 public:
  TimerSet(const LoopTasks& tasks, std::function<void(Name)> onFired)
      : TimerSet(tasks, std::move(onFired), std::make_index_sequence<count>()) {}

  void set(Name name, Milliseconds delay) {
    of(name).set(delay, [this, name] { onFired_(name); });
  }
  void cancel(Name name) { of(name).cancel(); }

 private:
  template <std::size_t... indices>
  TimerSet(const LoopTasks& tasks, std::function<void(Name)> onFired, std::index_sequence<indices...>)
      : onFired_(std::move(onFired)), timers_{((void)indices, LoopTimer(tasks))...} {}
  LoopTimer& of(Name name) { return timers_[static_cast<std::size_t>(name)]; }

  const std::function<void(Name)> onFired_;
  std::array<LoopTimer, count> timers_;
};

}  // namespace kvs::upload
