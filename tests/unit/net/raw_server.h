// SPDX-License-Identifier: Apache-2.0
// A server on loopback that does exactly what a script says to each connection, byte by byte, with
// plain blocking sockets on a thread for each: the opposite of what it tests. With a certificate it
// speaks TLS.
#pragma once

#include <openssl/ssl.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "net/fd.h"

namespace kvs::net::test {

struct SslFree {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};

/// One accepted connection. Reads give up after some seconds, and when the server is destroyed.
class Connection {
 public:
  Connection(Fd socket, SSL_CTX* tls);

  /// TLS only: false when the peer refused.
  bool handshake();
  /// Speaks TLS from here on, as behind a proxy's CONNECT; false when the peer refused.
  bool startTls(SSL_CTX* tls);
  /// Where the peer's end of the connection is: "127.0.0.1".
  std::string peerAddress() const;
  bool sessionReused() const { return ssl_ && SSL_session_reused(ssl_.get()) == 1; }

  /// Reads until `mark` was seen; returns everything up to and with it, less when the peer ended.
  std::string readUntil(std::string_view mark);
  /// Header lines of a request, through the empty line.
  std::string readHead() { return readUntil("\r\n\r\n"); }
  std::string readBytes(std::size_t count);
  /// One chunk's payload; empty at the last chunk or the peer's end.
  std::string readChunk();
  /// True when the peer has closed or reset; waits for it, discarding what comes.
  bool waitForPeerEnd();

  void send(std::string_view bytes);
  void fin();    ///< no more from us; still reads
  void reset();  ///< RST
  void close();  ///< FIN, both ways
  /// Makes a blocked read end. The only one to be called from another thread than the script's.
  void interrupt();

 private:
  bool fill();

  std::mutex mutex_;  // of the closing of socket_
  Fd socket_;
  std::unique_ptr<SSL, SslFree> ssl_;
  std::string buffer_;
};

class RawServer {
 public:
  using Script = std::function<void(Connection&)>;

  /// `receiveBuffer` in bytes bounds what the kernel takes for a script that does not read.
  explicit RawServer(Script script, SSL_CTX* tls = nullptr, int receiveBuffer = 0);
  ~RawServer();
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  int port() const { return port_; }
  std::string url(const std::string& path = "/putMedia", const std::string& host = "127.0.0.1") const;
  int accepted() const { return accepted_; }

 private:
  void acceptAll();

  Script script_;
  SSL_CTX* tls_;
  int port_ = 0;
  Fd listener_;
  std::atomic<int> accepted_{0};
  std::mutex mutex_;
  std::vector<std::shared_ptr<Connection>> connections_;
  std::vector<std::thread> scripts_;
  std::thread acceptor_;
};

/// A port of loopback on which nobody listens.
int closedPort();

}  // namespace kvs::net::test
