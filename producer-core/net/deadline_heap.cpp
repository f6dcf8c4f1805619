// SPDX-License-Identifier: Apache-2.0
#include "net/deadline_heap.h"

#include <algorithm>
#include <utility>

namespace kvs::net {

namespace {
constexpr std::size_t kCompactFrom = 64;
}

bool DeadlineHeap::later(const Entry& a, const Entry& b) {
  return a.when != b.when ? a.when > b.when : a.id > b.id;
}

DeadlineHeap::Id DeadlineHeap::add(TimePoint when, Task task) {
  const Id id = ++lastId_;
  tasks_.emplace(id, std::move(task));
  heap_.push_back({when, id});
  std::push_heap(heap_.begin(), heap_.end(), later);
  return id;
}

void DeadlineHeap::cancel(Id id) {
  const auto found = tasks_.find(id);
  if (found == tasks_.end()) return;
  const Task dropped = std::move(found->second);  // its captures may come back here when they go
  tasks_.erase(found);
  if (heap_.size() > kCompactFrom && heap_.size() > 2 * tasks_.size()) compact();
}

std::optional<TimePoint> DeadlineHeap::next() {
  dropCancelledTop();
  if (heap_.empty()) return std::nullopt;
  return heap_.front().when;
}

std::optional<DeadlineHeap::Due> DeadlineHeap::takeDue(TimePoint now, Id limit) {
  dropCancelledTop();
  if (heap_.empty() || heap_.front().when > now || heap_.front().id > limit) return std::nullopt;
  const Entry top = heap_.front();
  std::pop_heap(heap_.begin(), heap_.end(), later);
  heap_.pop_back();
  auto node = tasks_.extract(top.id);
  return Due{top.when, std::move(node.mapped())};
}

void DeadlineHeap::dropCancelledTop() {
  while (!heap_.empty() && !tasks_.contains(heap_.front().id)) {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    heap_.pop_back();
  }
}

void DeadlineHeap::compact() {
  std::erase_if(heap_, [this](const Entry& entry) { return !tasks_.contains(entry.id); });
  std::make_heap(heap_.begin(), heap_.end(), later);
}

}  // namespace kvs::net
