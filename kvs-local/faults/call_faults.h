// SPDX-License-Identifier: Apache-2.0
// Faults of a call that has one request and one answer: delays, refusals, broken connections.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "http/http_connection.h"
#include "service/server_context.h"

namespace kvslocal {

class CallFaults {
 public:
  /// `answer` is the call's own end; `reply` sends an answer in its place.
  CallFaults(ServerContext& context, std::weak_ptr<HttpConnection> connection)
      : context_(context), connection_(std::move(connection)) {}

  /// Plays what the rules say of this call, then `answer` unless a fault stands in its place. At once, or
  /// when a delay is over; `owner` holds this object until then.
  void play(const std::string& operation, const std::string& stream, const std::shared_ptr<void>& owner,
            std::function<void()> answer, std::function<void(const HttpReply&)> reply);

 private:
  void act(const std::optional<FaultAction>& instead);

  ServerContext& context_;
  std::weak_ptr<HttpConnection> connection_;
  std::function<void()> answer_;
  std::function<void(const HttpReply&)> reply_;
  std::unique_ptr<Timer> delay_;
};

}  // namespace kvslocal
