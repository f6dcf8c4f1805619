// SPDX-License-Identifier: Apache-2.0
// Faults of a call that has one request and one answer: delays, refusals, broken connections. A gate before
// the call.
#pragma once

#include <memory>
#include <optional>

#include "base/clock.h"
#include "faults/faults.h"
#include "service/call_exchange.h"

namespace kvslocal {

class FaultyGate final : public CallGate {
 public:
  /// Meets what the rules say of the call, then `next`.
  FaultyGate(EventLoop& loop, const Clock& clock, FaultBook& faults, std::unique_ptr<CallGate> next)
      : loop_(loop), clock_(clock), faults_(faults), next_(std::move(next)) {}

  void admit(const WaitingCall& call) override;
  void send(Exchange& exchange, HttpReply reply) override;

 private:
  void meet(const WaitingCall& call);

  EventLoop& loop_;
  const Clock& clock_;
  FaultBook& faults_;
  std::unique_ptr<CallGate> next_;
  std::unique_ptr<Timer> delay_;
  std::optional<FaultAction> instead_;  ///< of the usual answer
  std::optional<std::chrono::seconds> dateOffset_;
};

}  // namespace kvslocal
