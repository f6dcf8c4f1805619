// SPDX-License-Identifier: Apache-2.0
#include "http/event_loop.h"

#include <poll.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <optional>
#include <utility>

#include "base/log.h"

namespace kvslocal {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using ErrorCode = boost::system::error_code;

class AsioTimer final : public Timer {
 public:
  explicit AsioTimer(asio::io_context& context) : timer_(context) {}
  ~AsioTimer() override { ++*generation_; }
  AsioTimer(const AsioTimer&) = delete;
  AsioTimer& operator=(const AsioTimer&) = delete;

  void start(std::chrono::milliseconds delay, std::function<void()> due) override {
    timer_.expires_after(delay);
    // An expiry that is already queued cannot be cancelled: it is known by its old number.
    timer_.async_wait(
        [due = std::move(due), current = generation_, mine = ++*generation_](const ErrorCode& error) {
          if (!error && *current == mine) due();
        });
  }
  void cancel() override {
    ++*generation_;
    timer_.cancel();
  }

 private:
  asio::steady_timer timer_;
  std::shared_ptr<std::uint64_t> generation_ = std::make_shared<std::uint64_t>(0);
};

/// Without a zone, which means nothing to the peer; a client of IPv4 that reached a socket of IPv6 as IPv4.
std::string plainAddress(const asio::ip::address& address) {
  if (address.is_v4()) return address.to_string();
  asio::ip::address_v6 six = address.to_v6();
  if (six.is_v4_mapped()) return asio::ip::make_address_v4(asio::ip::v4_mapped, six).to_string();
  six.scope_id(0);
  return six.to_string();
}

/// What plain and TLS connections share: all but the way bytes are read and written.
class TcpSocket : public Socket {
 public:
  void shutdownSend() override {
    ErrorCode ignored;
    tcpSocket().shutdown(tcp::socket::shutdown_send, ignored);
  }
  void reset() override {
    ErrorCode ignored;
    tcpSocket().set_option(asio::socket_base::linger(true, 0), ignored);
    tcpSocket().close(ignored);
  }
  void close() override {
    ErrorCode ignored;
    tcpSocket().close(ignored);
  }
  [[nodiscard]] bool hasClosed() override {
    pollfd query{tcpSocket().native_handle(), POLLRDHUP, 0};
    return ::poll(&query, 1, 0) > 0;
  }
  [[nodiscard]] std::string name() const override { return peer_; }
  [[nodiscard]] SocketAddress local() const override { return local_; }

 protected:
  explicit TcpSocket(const tcp::socket& socket) {
    ErrorCode error;
    const auto endpoint = socket.remote_endpoint(error);
    if (!error) peer_ = endpoint.address().to_string() + ':' + std::to_string(endpoint.port());
    const auto own = socket.local_endpoint(error);
    if (!error) local_ = {plainAddress(own.address()), own.port()};
  }
  virtual tcp::socket& tcpSocket() = 0;

 private:
  std::string peer_;
  SocketAddress local_;
};

class PlainSocket final : public TcpSocket {
 public:
  explicit PlainSocket(tcp::socket socket) : TcpSocket(socket), socket_(std::move(socket)) {}
  void handshake(std::function<void(bool)> done) override { done(true); }
  [[nodiscard]] bool hasCertificate() override { return false; }
  void readSome(std::uint8_t* into, std::size_t limit, Done done) override {
    socket_.async_read_some(
        asio::buffer(into, limit),
        [done = std::move(done)](const ErrorCode& error, std::size_t n) { done(error ? 0 : n); });
  }
  void writeAll(const std::string& text, Done done) override {
    asio::async_write(
        socket_, asio::buffer(text),
        [done = std::move(done)](const ErrorCode& error, std::size_t n) { done(error ? 0 : n); });
  }

 private:
  tcp::socket& tcpSocket() override { return socket_; }
  tcp::socket socket_;
};

class TlsSocket final : public TcpSocket {
 public:
  TlsSocket(tcp::socket socket, asio::ssl::context& context)
      : TcpSocket(socket), stream_(std::move(socket), context) {}
  void handshake(std::function<void(bool)> done) override {
    stream_.async_handshake(asio::ssl::stream_base::server,
                            [done = std::move(done)](const ErrorCode& error) { done(!error); });
  }
  [[nodiscard]] bool hasCertificate() override {
    // One that is not of the authority ends the handshake.
    X509* certificate = SSL_get1_peer_certificate(stream_.native_handle());
    X509_free(certificate);
    return certificate != nullptr;
  }
  void readSome(std::uint8_t* into, std::size_t limit, Done done) override {
    stream_.async_read_some(
        asio::buffer(into, limit),
        [done = std::move(done)](const ErrorCode& error, std::size_t n) { done(error ? 0 : n); });
  }
  void writeAll(const std::string& text, Done done) override {
    asio::async_write(
        stream_, asio::buffer(text),
        [done = std::move(done)](const ErrorCode& error, std::size_t n) { done(error ? 0 : n); });
  }

 private:
  tcp::socket& tcpSocket() override { return stream_.next_layer(); }
  asio::ssl::stream<tcp::socket> stream_;
};

}  // namespace

struct EventLoop::Impl {
  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
  tcp::acceptor acceptor{context};
  tcp::endpoint address;  ///< where it listens
  asio::steady_timer acceptPause{context};
  std::optional<asio::ssl::context> tls;
  std::optional<asio::signal_set> signals;
  std::function<void(std::unique_ptr<Socket>)> accepted;

  void acceptNext() {
    acceptor.async_accept([this](const ErrorCode& error, tcp::socket socket) {
      if (error == asio::error::operation_aborted) return;
      if (error) return pauseAccepting(error);
      take(std::move(socket));
      if (acceptor.is_open()) acceptNext();
    });
  }

  void pauseAccepting(const ErrorCode& error) {
    log::warn("cannot accept a connection: " + error.message());
    acceptPause.expires_after(std::chrono::milliseconds(100));
    acceptPause.async_wait([this](const ErrorCode& ended) {
      if (!ended) acceptNext();
    });
  }

  void refuseFor(std::chrono::milliseconds duration) {
    ErrorCode ignored;
    acceptor.close(ignored);
    acceptPause.expires_after(duration);
    acceptPause.async_wait([this](const ErrorCode& ended) {
      if (ended) return;
      if (const auto error = open()) {
        log::warn("cannot listen again: " + error.message());
        return refuseFor(std::chrono::milliseconds(100));
      }
      acceptNext();
    });
  }

  void take(tcp::socket socket) {
    ErrorCode ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    if (tls) return accepted(std::make_unique<TlsSocket>(std::move(socket), *tls));
    accepted(std::make_unique<PlainSocket>(std::move(socket)));
  }

  Result<void> prepareTls(const TlsFiles& files) {
    ErrorCode error;
    tls.emplace(asio::ssl::context::tls_server);
    SSL_CTX_set_mode(tls->native_handle(), SSL_MODE_RELEASE_BUFFERS);  // an idle connection keeps none
    tls->set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 |
                     asio::ssl::context::no_tlsv1_1);
    tls->use_certificate_chain_file(files.certificate, error);
    if (error) return failure("cannot use the certificate " + files.certificate + ": " + error.message());
    tls->use_private_key_file(files.key, asio::ssl::context::pem, error);
    if (error) return failure("cannot use the key " + files.key + ": " + error.message());
    if (files.clientAuthority.empty()) return {};
    tls->load_verify_file(files.clientAuthority, error);
    if (error) return failure("cannot use the client CA " + files.clientAuthority + ": " + error.message());
    tls->set_verify_mode(asio::ssl::verify_peer);
    // Without one OpenSSL refuses to resume a session where it asks for certificates.
    constexpr std::string_view name = "kvs-local";
    SSL_CTX_set_session_id_context(tls->native_handle(), reinterpret_cast<const unsigned char*>(name.data()),
                                   static_cast<unsigned>(name.size()));
    return {};
  }

  Result<std::uint16_t> bind(const std::string& host, std::uint16_t port) {
    ErrorCode error;
    tcp::resolver resolver(context);
    const auto found = resolver.resolve(host, std::to_string(port), tcp::resolver::passive, error);
    if (error || found.empty()) return failure("no address for the host " + host + ": " + error.message());
    address = found.begin()->endpoint();
    error = open();
    if (error)
      return failure("cannot listen on " + host + ':' + std::to_string(port) + ": " + error.message());
    address = acceptor.local_endpoint();
    return address.port();
  }

  ErrorCode open() {
    ErrorCode error;
    acceptor.open(address.protocol(), error);
    if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) acceptor.bind(address, error);
    if (!error) acceptor.listen(1024, error);
    ErrorCode ignored;
    if (error) acceptor.close(ignored);
    return error;
  }
};

EventLoop::EventLoop() : impl_(std::make_unique<Impl>()) {}
EventLoop::~EventLoop() = default;

void EventLoop::run() {
  impl_->context.restart();  // it may have been stopped before
  impl_->context.run();
}
void EventLoop::stop() {
  impl_->context.stop();
}
void EventLoop::post(std::function<void()> work) {
  asio::post(impl_->context, std::move(work));
}
Post EventLoop::poster() {
  return [this](std::function<void()> work) { post(std::move(work)); };
}
std::unique_ptr<Timer> EventLoop::makeTimer() {
  return std::make_unique<AsioTimer>(impl_->context);
}

Result<std::uint16_t> EventLoop::listen(const std::string& host, std::uint16_t port, const TlsFiles* tls,
                                        std::function<void(std::unique_ptr<Socket>)> accepted) {
  if (tls != nullptr) {
    if (auto prepared = impl_->prepareTls(*tls); !prepared) return failure(prepared.error());
  }
  auto bound = impl_->bind(host, port);
  if (!bound) return bound;
  impl_->accepted = std::move(accepted);
  impl_->acceptNext();
  return bound;
}

void EventLoop::refuseFor(std::chrono::milliseconds duration) {
  impl_->refuseFor(duration);
}

void EventLoop::onStopSignal(std::function<void()> stopping) {
  impl_->signals.emplace(impl_->context, SIGINT, SIGTERM);
  impl_->signals->async_wait([stopping = std::move(stopping)](const ErrorCode& error, int) {
    if (!error) stopping();
  });
}

}  // namespace kvslocal
