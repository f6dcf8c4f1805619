// SPDX-License-Identifier: Apache-2.0
#include "cli/server.h"

#include <sys/resource.h>

#include <algorithm>
#include <utility>

#include "base/files.h"
#include "base/log.h"
#include "faults/faulty_calls.h"
#include "faults/faulty_media.h"
#include "faults/quota_filters.h"
#include "http/self_signed.h"
#include "service/service_error.h"

namespace kvslocal {
namespace {

/// Answers when the request is whole: pages that nobody has to sign for.
class FixedReply final : public RequestHandler {
 public:
  explicit FixedReply(HttpReply reply) : reply_(std::move(reply)) {}
  void start(Exchange& exchange) override {
    exchange_ = &exchange;
    exchange.pull();
  }
  void onBody(ByteView, MonoTime) override { exchange_->pull(); }
  void onEnd() override { exchange_->reply(std::move(reply_)); }
  void onClosed() override {}

 private:
  HttpReply reply_;
  Exchange* exchange_ = nullptr;
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

VerifierConfig verifierOf(const ServeOptions& options, const CredentialIssuer& issuer) {
  VerifierConfig verifier;
  if (!options.noAuth) verifier.key = KeyPair{options.accessKey, options.secretKey, options.sessionToken};
  verifier.region = options.region;
  verifier.issuer = &issuer;
  return verifier;
}

SessionRules rulesOf(const ServeOptions& options) {
  SessionRules rules{options.creating, options.session, options.silence, options.idle, options.strictEnd, {}};
  if (options.quotas) rules.minFragmentDuration = std::chrono::seconds(1);
  return rules;
}

ControlConfig controlOf(const ServeOptions& options) {
  ControlConfig config;
  config.region = options.regionName();
  config.creatingFor = options.creating;
  return config;
}

}  // namespace

struct Server::Service {
  Service(const ServeOptions& options, const Clock& clock, EventLoop& loop, Trace* trace,
          std::unique_ptr<MediaStore> opened)
      : store(std::move(opened)),
        issuer(options.credentialLife),
        verifier(verifierOf(options, issuer)),
        streams(store->contents().streams, store->contents().nextStreamId),
        control(streams, controlOf(options), randomVersion),
        media{loop, clock, streams, sessions, *store, trace, rulesOf(options)},
        calls{verifier, clock, control, changes, *store, sessions, options.tls, options.publicUrl},
        credentials{verifier, clock, issuer, {}} {}

  std::unique_ptr<MediaStore> store;
  CredentialIssuer issuer;
  VerifierConfig verifier;
  StreamTable streams;
  SessionTable sessions;
  ControlPlane control;
  ChangeQueue changes;
  SessionHost media;
  ControlHost calls;
  CredentialHost credentials;
};

Server::Server(const ServeOptions& options) : options_(options), clock_(options.clockOffset) {}
Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::create(const ServeOptions& options) {
  const bool openToAll = options.noAuth || options.defaultKeys();
  if (!isLoopback(options.host) && openToAll && !options.allowRemote) {
    return failure("listening on " + options.host +
                   " with keys that everybody knows: give --access-key and --secret-key, or --allow-remote");
  }
  std::unique_ptr<Server> server(new Server(options));
  if (auto read = server->readFiles(); !read) return failure(read.error());
  if (auto opened = server->openService(); !opened) return failure(opened.error());
  if (auto listening = server->listen(); !listening) return failure(listening.error());
  return server;
}

Result<void> Server::readFiles() {
  trouble_.quotas = options_.quotas;
  if (!options_.faultsFile.empty()) {
    const auto text = readFile(options_.faultsFile);
    if (!text) return failure(text.error());
    auto book = FaultBook::parse(std::string(text->begin(), text->end()));
    if (!book) return failure(book.error());
    trouble_.faults = std::move(*book);
  }
  if (!options_.traceFile.empty()) {
    auto trace = Trace::open(options_.traceFile);
    if (!trace) return failure(trace.error());
    trace_ = std::move(*trace);
  }
  return {};
}

Result<void> Server::openService() {
  auto store = MediaStore::open(options_.dataDir, !options_.noFsync, loop_.poster());
  if (!store) return failure(store.error());
  service_ = std::make_unique<Service>(options_, clock_, loop_, trace_.get(), std::move(*store));
  makeSession_ = [this](const PutMediaHeaders& headers, MediaAnswer& answer, Exchange& exchange) {
    return makeSession(headers, answer, exchange);
  };
  return {};
}

Result<void> Server::listen() {
  if (options_.tls) {
    tls_ = {options_.certificate, options_.key, {}};
    if (tls_.certificate.empty()) {
      auto made = ensureSelfSigned(options_.dataDir);
      if (!made) return failure(made.error());
      tls_ = *made;
    }
    tls_.clientAuthority = options_.clientAuthority;
  }
  HttpConfig config;
  config.route = [this](const HttpHead& head) { return route(head); };
  config.request = options_.request;
  config.requestIdHeader = requestIdHeader;
  config.refusal = refusalOf;
  connections_.emplace(loop_, clock_, config, std::min(options_.maxConnections, raiseFileLimit()));
  const auto port = loop_.listen(options_.host, options_.port, options_.tls ? &tls_ : nullptr,
                                 [this](std::unique_ptr<Socket> socket) { accept(std::move(socket)); });
  if (!port) return failure(port.error());
  const std::string host =
      options_.host.find(':') == std::string::npos ? options_.host : '[' + options_.host + ']';
  url_ = (options_.tls ? "https://" : "http://") + host + ':' + std::to_string(*port);
  return {};
}

void Server::run() {
  loop_.onStopSignal([this] { loop_.stop(); });
  traceFlush_ = loop_.makeTimer();
  if (trace_) flushTrace();
  loop_.run();
  connections_->resetAll();
  service_.reset();  // the store finishes what was handed to it
  if (trace_) trace_->flush();
}

void Server::stop() {
  loop_.post([this] { loop_.stop(); });
}

void Server::flushTrace() {
  trace_->flush();
  traceFlush_->start(std::chrono::seconds(1), [this] { flushTrace(); });
}

void Server::accept(std::unique_ptr<Socket> socket) {
  for (const auto& fault : trouble_.faults.match("connection", "")) {
    if (fault.action.kind == FaultKind::refuse) loop_.refuseFor(fault.action.duration);
    if (fault.action.kind == FaultKind::reset || fault.action.kind == FaultKind::refuse)
      return socket->reset();
  }
  connections_->accept(std::move(socket));
}

// ---- handlers

std::shared_ptr<RequestHandler> Server::route(const HttpHead& head) {
  const std::string path = head.path();
  if (head.method == "GET" && path == "/ping") return std::make_shared<FixedReply>(jsonReply("{}"));
  if (head.method == "POST" && path == "/putMedia") {
    return std::make_shared<PutMediaExchange>(service_->verifier, clock_, service_->streams, makeSession_,
                                              head);
  }
  if (head.method == "POST" && path.size() > 1 && ControlPlane::knows(path.substr(1)))
    return std::make_shared<ControlExchange>(service_->calls, head, makeGate(trouble_.quotas));
  if (options_.credentials && CredentialExchange::knows(head))
    return std::make_shared<CredentialExchange>(service_->credentials, head, makeGate(false));
  const ServiceError unknown{"UnknownOperationException",
                             "kvs-local does not serve " + head.method + ' ' + path};
  return std::make_shared<FixedReply>(errorReply(unknown));
}

/// A session behind its filters, the outermost first: what faults do to an answer, they do to the quotas'
/// too.
std::shared_ptr<MediaSession> Server::makeSession(const PutMediaHeaders& headers, MediaAnswer& answer,
                                                  Exchange& exchange) {
  std::shared_ptr<FaultyMedia> faulty;
  std::shared_ptr<PacedMedia> paced;
  auto faults = trouble_.faults.match("putMedia", headers.stream);
  if (!faults.empty()) {
    faulty =
        std::make_shared<FaultyMedia>(loop_, clock_, exchange, answer, headers.stream, std::move(faults));
  }
  MediaAnswer& behindFaults = faulty ? *faulty : answer;
  if (trouble_.quotas)
    paced = std::make_shared<PacedMedia>(loop_, trouble_.calls, behindFaults, headers.stream);
  MediaAnswer& innermost = paced ? *paced : behindFaults;
  std::shared_ptr<MediaSession> session = std::make_shared<PutMedia>(service_->media, innermost, headers);
  if (paced) paced->setInner(std::exchange(session, paced));
  if (faulty) faulty->setInner(std::exchange(session, faulty));
  return session;
}

std::unique_ptr<CallGate> Server::makeGate(bool quotas) {
  auto gate = quotas ? std::make_unique<QuotaGate>(trouble_.calls) : std::make_unique<CallGate>();
  return std::make_unique<FaultyGate>(loop_, clock_, trouble_.faults, std::move(gate));
}

}  // namespace kvslocal
