// SPDX-License-Identifier: Apache-2.0
#include "net/connect_gate.h"

#include <utility>

namespace kvs::net {

void ConnectGate::enter(Id id, std::string_view host) {
  const HostEntry entry = hosts_.try_emplace(std::string(host)).first;
  ++entry->second.members;
  const auto position = entry->second.waiting.insert(entry->second.waiting.end(), id);
  members_.emplace(id, Member{entry, position});
  giveTurn(entry);
}

std::optional<ConnectGate::Id> ConnectGate::admit() {
  while (inside_ < places_ && !turns_.empty()) {
    const HostEntry entry = turns_.front();
    turns_.pop_front();
    Host& host = entry->second;
    host.hasTurn = false;
    if (host.resolving || host.waiting.empty()) {
      dropIfUnused(entry);
      continue;
    }
    const Id id = host.waiting.front();
    host.waiting.pop_front();
    host.resolving = id;
    members_.at(id).inside = true;
    ++inside_;
    return id;
  }
  return std::nullopt;
}

void ConnectGate::resolved(Id id) {
  const auto member = members_.find(id);
  if (member == members_.end()) return;
  const HostEntry entry = member->second.host;
  if (entry->second.resolving != id) return;
  entry->second.resolving.reset();
  giveTurn(entry);
}

void ConnectGate::leave(Id id) {
  resolved(id);
  const auto member = members_.find(id);
  if (member == members_.end()) return;
  const auto [entry, position, inside] = member->second;
  members_.erase(member);
  --entry->second.members;
  if (inside) {
    --inside_;
  } else {
    entry->second.waiting.erase(position);
  }
  dropIfUnused(entry);
}

void ConnectGate::giveTurn(HostEntry entry) {
  Host& host = entry->second;
  if (host.waiting.empty() || host.resolving || std::exchange(host.hasTurn, true)) return;
  turns_.push_back(entry);
}

void ConnectGate::dropIfUnused(HostEntry entry) {
  if (entry->second.members == 0 && !entry->second.hasTurn) hosts_.erase(entry);
}

}  // namespace kvs::net
