// SPDX-License-Identifier: Apache-2.0
#include "http/connection_set.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/log.h"

namespace kvslocal {

void ConnectionSet::accept(std::unique_ptr<Socket> socket) {
  if (connections_.size() >= most_ && !makeRoom()) return socket->reset();
  auto connection = std::make_shared<HttpConnection>(loop_, clock_, std::move(socket), config_);
  connections_[connection.get()] = connection;
  connection->start([this, raw = connection.get()] {
    connections_.erase(raw);
    if (connections_.size() + 1 < most_) fullSaid_ = false;
  });
}

bool ConnectionSet::makeRoom() {
  if (!std::exchange(fullSaid_, true))
    log::warn("there are " + std::to_string(most_) + " connections, as many as may be");
  const auto last = std::min_element(
      connections_.begin(), connections_.end(),
      [](const auto& a, const auto& b) { return a.second->standing() < b.second->standing(); });
  if (last == connections_.end() || last->second->standing().rank == Standing::Rank::trusted) return false;
  const HttpConnection::Ptr leaving = last->second;
  connections_.erase(last);
  leaving->close();
  return true;
}

void ConnectionSet::resetAll() {
  for (const auto& [raw, connection] : std::exchange(connections_, {}))
    connection->depart(Departure::reset);
}

}  // namespace kvslocal
