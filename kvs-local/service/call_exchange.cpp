// SPDX-License-Identifier: Apache-2.0
#include "service/call_exchange.h"

#include "base/log.h"

namespace kvslocal {
namespace {

/// A call that names no stream ends its line with the status.
std::string lineOf(const std::string& operation, const std::string& stream, const std::string& requestId,
                   const HttpReply& reply) {
  const std::string status = std::to_string(reply.status);
  if (stream.empty()) return requestId + ' ' + operation + " -> " + status;
  return operation + ' ' + stream + " -> " + status + ' ' + requestId +
         (reply.status == 200 ? "" : ' ' + reply.body);
}

}  // namespace

void CallExchange::start(Exchange& exchange) {
  exchange_ = &exchange;
  refused_ = refuseHead();
  exchange.pull();
}

void CallExchange::onBody(ByteView bytes, MonoTime) {
  if (!refused_ && body_.size() + bytes.size() > mostBody_) return reply(refuseSize());
  if (!refused_) body_.append(bytes.begin(), bytes.end());
  exchange_->pull();
}

void CallExchange::onEnd() {
  if (!refused_) refused_ = refuseBody();
  if (refused_) return reply(*refused_);
  WaitingCall call;
  call.operation = operation();
  call.stream = stream();
  const auto self = shared_from_this();
  call.answer = [self] {
    if (self->exchange_ != nullptr) self->answer();
  };
  call.reply = [self](const HttpReply& instead) { self->reply(instead); };
  call.exchange = [self] { return self->exchange_; };
  gate_->admit(call);
}

void CallExchange::reply(const HttpReply& reply) {
  if (exchange_ == nullptr) return;
  if (log::verbose()) log::info(lineOf(operation(), stream(), exchange_->requestId(), reply));
  gate_->send(*exchange_, reply);
}

}  // namespace kvslocal
