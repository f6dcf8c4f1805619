// SPDX-License-Identifier: Apache-2.0
#include "faults/faulty_calls.h"

#include <utility>

#include "base/json.h"
#include "faults/ack_faults.h"
#include "service/service_error.h"

namespace kvslocal {
namespace {

HttpReply faultReply(const FaultAction& action) {
  HttpReply reply = errorReply({action.error, action.message}, action.status);
  if (!action.text.empty()) reply.body = action.text;
  reply.headers.insert(reply.headers.end(), action.headers.begin(), action.headers.end());
  return reply;
}

/// The first bytes of a body, and no end.
class CutSource final : public BodySource {
 public:
  explicit CutSource(std::string text) : text_(std::move(text)) {}
  Next next(std::string& piece) override {
    piece = std::exchange(text_, {});
    return piece.empty() ? Next::broken : Next::piece;
  }

 private:
  std::string text_;
};

}  // namespace

void FaultyGate::admit(const WaitingCall& call) {
  std::chrono::milliseconds delay{0};
  for (const auto& fault : faults_.match(call.operation, call.stream)) {
    delay += fault.trigger.after;
    if (fault.action.kind == FaultKind::delay) {
      delay += fault.action.duration;
    } else if (fault.action.kind == FaultKind::date) {
      dateOffset_ = fault.action.dateOffset;
    } else {
      instead_ = fault.action;
    }
  }
  if (delay.count() == 0) return meet(call);
  delay_ = loop_.makeTimer();
  delay_->start(delay, [this, call] { meet(call); });  // the call holds its handler, and that holds us
}

void FaultyGate::meet(const WaitingCall& call) {
  Exchange* exchange = call.exchange();
  if (exchange == nullptr) return;
  switch (instead_ ? instead_->kind : FaultKind::date) {
    case FaultKind::status:
      return call.reply(faultReply(*instead_));
    case FaultKind::reset:
      return exchange->depart(Departure::reset);
    case FaultKind::fin:
      return exchange->depart(Departure::close);
    case FaultKind::stall:
      return exchange->depart(Departure::freeze);
    case FaultKind::oversized:
      return call.reply(jsonReply(oversizedAck(instead_->bytes)));
    case FaultKind::endpoint:
      return call.reply(jsonReply(R"({"DataEndpoint":)" + jsonString(instead_->url) + '}'));
    default:
      return next_->admit(call);  // cutShort waits for the answer; the others speak of acknowledgements
  }
}

void FaultyGate::send(Exchange& exchange, HttpReply reply) {
  addDate(reply.headers, clock_.wall(), dateOffset_);
  if (!instead_ || instead_->kind != FaultKind::cutShort) return next_->send(exchange, std::move(reply));
  reply.headers.emplace_back("Connection", "close");
  const std::uint64_t length = reply.body.size();
  const std::string cut = reply.body.substr(0, instead_->bytes);
  exchange.stream(reply.status, reply.headers, std::make_unique<CutSource>(cut), length);
}

}  // namespace kvslocal
