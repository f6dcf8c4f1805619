// SPDX-License-Identifier: Apache-2.0
// The loop: sockets, timers, signals and work posted from other threads, all on the thread that runs it.
// The face hides Boost.Asio, so that only one file compiles it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/post.h"
#include "base/result.h"

namespace kvslocal {

class Timer {
 public:
  virtual ~Timer() = default;
  /// Calls `due` once, after `delay`. A timer that is started again forgets the call it still owed.
  virtual void start(std::chrono::milliseconds delay, std::function<void()> due) = 0;
  virtual void cancel() = 0;
};

struct SocketAddress {
  std::string host;  ///< an IP address; no name
  std::uint16_t port = 0;
};

/// Who is at the other end of a connection.
class Peer {
 public:
  virtual ~Peer() = default;
  /// Its address and port, for lines that people read.
  [[nodiscard]] virtual std::string name() const = 0;
  /// The address by which it reached this machine.
  [[nodiscard]] virtual SocketAddress local() const = 0;
  /// Whether it proved to own a certificate of TlsFiles::clientAuthority.
  [[nodiscard]] virtual bool hasCertificate() = 0;
  /// Whether it has sent FIN or RST, behind whatever is still unread.
  [[nodiscard]] virtual bool hasClosed() = 0;
};

/// One accepted connection, plain or TLS. At most one read and one write may be under way.
class Socket : public Peer {
 public:
  /// `bytes` is 0 when the peer has ended or the connection broke.
  using Done = std::function<void(std::size_t bytes)>;

  /// TLS's greeting; at once for a plain socket. `good` false: no use talking.
  virtual void handshake(std::function<void(bool good)> done) = 0;
  virtual void readSome(std::uint8_t* into, std::size_t limit, Done done) = 0;
  /// `text` must live until `done`.
  virtual void writeAll(const std::string& text, Done done) = 0;
  /// Sends FIN; reading goes on.
  virtual void shutdownSend() = 0;
  /// Sends RST and forgets the connection.
  virtual void reset() = 0;
  virtual void close() = 0;
};

struct TlsFiles {
  std::string certificate;
  std::string key;
  std::string
      clientAuthority;  ///< CA of client certificates, which are welcome then; empty: none is asked for
};

class EventLoop {
 public:
  EventLoop();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  /// Runs until stop().
  void run();
  void stop();
  /// Any thread: `work` is called by run().
  void post(std::function<void()> work);
  /// post() as a function, for who need not know the loop, which outlives it.
  [[nodiscard]] Post poster();
  std::unique_ptr<Timer> makeTimer();

  /// Accepts connections; answers the port, which the system chooses when `port` is 0.
  Result<std::uint16_t> listen(const std::string& host, std::uint16_t port, const TlsFiles* tls,
                               std::function<void(std::unique_ptr<Socket>)> accepted);
  /// Nobody listens for so long: connections are refused.
  void refuseFor(std::chrono::milliseconds duration);
  /// Calls `stopping` at SIGINT or SIGTERM.
  void onStopSignal(std::function<void()> stopping);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kvslocal
