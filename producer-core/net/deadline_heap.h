// SPDX-License-Identifier: Apache-2.0
// The loop's one heap of deadlines. Cancelling costs a hash look-up; the heap's entry stays until it
// comes to the top or until such entries are in the majority. Used by one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/time.h"

namespace kvs::net {

class DeadlineHeap {
 public:
  using Id = std::uint64_t;
  using Task = std::function<void()>;

  struct Due {
    TimePoint when;
    Task task;
  };

  /// Never returns 0. Ids grow.
  Id add(TimePoint when, Task task);
  /// Unknown ids, also those that have run, are ignored.
  void cancel(Id id);
  /// The id given last; 0 before the first.
  Id lastId() const { return lastId_; }
  /// The earliest deadline that is not cancelled.
  std::optional<TimePoint> next();
  /// Takes the earliest deadline if it is not after `now` and its id is not above `limit`. The limit
  /// keeps a task that sets a new deadline for "now" from holding the loop.
  std::optional<Due> takeDue(TimePoint now, Id limit);
  std::size_t size() const { return tasks_.size(); }

 private:
  struct Entry {
    TimePoint when;
    Id id;
  };
  static bool later(const Entry& a, const Entry& b);
  void dropCancelledTop();
  void compact();

  std::vector<Entry> heap_;
  std::unordered_map<Id, Task> tasks_;
  Id lastId_ = 0;
};

}  // namespace kvs::net
