// SPDX-License-Identifier: Apache-2.0
#include "cli/server.h"

#include <sys/resource.h>

#include <algorithm>

#include "base/log.h"
#include "http/self_signed.h"
#include "service/control_exchange.h"
#include "service/credential_exchange.h"
#include "service/put_media.h"
#include "service/service_error.h"

namespace kvslocal {
namespace {

/// Answers at once, whatever the body: pages that nobody has to sign for.
class FixedReply final : public RequestHandler {
 public:
  FixedReply(const HttpConnection::Ptr& connection, HttpReply reply)
      : connection_(connection), reply_(std::move(reply)) {}
  void start() override {}
  void onBody(ByteView, MonoTime) override {}
  void onEnd() override {
    if (const auto connection = connection_.lock()) connection->reply(reply_);
  }
  void onClosed() override {}

 private:
  std::weak_ptr<HttpConnection> connection_;
  HttpReply reply_;
};

// Each session takes a socket and a file: the soft limit of 1,024 would end at some 500. Answers for how many
// connections there are descriptors.
std::size_t raiseFileLimit() {
  constexpr rlim_t kept = 64;  // the index, the log, the listening socket and what libraries open
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 256;
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) ::getrlimit(RLIMIT_NOFILE, &limit);
  return static_cast<std::size_t>(std::max<rlim_t>(limit.rlim_cur, kept + 16) - kept) / 2;
}

bool isLoopback(const std::string& host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

std::string randomVersion() {
  std::string id = makeRequestId();
  id.erase(std::remove(id.begin(), id.end(), '-'), id.end());
  return id.substr(0, 20);
}

}  // namespace

Result<std::unique_ptr<Server>> Server::create(const ServeOptions& options) {
  std::unique_ptr<Server> server(new Server());
  server->context_.options = options;
  if (auto prepared = server->prepare(); !prepared) return failure(prepared.error());
  if (auto opened = server->openStore(); !opened) return failure(opened.error());
  if (auto listening = server->listen(); !listening) return failure(listening.error());
  return server;
}

Result<void> Server::prepare() {
  const ServeOptions& options = context_.options;
  maxConnections_ = std::min(options.maxConnections, raiseFileLimit());
  const bool openToAll = options.noAuth || options.defaultKeys();
  if (!isLoopback(options.host) && openToAll && !options.allowRemote) {
    return failure("listening on " + options.host +
                   " with keys that everybody knows: give --access-key and --secret-key, or --allow-remote");
  }
  context_.clock = Clock(options.clockOffset);
  if (!options.noAuth)
    context_.verifier.key = KeyPair{options.accessKey, options.secretKey, options.sessionToken};
  context_.verifier.region = options.region;
  context_.issuer = CredentialIssuer(options.credentialLife);
  context_.verifier.issuer = &context_.issuer;
  if (!options.faultsFile.empty()) {
    const auto text = readFile(options.faultsFile);
    if (!text) return failure(text.error());
    auto book = FaultBook::parse(std::string(text->begin(), text->end()));
    if (!book) return failure(book.error());
    context_.faults = std::move(*book);
  }
  if (!options.traceFile.empty()) {
    auto trace = Trace::open(options.traceFile);
    if (!trace) return failure(trace.error());
    context_.trace = std::move(*trace);
  }
  return {};
}

Result<void> Server::openStore() {
  auto store = Store::open(context_.options.dataDir, !context_.options.noFsync);
  if (!store) return failure(store.error());
  auto records = (*store)->loadStreams();
  if (!records) return failure(records.error());
  const auto greatest = (*store)->greatestCounter();
  if (!greatest) return failure(greatest.error());
  // Numbers of fragments that were acknowledged but never stored must not come again either: time goes on.
  const auto now = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::system_clock::now().time_since_epoch());
  context_.nextCounter = std::max(*greatest + 1, static_cast<std::uint64_t>(now.count()));
  const auto nextId = (*store)->nextStreamId();
  if (!nextId) return failure(nextId.error());
  context_.streams = StreamTable(std::move(*records), *nextId);
  ControlConfig config;
  config.region = context_.options.regionName();
  config.creatingFor = context_.options.creating;
  context_.control = std::make_unique<ControlPlane>(context_.streams, config, randomVersion);
  context_.disk = std::make_unique<DiskWorker>(std::move(*store));
  return {};
}

Result<void> Server::listen() {
  const ServeOptions& options = context_.options;
  if (options.tls) {
    tls_ = {options.certificate, options.key};
    if (tls_.certificate.empty()) {
      auto made = ensureSelfSigned(options.dataDir);
      if (!made) return failure(made.error());
      tls_ = *made;
    }
    tls_.clientAuthority = options.clientAuthority;
  }
  const auto port =
      context_.loop.listen(options.host, options.port, options.tls ? &tls_ : nullptr,
                           [this](std::unique_ptr<Socket> socket) { accept(std::move(socket)); });
  if (!port) return failure(port.error());
  const std::string host =
      options.host.find(':') == std::string::npos ? options.host : '[' + options.host + ']';
  context_.baseUrl = (options.tls ? "https://" : "http://") + host + ':' + std::to_string(*port);
  return {};
}

void Server::run() {
  context_.loop.onStopSignal([this] { context_.loop.stop(); });
  housekeeping_ = context_.loop.makeTimer();
  keepHouse();
  context_.loop.run();
  for (auto& [raw, connection] : connections_)
    connection->reset();
  connections_.clear();
  context_.disk.reset();  // finishes what was handed to it
  if (context_.trace) context_.trace->flush();
}

void Server::stop() {
  context_.loop.post([this] { context_.loop.stop(); });
}

void Server::keepHouse() {
  if (context_.trace) context_.trace->flush();
  if (connections_.size() < maxConnections_) fullSaid_ = false;
  housekeeping_->start(std::chrono::seconds(1), [this] { keepHouse(); });
}

void Server::accept(std::unique_ptr<Socket> socket) {
  for (const auto& fault : context_.faults.match("connection", "")) {
    if (fault.action.kind == FaultKind::refuse) context_.loop.refuseFor(fault.action.duration);
    if (fault.action.kind == FaultKind::reset || fault.action.kind == FaultKind::refuse)
      return socket->reset();
  }
  if (connections_.size() >= maxConnections_ && !makeRoom()) return socket->reset();
  HttpConfig config;
  config.request = context_.options.request;
  config.requestIdHeader = requestIdHeader;
  config.refusal = refusalOf;
  auto connection = std::make_shared<HttpConnection>(
      context_.loop, context_.clock, std::move(socket),
      [this](const HttpConnection::Ptr& self, const HttpHead& head) { return route(self, head); }, config);
  connections_[connection.get()] = connection;
  connection->start([this, raw = connection.get()] { connections_.erase(raw); });
}

// Who has asked for nothing goes first, then who has not proved to know the key; of equals the oldest.
bool Server::makeRoom() {
  if (!fullSaid_)
    log::warn("there are " + std::to_string(maxConnections_) + " connections, as many as may be");
  fullSaid_ = true;
  const auto last =
      std::min_element(connections_.begin(), connections_.end(), [](const auto& a, const auto& b) {
        return std::pair(a.second->standing(), a.second->since()) <
               std::pair(b.second->standing(), b.second->since());
      });
  if (last == connections_.end() || last->second->standing() == Standing::trusted) return false;
  const HttpConnection::Ptr leaving = last->second;
  connections_.erase(last);
  leaving->giveWay();
  return true;
}

std::shared_ptr<RequestHandler> Server::route(const HttpConnection::Ptr& connection, const HttpHead& head) {
  const std::string path = head.path();
  if (head.method == "GET" && path == "/ping")
    return std::make_shared<FixedReply>(connection, jsonReply("{}"));
  if (head.method == "POST" && path == "/putMedia")
    return std::make_shared<PutMedia>(context_, connection, head);
  if (head.method == "POST" && path.size() > 1 && ControlPlane::knows(path.substr(1))) {
    return std::make_shared<ControlExchange>(context_, connection, head);
  }
  if (context_.options.credentials && CredentialExchange::knows(head))
    return std::make_shared<CredentialExchange>(context_, connection, head);
  const ServiceError unknown{"UnknownOperationException",
                             "kvs-local does not serve " + head.method + ' ' + path};
  return std::make_shared<FixedReply>(connection, errorReply(unknown));
}

}  // namespace kvslocal
