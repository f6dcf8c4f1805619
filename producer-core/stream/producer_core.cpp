// SPDX-License-Identifier: Apache-2.0
// Producer behind its face: checks the configuration, and makes what its streams share.
#include <random>
#include <set>

#include "aws/credentials/standard_chain.h"
#include "aws/environment.h"
#include "base/immortal.h"
#include "base/limits.h"
#include "net/curl_transport.h"
#include "stream/producer_route.h"
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
  if (config.storageSize < limits::leastStorage.kept || config.storageSize > limits::mostStorage.kept) {
    return invalid(StatusCode::invalidStorageSize, "The storage size is " +
                                                       std::to_string(config.storageSize) +
                                                       " bytes; it must be from 10 MiB to 10 GiB.");
  }
  return {};
}

bool isWithin(Nanoseconds time, const limits::Limit& least, const limits::Limit& most) {
  return time >= Nanoseconds(least.kept) && time <= Nanoseconds(most.kept);
}

Result<void> checkRetention(std::chrono::hours retention) {
  const auto hours = static_cast<std::uint64_t>(std::max<std::int64_t>(retention.count(), 0));
  if (retention.count() >= 0 && hours <= limits::retentionHours.kept) return {};
  return invalid(limits::retentionHours.code, "The retention period is " + std::to_string(retention.count()) +
                                                  " hours; it must be from 0 to 87600, ten years.");
}

Result<void> checkStream(const StreamConfig& config) {
  if (auto name = aws::validateStreamName(config.name); !name) return name;
  if (auto tags = aws::validateTags({config.tags.begin(), config.tags.end()}); !tags) return tags;
  if (auto retention = checkRetention(config.retention); !retention) return retention;
  if (!isWithin(config.timecodeScale, limits::leastTimecodeScale, limits::mostTimecodeScale)) {
    return invalid(limits::mostTimecodeScale.code, "The timecode scale must be from 1 to 1000 ms.");
  }
  if (!isWithin(config.fragmentDuration, limits::leastClusterDuration, limits::mostClusterDuration)) {
    return invalid(limits::leastClusterDuration.code, "The fragment duration must be from 1 to 30 s.");
  }
  if (config.bufferDuration < Nanoseconds(limits::leastBufferDuration.kept)) {
    return invalid(limits::leastBufferDuration.code, "The buffer duration must be at least 20 s.");
  }
  const bool bursts = config.streamingType == StreamingType::nearRealtime;
  if (bursts && (config.burstInterval < Seconds(1) || config.bufferDuration < 2 * config.burstInterval)) {
    return invalid(limits::leastBufferDuration.code,
                   "With near-realtime the buffer must hold two bursts: a buffer duration of " +
                       std::to_string(config.bufferDuration.count()) +
                       " s is less than twice the burst interval, " +
                       std::to_string(config.burstInterval.count()) + " s.");
  }
  const bool neverDurable = config.retention == std::chrono::hours(0) || !config.fragmentAcks;
  if (config.streamingType == StreamingType::offline && neverDurable) {
    return invalid(StatusCode::offlineModeWithZeroRetention,
                   "Offline streaming waits until the service has stored what it was sent: it needs fragment "
                   "acknowledgements, and a retention period of an hour at least.");
  }
  if (config.connectionStaleness != Seconds(0) && config.connectionStaleness < Seconds(30)) {
    return invalid(StatusCode::invalidArg,
                   "The connection staleness must be 0 or at least 30 s: a fragment may take 20 s.");
  }
  return {};
}

/// What would be lost sooner than the settings say.
std::optional<Error> tooLittleStorage(const StreamConfig& config, std::size_t storageSize) {
  const double wanted =
      static_cast<double>(config.expectedBandwidth) / 8 * static_cast<double>(config.bufferDuration.count());
  const bool waits = config.streamingType == StreamingType::offline;  // and loses nothing
  if (waits || wanted <= static_cast<double>(storageSize)) return std::nullopt;
  const auto mib = [](double bytes) { return std::to_string(static_cast<std::uint64_t>(bytes / (1 << 20))); };
  return Error{StatusCode::invalidStorageSize, ErrorKind::fatal,
               "A buffer of " + std::to_string(config.bufferDuration.count()) + " s at the expected " +
                   std::to_string(config.expectedBandwidth) + " bit/s takes " + mib(wanted) +
                   " MiB, and the storage is " + mib(static_cast<double>(storageSize)) +
                   " MiB: in an outage media is lost sooner than the buffer duration says. Give it more "
                   "storage, or correct the expected bandwidth."};
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
  Result<void> setTrack(TrackConfig track) override { return core_->setTrack(std::move(track)); }
  Result<FrameFate> put(const Frame& frame) override { return core_->put(frame); }
  Result<void> putMetadata(Tag tag, bool persistent) override {
    return core_->putMetadata(std::move(tag), persistent);
  }
  void expectTrack(std::uint32_t number) override { core_->expectTrack(number); }
  void endTrack(std::uint32_t number) override { core_->endTrack(number); }
  void removeTrack(std::uint32_t number) override { core_->removeTrack(number); }
  void putGap(std::uint32_t number, Nanoseconds pts, Nanoseconds duration) override {
    core_->putGap(number, pts, duration);
  }
  bool takeKeyFrameRequest(std::uint32_t number) override { return core_->takeKeyFrameRequest(number); }
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
    if (auto checked = checkStream(config); !checked) return fail(checked.error());
    if (config.dumpFolder.empty()) {
      config.dumpFolder = aws::processEnvironment()("KVS_DEBUG_DUMP_DATA_FILE_DIR").value_or("");
    }
    auto taken = takeName(config.name);
    if (!taken) return fail(taken.error());
    auto notifier =
        std::make_shared<Notifier>(listener, !listener                   ? nullptr
                                             : context_->config.executor ? context_->config.executor
                                                                         : stream::sharedDispatcher());
    const std::vector<TrackConfig> tracks = std::move(config.tracks);
    const std::string name = config.name;
    if (const auto warning = tooLittleStorage(config, context_->config.storageSize)) {
      notifier->tell([warning](StreamListener& heard) { heard.onWarning(*warning); });
    }
    auto core = std::make_shared<StreamCore>(context_, std::move(config), std::move(notifier), *taken);
    for (const TrackConfig& track : tracks) {
      if (auto set = core->setTrack(track); !set) {
        releaseName(name);
        return fail(set.error());
      }
    }
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
    const std::lock_guard lock(mutex_);
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
    const std::lock_guard lock(mutex_);
    names_.erase(name);
  }

  const std::shared_ptr<ProducerContext> context_;
  std::mutex mutex_;
  std::set<std::string> names_;
  Random random_;
};

aws::SourceTools credentialTools(const ProducerContext& context, const std::string& region,
                                 const aws::Environment& environment) {
  const aws::EndpointVariant said{context.config.dualStack, context.config.fips};
  return {context.loop,
          context.transport,
          aws::workerFiles(context.loop),
          aws::workerPrograms(context.loop),
          environment,
          &context.clock,
          region,
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
  context->transport =
      context->config.transport ? context->config.transport() : net::CurlTransport::shared(*route);
  if (!isOwnWorld) context->directory = aws::sharedStreamDirectory();
  context->config.dataEndpoint = std::move(*dataEndpoint);
  context->rateGate = sharedRateGate();
  context->storage = std::make_shared<store::StorageBudget>(context->config.storageSize);
  if (!context->config.credentials) {
    context->config.credentials = aws::standardChain(
        context->config.credentialSettings, credentialTools(*context, endpoint->region, environment));
  }
  context->controlPlane = std::make_shared<aws::ControlPlane>(
      *context->transport, context->clock,
      aws::ControlPlaneOptions{std::move(*endpoint), context->config.userAgent,
                               context->config.connectionTimeout, context->config.completionTimeout,
                               context->config.allowInsecureEndpoint});
  if (aws::EndpointFinder::isNeeded(wanted, environment)) {
    context->endpointFinder = std::make_shared<aws::EndpointFinder>(
        wanted, environment, aws::workerFiles(context->loop),
        [plane = context->controlPlane](aws::Endpoint found) { plane->moveTo(std::move(found)); });
  }
  return std::make_shared<ProducerCore>(std::move(context), seed);
}

}  // namespace kvs
