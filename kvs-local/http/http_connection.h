// SPDX-License-Identifier: Apache-2.0
// One client connection: reads requests, hands their bodies to a handler, writes what the handler sends while
// the body still comes (full duplex), and ends so that the client can read the last of it.
#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "http/event_loop.h"
#include "http/http_parser.h"

namespace kvslocal {

class HttpConnection;

/// Serves one request. All calls come on the loop's thread.
class RequestHandler {
 public:
  virtual ~RequestHandler() = default;
  /// The connection is ready for answers. Called once, before any body.
  virtual void start() = 0;
  /// `arrival` is when the socket read that brought these bytes returned.
  virtual void onBody(ByteView bytes, MonoTime arrival) = 0;
  virtual void onEnd() = 0;
  /// The connection broke, or the exchange is over: the last call.
  virtual void onClosed() = 0;
};

struct HttpConfig {
  /// How long a client may take from a request's first byte to its last; a session that trust() was said of
  /// has no such end.
  std::chrono::milliseconds request{30'000};
  /// How long it may take between two requests, and before the first.
  std::chrono::milliseconds idle{60'000};
  /// The header in which each answer names its request.
  std::string requestIdHeader = "X-Request-Id";
  /// The answer to bytes that are no request (400), or to one that never ends (408).
  std::function<HttpReply(int status, const std::string& why)> refusal = plainRefusal;
};

/// How much would be lost with a connection: when there are too many, the first of these go first.
enum class Standing : std::uint8_t { idle, unproven, trusted };

class HttpConnection : public std::enable_shared_from_this<HttpConnection> {
 public:
  using Ptr = std::shared_ptr<HttpConnection>;
  /// Makes the handler of a request.
  using Router = std::function<std::shared_ptr<RequestHandler>(const Ptr&, const HttpHead&)>;

  HttpConnection(EventLoop& loop, const Clock& clock, std::unique_ptr<Socket> socket, Router router,
                 HttpConfig config = {});

  /// Greets (TLS) and reads the first request. `gone` is called once, when the connection is closed: its
  /// owner may forget it then.
  void start(std::function<void()> gone);

  /// The whole answer to the request.
  void reply(const HttpReply& answer);
  /// The head of an answer whose body follows in chunks, by send().
  void beginReply(int status, const Headers& headers);
  /// Bytes as they are; several calls may be joined.
  void send(std::string_view bytes);
  void sendContinue(const HttpHead& head);
  /// The answer was sent whole: the next request, or a lingering close if the request's body did not end or
  /// `keep` is false.
  void endExchange(bool keep);
  /// FIN after what was sent, then reading and throwing away for a while, so that no RST overtakes the
  /// answer.
  void lingerAndClose();
  /// The exchange is over but the TCP connection stays; `reading`: what comes is thrown away.
  void abandon(bool reading);
  void reset();
  /// Of the next whole answer's body only so much is sent, then FIN (faults).
  void cutReply(std::size_t bytes) { replyLimit_ = bytes; }
  /// What the Date of the answers is off by (faults).
  void setDateOffset(std::chrono::seconds offset) { dateOffset_ = offset; }
  [[nodiscard]] WallTime answerDate() const { return clock_.wall() + dateOffset_; }
  /// No read brings more than that from now on (faults).
  void readAtMost(std::size_t bytes) { readLimit_ = bytes; }
  /// The request is signed as it should be: its time is no longer limited, and it is not put out for a
  /// connection of which nothing is known.
  void trust();
  [[nodiscard]] Standing standing() const;
  /// When it came to be idle, or was opened, or its request began.
  [[nodiscard]] MonoTime since() const { return since_; }
  /// Makes room for others.
  void giveWay() { close(); }
  void pauseReading();
  void resumeReading();

  [[nodiscard]] const std::string& requestId() const { return requestId_; }
  /// Whether the peer has sent FIN or RST; needed only while nothing is read.
  [[nodiscard]] bool peerClosed() const { return socket_->peerClosed(); }
  [[nodiscard]] std::string peer() const { return socket_->peer(); }
  /// Our own end of it.
  [[nodiscard]] SocketAddress local() const { return socket_->local(); }
  [[nodiscard]] bool hasClientCertificate() const { return socket_->hasClientCertificate(); }

 private:
  std::string renderOwnHead(int status, const Headers& headers, std::optional<std::size_t> length, bool keep);
  void readMore();
  void onRead(std::size_t bytes);
  void feedParser();
  void beginRequest();
  void onFirstByte();
  void onRequestTimeout();
  void nextRequest();
  void writeMore();
  void onWritten(std::size_t bytes);
  void dropHandler();
  void close();
  void forget();
  void closeAfter(std::chrono::milliseconds delay);

  EventLoop& loop_;
  const Clock& clock_;
  std::unique_ptr<Socket> socket_;
  std::unique_ptr<Timer> timer_;
  Router router_;
  HttpConfig config_;
  std::function<void()> gone_;
  std::unique_ptr<HttpParser> parser_;
  std::shared_ptr<RequestHandler> handler_;
  HttpHead head_;
  std::string requestId_;

  Bytes input_;
  bool filled_ = false;  ///< by the last read: more may be waiting
  std::size_t inputBytes_ = 0;
  std::optional<std::size_t> readLimit_;
  std::optional<std::size_t> replyLimit_;
  std::chrono::seconds dateOffset_{0};
  MonoTime arrival_{};
  std::string waiting_;  ///< to be written
  std::string inFlight_;
  MonoTime since_{};
  bool requestBegun_ = false;
  bool requestEnded_ = false;  ///< the request's body is whole
  bool trusted_ = false;
  bool readUnderWay_ = false;
  bool writeUnderWay_ = false;
  bool nextWaits_ = false;  ///< the next request, until the answer has left
  bool paused_ = false;
  bool discarding_ = false;  ///< the exchange is over: what comes is thrown away
  bool finAfterWrites_ = false;
  bool closed_ = false;
  bool feeding_ = false;
};

/// A new id for x-amzn-RequestId.
std::string makeRequestId();

}  // namespace kvslocal
