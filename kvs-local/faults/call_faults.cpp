// SPDX-License-Identifier: Apache-2.0
#include "faults/call_faults.h"

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

}  // namespace

void CallFaults::play(const std::string& operation, const std::string& stream,
                      const std::shared_ptr<void>& owner, std::function<void()> answer,
                      std::function<void(const HttpReply&)> reply) {
  answer_ = std::move(answer);
  reply_ = std::move(reply);
  std::chrono::milliseconds delay{0};
  std::optional<FaultAction> instead;
  for (const auto& fault : context_.faults.match(operation, stream)) {
    delay += fault.trigger.after;
    if (fault.action.kind == FaultKind::delay) {
      delay += fault.action.duration;
    } else if (fault.action.kind == FaultKind::date) {
      if (const auto connection = connection_.lock()) connection->setDateOffset(fault.action.dateOffset);
    } else {
      instead = fault.action;
    }
  }
  if (delay.count() == 0) return act(instead);
  delay_ = context_.loop.makeTimer();
  delay_->start(delay, [this, owner, instead] { act(instead); });
}

void CallFaults::act(const std::optional<FaultAction>& instead) {
  const auto connection = connection_.lock();
  if (!connection) return;
  if (!instead) return answer_();
  switch (instead->kind) {
    case FaultKind::status:
      return reply_(faultReply(*instead));
    case FaultKind::reset:
      return connection->reset();
    case FaultKind::fin:
      return connection->lingerAndClose();
    case FaultKind::stall:
      return connection->abandon(false);
    case FaultKind::cutShort:
      connection->cutReply(instead->bytes);
      return answer_();
    case FaultKind::oversized:
      return reply_(jsonReply(oversizedAck(instead->bytes)));
    case FaultKind::endpoint:
      return reply_(jsonReply(R"({"DataEndpoint":)" + jsonString(instead->url) + '}'));
    default:
      return answer_();  // the others speak of acknowledgements
  }
}

}  // namespace kvslocal
