// SPDX-License-Identifier: Apache-2.0
// One client connection, which serves one request after the other: it reads a request as its handler asks for
// it, writes the answer as the client takes it, both at the same time if need be, and ends so that the client
// can read the last of it. The set of connections owns it; it lives on the loop's thread.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "http/answer.h"
#include "http/event_loop.h"
#include "http/exchange.h"
#include "http/request_reader.h"

namespace kvslocal {

struct HttpConfig {
  /// Makes the handler of a request.
  std::function<std::shared_ptr<RequestHandler>(const HttpHead&)> route;
  /// How long a client may take from a request's first byte to its last; a session that trust() was said of
  /// has no such end.
  std::chrono::milliseconds request{30'000};
  /// How long it may take between two requests, before the first, and to read some of an answer.
  std::chrono::milliseconds idle{60'000};
  /// The header in which each answer names its request.
  std::string requestIdHeader = "X-Request-Id";
  /// The answer to bytes that are no request (400), or to one that never ends (408).
  std::function<HttpReply(int status, const std::string& why)> refusal = plainRefusal;
};

/// How much would be lost with a connection: when there are too many, the first of these go first, and of
/// equals the oldest.
struct Standing {
  enum class Rank : std::uint8_t { idle, unproven, trusted };
  Rank rank = Rank::idle;
  MonoTime since;  ///< when it came to be idle, or was opened, or its request began
  auto operator<=>(const Standing&) const = default;
};

class HttpConnection final : public Exchange, public std::enable_shared_from_this<HttpConnection> {
 public:
  using Ptr = std::shared_ptr<HttpConnection>;

  HttpConnection(EventLoop& loop, const Clock& clock, std::unique_ptr<Socket> socket, HttpConfig config);

  /// Greets (TLS) and reads the first request. `gone` is called once, when the connection is closed: its
  /// owner may forget it then.
  void start(std::function<void()> gone);
  void close();
  [[nodiscard]] Standing standing() const;

  void pull(std::size_t most = anySize) override;
  void trust() override;
  void reply(HttpReply answer) override;
  void stream(int status, Headers headers, std::unique_ptr<BodySource> body,
              std::optional<std::uint64_t> length = {}) override;
  void wake() override { writeMore(); }
  void depart(Departure how) override;
  void departAfterAnswer(Departure how) override { request_.after = how; }
  [[nodiscard]] const std::string& requestId() const override { return request_.id; }
  [[nodiscard]] Peer& peer() override { return *socket_; }

 private:
  enum class Phase : std::uint8_t {
    idle,     ///< not a byte of a request
    request,  ///< until its answer has left
    over,     ///< the connection ends: what comes is thrown away
    closed,
  };
  struct Request {
    std::string id;
    MonoTime since;
    std::size_t wanted = 0;  ///< how large a piece of its body the handler asked for; 0: none
    std::optional<Departure> after;
    bool continued = false;  ///< 100 Continue was said, if it was waited for
    bool ended = false;      ///< its body is whole
    bool trusted = false;
    /// Whether it must be whole in time: until then the timer is its own, and after that the answer's.
    [[nodiscard]] bool timed() const { return !ended && !trusted; }
  };

  struct Busy {
    bool taking = false;  ///< apart what was read: handlers are called
    bool reading = false;
    bool writing = false;
  };

  void beginRequest();
  void proceed();
  [[nodiscard]] bool wantsPart() const;
  bool takePart();
  void readMore();
  void onRead(std::size_t bytes);
  void sayContinue();
  void refuse(int status, const std::string& why);
  void addHead(int status, const Headers& headers, std::optional<std::uint64_t> length, bool keep);
  void writeMore();
  void onWritten(std::size_t bytes);
  void onAnswerLeft(bool whole);
  void leave(Departure how);
  void dropHandler();
  void forget();
  void closeAfter(std::chrono::milliseconds delay);

  EventLoop& loop_;
  const Clock& clock_;
  std::unique_ptr<Socket> socket_;
  std::unique_ptr<Timer> timer_;
  HttpConfig config_;
  std::function<void()> gone_;
  RequestReader reader_;
  Answer answer_;
  std::shared_ptr<RequestHandler> handler_;
  Request request_;
  Phase phase_ = Phase::request;  ///< the greeting counts as one of which nothing is known
  Busy busy_;
};

}  // namespace kvslocal
