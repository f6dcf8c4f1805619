// SPDX-License-Identifier: Apache-2.0
#include "change_queue.h"

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

void ChangeQueue::leave(const std::string& stream) {
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
