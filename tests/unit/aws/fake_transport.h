// SPDX-License-Identifier: Apache-2.0
// A network whose answers are data: a test takes the exchange it wants and plays the service.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "net/transport.h"

namespace kvs::aws {

class FakeTransport final : public net::Transport {
 public:
  struct Wire {
    net::Request request;
    net::ExchangeListener* listener = nullptr;  // null when cancelled
    bool held = false;                          // by holdAnswer()
  };

  std::unique_ptr<net::Exchange> start(net::Request request, net::ExchangeListener& listener) override {
    wires_.push_back(std::make_shared<Wire>(Wire{std::move(request), &listener}));
    return std::make_unique<FakeExchange>(wires_.back());
  }

  std::size_t count() const { return wires_.size(); }
  /// The last exchange started. Kept by the test, it outlives its end.
  std::shared_ptr<Wire> last() const { return wires_.back(); }

  /// Signs the last request, as the real transport does just before it connects.
  const net::Request& prepareLast() {
    net::Request& request = last()->request;
    const Result<void> prepared = request.prepare(request);
    EXPECT_TRUE(prepared) << prepared.error().message;
    return request;
  }

  /// Plays a whole answer, its body in pieces of `pieceSize`, until the listener cancels.
  static void answer(const std::shared_ptr<Wire>& wire, const net::ResponseHead& head, std::string_view body,
                     std::size_t pieceSize = 7) {
    wire->listener->onHead(head);
    const std::string_view rest = send(wire, body, pieceSize);
    if (rest.empty() && wire->listener != nullptr && !wire->held) wire->listener->onEnd({});
  }
  /// Plays a part of an answer's body; what is left when the listener holds it or cancels.
  static std::string_view send(const std::shared_ptr<Wire>& wire, std::string_view body,
                               std::size_t pieceSize = 7) {
    while (wire->listener != nullptr && !wire->held && !body.empty()) {
      const std::string_view piece = body.substr(0, pieceSize);
      body.remove_prefix(piece.size());
      wire->listener->onData(asBytes(piece));
    }
    return body;
  }

 private:
  class FakeExchange final : public net::Exchange {
   public:
    explicit FakeExchange(std::shared_ptr<Wire> wire) : wire_(std::move(wire)) {}
    ~FakeExchange() override { wire_->listener = nullptr; }
    void resume() override {}
    void holdAnswer() override { wire_->held = true; }
    void resumeAnswer() override { wire_->held = false; }
    std::uint64_t bytesSent() const override { return wire_->request.body.size(); }

   private:
    std::shared_ptr<Wire> wire_;
  };

  std::vector<std::shared_ptr<Wire>> wires_;
};

}  // namespace kvs::aws
