// SPDX-License-Identifier: Apache-2.0
// What other threads have posted to a loop, in their order, until its thread takes it.
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "base/time.h"

namespace kvs::net {

/// Any thread; nothing is run or destroyed with the lock held.
class TaskQueue {
 public:
  using Task = std::function<void()>;
  struct Batch {
    std::vector<Task> tasks;
    TimePoint oldest;  ///< when the first of them was added
  };

  /// Whether it is the first that waits: then the loop must be woken. After the end it is dropped.
  bool add(Task task, TimePoint now) KVS_EXCLUDES(mutex_) {
    const Lock lock(mutex_);
    if (ended_) return false;
    waiting_.tasks.push_back(std::move(task));
    if (waiting_.tasks.size() > 1) return false;
    waiting_.oldest = now;
    return true;
  }

  bool isEmpty() KVS_EXCLUDES(mutex_) {
    const Lock lock(mutex_);
    return waiting_.tasks.empty();
  }

  Batch take() KVS_EXCLUDES(mutex_) {
    const Lock lock(mutex_);
    return std::exchange(waiting_, {});
  }

  /// Takes what is left; from now on nothing is added.
  Batch end() KVS_EXCLUDES(mutex_) {
    const Lock lock(mutex_);
    ended_ = true;
    return std::exchange(waiting_, {});
  }

 private:
  Mutex mutex_{"loop's tasks"};
  Batch waiting_ KVS_GUARDED_BY(mutex_);
  bool ended_ KVS_GUARDED_BY(mutex_) = false;
};

}  // namespace kvs::net
