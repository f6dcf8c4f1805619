// SPDX-License-Identifier: Apache-2.0
// All connections of a server, and the room for them: when there are as many as may be, a new one takes the
// place of one with which less is lost. The server owns it; it lives on the loop's thread.
#pragma once

#include <cstddef>
#include <memory>
#include <unordered_map>

#include "http/http_connection.h"

namespace kvslocal {

class ConnectionSet {
 public:
  ConnectionSet(EventLoop& loop, const Clock& clock, HttpConfig config, std::size_t most)
      : loop_(loop), clock_(clock), config_(std::move(config)), most_(most) {}

  /// Serves the connection, or refuses it (RST) if there is no room.
  void accept(std::unique_ptr<Socket> socket);
  void resetAll();

 private:
  bool makeRoom();

  EventLoop& loop_;
  const Clock& clock_;
  HttpConfig config_;
  std::size_t most_;
  std::unordered_map<HttpConnection*, HttpConnection::Ptr> connections_;
  bool fullSaid_ = false;  ///< once until there is room again
};

}  // namespace kvslocal
