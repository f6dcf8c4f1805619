// SPDX-License-Identifier: Apache-2.0
#include "raw_server.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <stdexcept>

#include "await.h"

namespace kvs::net::test {

namespace {
Fd listenOnLoopback(int& port, int receiveBuffer = 0) {
  Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (receiveBuffer > 0) setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &receiveBuffer, sizeof receiveBuffer);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(fd.get(), generic, size) != 0 || ::listen(fd.get(), 4096) != 0 ||
      ::getsockname(fd.get(), generic, &size) != 0) {
    throw std::runtime_error("no port on loopback");
  }
  port = ntohs(address.sin_port);
  return fd;
}
}  // namespace

int closedPort() {
  int port = 0;
  listenOnLoopback(port);
  return port;
}

Connection::Connection(Fd socket, SSL_CTX* tls) : socket_(std::move(socket)) {
  if (!tls) return;
  ssl_.reset(SSL_new(tls));
  SSL_set_fd(ssl_.get(), socket_.get());
}

bool Connection::handshake() {
  return !ssl_ || SSL_accept(ssl_.get()) == 1;
}

bool Connection::startTls(SSL_CTX* tls) {
  ssl_.reset(SSL_new(tls));
  SSL_set_fd(ssl_.get(), socket_.get());
  return handshake();
}

std::string Connection::peerAddress() const {
  sockaddr_in peer{};
  socklen_t size = sizeof peer;
  std::array<char, INET_ADDRSTRLEN> text{};
  if (::getpeername(socket_.get(), reinterpret_cast<sockaddr*>(&peer), &size) != 0) return {};
  return inet_ntop(AF_INET, &peer.sin_addr, text.data(), text.size()) ? text.data() : "";
}

bool Connection::fill() {
  if (!socket_) return false;
  std::array<char, 16384> part;
  if (!ssl_ || SSL_pending(ssl_.get()) == 0) {
    pollfd wait{socket_.get(), POLLIN, 0};
    if (::poll(&wait, 1, static_cast<int>(std::chrono::milliseconds(kPatience).count())) != 1) return false;
  }
  const auto got = ssl_ ? SSL_read(ssl_.get(), part.data(), static_cast<int>(part.size()))
                        : ::recv(socket_.get(), part.data(), part.size(), 0);
  if (got <= 0) return false;
  buffer_.append(part.data(), static_cast<std::size_t>(got));
  return true;
}

std::string Connection::readUntil(std::string_view mark) {
  std::size_t found;
  while ((found = buffer_.find(mark)) == std::string::npos) {
    if (!fill()) return std::exchange(buffer_, {});
  }
  return readBytes(found + mark.size());
}

std::string Connection::readBytes(std::size_t count) {
  while (buffer_.size() < count && fill()) {
  }
  std::string taken = buffer_.substr(0, count);
  buffer_.erase(0, taken.size());
  return taken;
}

std::string Connection::readChunk() {
  const std::string line = readUntil("\r\n");
  const auto size = std::strtoul(line.c_str(), nullptr, 16);
  std::string payload = readBytes(size);
  readBytes(2);
  return payload;
}

bool Connection::waitForPeerEnd() {
  while (fill())
    buffer_.clear();
  return true;
}

void Connection::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ssl_ ? SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()))
                           : ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

void Connection::fin() {
  if (ssl_) SSL_shutdown(ssl_.get());
  ::shutdown(socket_.get(), SHUT_WR);
}

void Connection::reset() {
  const linger now{1, 0};
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close();
}

void Connection::close() {
  const std::lock_guard lock(mutex_);
  socket_.reset();
}

void Connection::interrupt() {
  const std::lock_guard lock(mutex_);
  ::shutdown(socket_.get(), SHUT_RDWR);
}

RawServer::RawServer(Script script, SSL_CTX* tls, int receiveBuffer)
    : script_(std::move(script)),
      tls_(tls),
      listener_(listenOnLoopback(port_, receiveBuffer)),
      acceptor_([this] { acceptAll(); }) {
  if (tls) std::signal(SIGPIPE, SIG_IGN);  // of this end's writes; the loop's thread needs no help
}

RawServer::~RawServer() {
  ::shutdown(listener_.get(), SHUT_RDWR);
  acceptor_.join();
  for (const auto& connection : connections_)
    connection->interrupt();
  for (auto& script : scripts_)
    script.join();
}

std::string RawServer::url(const std::string& path, const std::string& host) const {
  return (tls_ ? "https://" : "http://") + host + ":" + std::to_string(port_) + path;
}

void RawServer::acceptAll() {
  for (;;) {
    Fd socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!socket) return;
    ++accepted_;
    auto connection = std::make_shared<Connection>(std::move(socket), tls_);
    connections_.push_back(connection);
    scripts_.emplace_back([this, connection] {
      if (connection->handshake()) script_(*connection);
    });
  }
}

}  // namespace kvs::net::test
