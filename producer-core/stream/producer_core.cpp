// SPDX-License-Identifier: Apache-2.0
// Producer behind its face: checks the configuration, and makes what its streams share.
#include <random>
#include <set>

#include "aws/credentials/standard_chain.h"
#include "aws/environment.h"
#include "base/immortal.h"
#include "base/limits.h"
#include "base/mutex.h"
#include "net/curl_transport.h"
#include "stream/producer_route.h"
#include "stream/settled_config.h"
#include "stream/stream_core.h"
#include "version.h"

namespace kvs {

namespace {

using stream::Notifier;
using stream::ProducerContext;
using stream::StreamCore;

tl::unexpected<Error> invalid(StatusCode code, std::string message) {
  return fail(code, ErrorKind::fatal, std::move(message));
}

Result<void> checkProducer(const ProducerConfig& config) {
  if (config.storageSize > 0) return {};
  return invalid(limits::leastStorage.code,
                 "The storage size is 0, which leaves no room for media: give it 10 MiB or more.");
}

/// The process's; used on the loop only.
std::shared_ptr<aws::RateGate> sharedRateGate() {
  static Immortal<aws::RateGate> gate;
  return {std::shared_ptr<void>(), &*gate};
}

/// Destroyed anywhere; tells the loop's side to wind up.
class StreamHandle final : public Stream {
 public:
  StreamHandle(std::shared_ptr<StreamCore> core, std::shared_ptr<Producer> producer,
               std::function<void()> onGone)
      : core_(std::move(core)), producer_(std::move(producer)), onGone_(std::move(onGone)) {}
  ~StreamHandle() override {
    core_->abandon();
    onGone_();
  }
  StreamHandle(const StreamHandle&) = delete;
  StreamHandle& operator=(const StreamHandle&) = delete;

  const std::string& name() const override { return core_->config().name; }
  Result<std::unique_ptr<TrackWriter>> addTrack(TrackConfig track) override {
    return core_->addTrack(std::move(track));
  }
  Result<void> putMetadata(Tag tag, bool persistent) override {
    return core_->putMetadata(std::move(tag), persistent);
  }
  Result<void> putEvent(FragmentEvent event) override { return core_->putEvent(std::move(event)); }
  void flush() override { core_->flush(); }
  void interrupt(bool on) override { core_->interrupt(on); }
  void endOfStream() override { core_->endOfStream(); }
  bool drain(Milliseconds timeout) override { return core_->drain(timeout); }
  void stop() override { core_->stop(); }
  StreamStats stats() const override { return core_->stats(); }

 private:
  std::shared_ptr<StreamCore> core_;
  std::shared_ptr<Producer> producer_;
  std::function<void()> onGone_;
};

class ProducerCore final : public Producer, public std::enable_shared_from_this<ProducerCore> {
 public:
  ProducerCore(std::shared_ptr<ProducerContext> context, std::uint64_t seed)
      : context_(std::move(context)), random_(seed) {}

  Result<std::unique_ptr<Stream>> createStream(StreamConfig config,
                                               std::shared_ptr<StreamListener> listener) override {
    auto settled = stream::settle(std::move(config), context_->config.storageSize);
    if (!settled) return fail(std::move(settled.error()));
    config = std::move(settled->config);
    if (auto started = context_->loop->start(); !started) return fail(started.error());
    if (config.dumpFolder.empty()) {
      config.dumpFolder = aws::processEnvironment()("KVS_DEBUG_DUMP_DATA_FILE_DIR").value_or("");
    }
    auto taken = takeName(config.name);
    if (!taken) return fail(taken.error());
    auto notifier =
        std::make_shared<Notifier>(listener, !listener                   ? nullptr
                                             : context_->config.executor ? context_->config.executor
                                                                         : stream::sharedDispatcher());
    const std::string name = config.name;
    for (const Error& warning : settled->warnings)
      notifier->tell(news::Warning{warning});
    auto core = std::make_shared<StreamCore>(context_, std::move(config), std::move(notifier), *taken);
    core->start();
    const auto self = shared_from_this();
    return std::make_unique<StreamHandle>(std::move(core), self, [self, name] { self->releaseName(name); });
  }

  ProducerStats stats() const override {
    const net::Loop::Lag lag = context_->loop->lag();
    return {context_->storage->limit(), context_->storage->used(), lag.p50, lag.p99};
  }

 private:
  /// Gives the stream's seed.
  Result<std::uint64_t> takeName(const std::string& name) {
    const Lock lock(mutex_);
    if (names_.size() >= limits::streamCount.kept) {
      return invalid(StatusCode::maxStreamCount,
                     "A producer holds 128 streams at most; make another producer.");
    }
    if (!names_.insert(name).second) {
      return invalid(StatusCode::duplicateStreamName, "This producer already sends to the stream \"" + name +
                                                          "\"; give each stream its own name.");
    }
    return random_.next();
  }
  void releaseName(const std::string& name) {
    const Lock lock(mutex_);
    names_.erase(name);
  }

  const std::shared_ptr<ProducerContext> context_;
  Mutex mutex_{"producer"};
  std::set<std::string> names_ KVS_GUARDED_BY(mutex_);
  Random random_ KVS_GUARDED_BY(mutex_);
};

std::shared_ptr<aws::Service> serviceFor(const ProducerContext& context, aws::Endpoint endpoint,
                                         const net::TransportOptions& route) {
  const ProducerConfig& config = context.config;
  auto service = std::make_shared<aws::Service>();
  service->name = "kinesisvideo";
  service->api = "PUT_MEDIA";
  service->endpoint = std::move(endpoint);
  service->userAgent = config.userAgent;
  service->connectTimeout = config.connectionTimeout;
  service->completionTimeout = config.completionTimeout;
  service->allowInsecure = config.allowInsecureEndpoint;
  service->loop = context.loop;
  service->transport = config.transport ? config.transport() : net::CurlTransport::shared(route);
  service->clock = context.clock;
  service->gate = sharedRateGate();
  return service;
}

/// The shared config file may change the region's public name; nobody reads a file on this thread.
void findEndpoint(const std::shared_ptr<aws::Service>& service, const aws::EndpointOptions& wanted,
                  const aws::Environment& environment) {
  service->finder =
      std::make_shared<aws::EndpointFinder>(wanted, environment, aws::workerFiles(service->loop),
                                            [weak = std::weak_ptr(service)](aws::Endpoint found) {
                                              if (const auto kept = weak.lock())
                                                kept->endpoint = std::move(found);
                                            });
}

aws::SourceTools credentialTools(const ProducerContext& context, const aws::Environment& environment) {
  const aws::EndpointVariant said{context.config.dualStack, context.config.fips};
  return {context.loop,
          context.service->transport,
          aws::workerFiles(context.loop),
          aws::workerPrograms(context.loop),
          environment,
          context.clock.get(),
          context.service->endpoint.region,
          context.config.userAgent,
          Logger(context.config.log, {}),
          said.elseBy(aws::variantIn(environment))};
}

}  // namespace

Result<std::shared_ptr<Producer>> Producer::create(ProducerConfig config) {
  if (auto checked = checkProducer(config); !checked) return fail(checked.error());
  const aws::Environment environment = aws::processEnvironment();
  if (config.userAgent.empty()) config.userAgent = "producer-core/" KVS_VERSION;
  const aws::EndpointOptions wanted = stream::endpointOptions(config, environment);
  auto endpoint = aws::controlEndpoint(wanted, environment);
  if (!endpoint) return fail(endpoint.error());
  auto dataEndpoint = stream::dataEndpointOf(config, endpoint->region);
  if (!dataEndpoint) return fail(dataEndpoint.error());
  auto route = stream::transportOptions(config, environment);
  if (!route) return fail(route.error());
  const std::uint64_t seed = config.seed ? config.seed : std::random_device{}();

  auto context = std::make_shared<ProducerContext>(std::move(config));
  context->loop = net::Loop::shared();
  // What a network or clock of the application's own says counts for nobody else.
  const bool isOwnWorld = context->config.transport || context->config.clock;
  if (!isOwnWorld) context->directory = aws::sharedStreamDirectory();
  context->config.dataEndpoint = std::move(*dataEndpoint);
  context->storage = std::make_shared<store::StorageBudget>(context->config.storageSize,
                                                            std::size_t{limits::leastStorage.kept});
  context->service = serviceFor(*context, std::move(*endpoint), *route);
  context->service->credentials =
      context->config.credentials
          ? context->config.credentials
          : aws::standardChain(context->config.credentialSettings, credentialTools(*context, environment));
  if (aws::EndpointFinder::isNeeded(wanted, environment)) findEndpoint(context->service, wanted, environment);
  return std::make_shared<ProducerCore>(std::move(context), seed);
}

}  // namespace kvs
