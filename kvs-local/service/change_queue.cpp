// SPDX-License-Identifier: Apache-2.0
#include "service/change_queue.h"

#include <utility>

namespace kvslocal {

void ChangeQueue::enter(const std::string& stream, std::function<void()> change) {
  const auto [place, first] = waiting_.try_emplace(stream);
  if (!first) {
    place->second.push_back(std::move(change));
    return;
  }
  change();
}

// A change that is settled at once leaves while it begins. If the next one began from there, a queue of
// refused changes would take as much of the stack as it is long.
void ChangeQueue::leave(const std::string& stream) {
  left_.push_back(stream);
  if (beginning_) return;
  beginning_ = true;
  for (; !left_.empty(); left_.pop_front())
    beginNext(left_.front());
  beginning_ = false;
}

void ChangeQueue::beginNext(const std::string& stream) {
  const auto place = waiting_.find(stream);
  if (place == waiting_.end()) return;
  if (place->second.empty()) {
    waiting_.erase(place);
    return;
  }
  const auto next = std::move(place->second.front());
  place->second.pop_front();
  next();
}

}  // namespace kvslocal
