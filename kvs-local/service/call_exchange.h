// SPDX-License-Identifier: Apache-2.0
// A call with one request and one answer: its body is gathered, up to a bound, then it passes its gate and is
// answered. What is asked for, and what the answer is, derived classes know.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "http/exchange.h"

namespace kvslocal {

/// A call whose request is whole, as its gate sees it.
struct WaitingCall {
  std::string operation;
  std::string stream;                           ///< empty: it names none
  std::function<void()> answer;                 ///< as the service does it
  std::function<void(const HttpReply&)> reply;  ///< with something else
  std::function<Exchange*()> exchange;          ///< null when the client is gone
};

/// Stands between a call and its answer; this one is open. Quotas and faults are gates before it.
class CallGate {
 public:
  virtual ~CallGate() = default;
  /// Has the call answered: now, later, with something else, or never.
  virtual void admit(const WaitingCall& call) { call.answer(); }
  virtual void send(Exchange& exchange, HttpReply reply) { exchange.reply(std::move(reply)); }
};

class CallExchange : public RequestHandler, public std::enable_shared_from_this<CallExchange> {
 public:
  void start(Exchange& exchange) final;
  void onBody(ByteView bytes, MonoTime arrival) final;
  void onEnd() final;
  void onClosed() final { exchange_ = nullptr; }

 protected:
  CallExchange(HttpHead head, std::unique_ptr<CallGate> gate, std::size_t mostBody)
      : head_(std::move(head)), gate_(std::move(gate)), mostBody_(mostBody) {}

  /// Why the head alone is refused: the body is not kept then.
  virtual std::optional<HttpReply> refuseHead() { return std::nullopt; }
  virtual HttpReply refuseSize() = 0;
  virtual std::optional<HttpReply> refuseBody() { return std::nullopt; }
  [[nodiscard]] virtual std::string operation() const = 0;
  [[nodiscard]] virtual std::string stream() const { return {}; }
  virtual void answer() = 0;

  void reply(const HttpReply& reply);
  [[nodiscard]] const HttpHead& head() const { return head_; }
  [[nodiscard]] const std::string& body() const { return body_; }
  /// Null when the client is gone.
  [[nodiscard]] Exchange* exchange() const { return exchange_; }

 private:
  HttpHead head_;
  std::unique_ptr<CallGate> gate_;
  std::size_t mostBody_;
  std::string body_;
  std::optional<HttpReply> refused_;
  Exchange* exchange_ = nullptr;
};

}  // namespace kvslocal
