// SPDX-License-Identifier: Apache-2.0
#include "simulation.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>

#include "aws/credentials/static.h"
#include "checks.h"
#include "fake_service.h"
#include "feeds.h"
#include "queue_executor.h"
#include "sim_clock.h"
#include "source.h"
#include "stream/stream_core.h"

namespace kvs::sim {

namespace {

using Kind = Fault::Kind;

/// Keys, or trouble.
class SimCredentials final : public aws::CredentialProvider {
 public:
  std::string_view name() const override { return "simulation"; }
  void fetch(Callback callback) override {
    if (bad) return callback(fail(StatusCode::clientAuthFailed, ErrorKind::retryable, "no keys today"));
    callback(aws::Credentials{"AKID", Secret("secret"), Secret("token"), std::nullopt, "simulation", {}});
  }
  bool bad = false;
};

struct Call {
  int status;
  const char* exception;
  const char* retryAfter;
};
constexpr std::array<Call, 8> callErrors = {{{500, "InternalFailure", ""},
                                             {503, "", ""},
                                             {400, "ClientLimitExceededException", ""},
                                             {429, "ThrottlingException", "12"},
                                             {403, "ExpiredTokenException", ""},
                                             {404, "InvalidEndpointException", ""},
                                             {400, "ConnectionLimitExceededException", ""},
                                             {408, "", ""}}};

/// The stream's log, with the time since the start.
class Diary final : public LogSink {
 public:
  Diary(std::ostream& out, const Clock& clock) : out_(out), clock_(clock), begun_(clock.now()) {}
  bool wants(LogLevel, Room) const override { return true; }
  void write(LogLevel, Room room, std::string_view, std::string_view text) override {
    const auto since = std::chrono::duration_cast<Milliseconds>(clock_.now() - begun_);
    out_ << "    " << since.count() << " ms " << roomName(room) << ": " << text << "\n";
  }

 private:
  std::ostream& out_;
  const Clock& clock_;
  const TimePoint begun_;
};

class Simulation {
 public:
  explicit Simulation(const Plan& plan, std::ostream* diary)
      : plan_(plan),
        begun_(clock_.now()),
        loop_(std::make_shared<net::Loop>(clock_, net::Loop::Drive::caller)),
        service_(std::make_shared<test::FakeService>(*loop_, clock_, plan.seed, serviceOptions(plan))),
        storage_(std::make_shared<store::StorageBudget>(plan.storageChunks * store::chunkSize)),
        witness_(std::make_shared<Witness>(clock_, plan.retentionHours == 0)),
        source_(plan, clock_) {
    service_->network.latency = plan.latency;
    makeStream(diary ? std::make_shared<Diary>(*diary, clock_) : nullptr);
  }

  Outcome run() {
    nextFrame_ = nextSound_ = begun_;
    for (std::size_t i = 0; i < plan_.faults.size(); ++i) {
      edges_.emplace(begun_ + plan_.faults[i].at, std::pair(i, true));
      if (plan_.faults[i].lasts.count() > 0)
        edges_.emplace(begun_ + plan_.faults[i].end(), std::pair(i, false));
    }
    core_->start();
    while (clock_.now() < begun_ + plan_.length)
      step(begun_ + plan_.length, true);
    checkRecovery();
    finish();
    return judge();
  }

 private:
  static test::FakeServiceOptions serviceOptions(const Plan& plan) {
    test::FakeServiceOptions options;
    options.streamsExist = plan.streamExists;
    options.retentionHours = plan.retentionHours;
    options.persistDelay = plan.persistDelay;
    options.readInsideResume = plan.readInsideResume;
    options.shuffled = plan.shuffled;
    options.clockAhead = plan.clockBehind;
    return options;
  }

  std::shared_ptr<aws::Service> reachedService(std::shared_ptr<CorrectedClock> clock) const {
    auto reached = std::make_shared<aws::Service>();
    reached->name = "kinesisvideo";
    reached->api = "PUT_MEDIA";
    reached->endpoint = {"https://control.example.com", "eu-west-1", "test"};
    reached->userAgent = "simulation";
    reached->loop = loop_;
    reached->transport = service_;
    reached->clock = std::move(clock);
    reached->gate = std::make_shared<aws::RateGate>();
    reached->credentials = credentials_;
    return reached;
  }

  void makeStream(std::shared_ptr<LogSink> log) {
    ProducerConfig producer;
    producer.credentials = credentials_;
    producer.clock = &clock_;
    producer.log = std::move(log);
    producer.storageSize = storage_->limit();
    auto context = std::make_shared<stream::ProducerContext>(producer);
    context->loop = loop_;
    context->storage = storage_;
    context->makeFeed = [this](store::FragmentLog& live, const store::FragmentLog::OnLost& onLost) {
      live_ = &live;
      return makeFeed(plan_, live, onLost, *loop_, clock_);
    };
    context->service = reachedService(context->clock);
    StreamConfig config;
    config.name = "camera";
    config.retention = std::chrono::hours(plan_.retentionHours);
    config.timecodeScale = plan_.timecodeScale;
    config.absoluteFragmentTimes = plan_.absoluteTimes;
    config.bufferDuration = plan_.bufferDuration;
    config.rotationPeriod = plan_.rotation;
    config.restartOnError = !plan_.calm;
    if (plan_.burst) {
      config.streamingType = StreamingType::nearRealtime;
      config.burstInterval = *plan_.burst;
    }
    config.silentTrack = plan_.drops ? SilentTrack::drop : SilentTrack::fill;
    core_ = std::make_shared<stream::StreamCore>(
        context, config, std::make_shared<stream::Notifier>(witness_, executor_), plan_.seed);
    if (!source_.addTracks(*core_)) witness_->broken.push_back("a track was not taken");
    source_.goBy(*context->clock);
    witness_->wall = context->clock.get();
    context_ = context;
  }

  /// To the next thing that happens, at most to `end`.
  void step(TimePoint end, bool sourceRuns) {
    std::optional<TimePoint> next;
    do {
      next = loop_->runDue();
    } while (executor_->run());
    TimePoint to = end;
    if (next) to = std::min(to, *next);
    if (!edges_.empty()) to = std::min(to, edges_.begin()->first);
    if (sourceRuns) to = std::min(to, plan_.audio ? std::min(nextFrame_, nextSound_) : nextFrame_);
    clock_.advanceTo(to);
    while (!edges_.empty() && edges_.begin()->first <= clock_.now()) {
      const auto [index, begins] = edges_.begin()->second;
      edges_.erase(edges_.begin());
      const Fault& fault = plan_.faults[index];
      begins ? begin(fault) : cease(fault);
    }
    if (sourceRuns && nextFrame_ <= clock_.now()) putFrame();
    if (sourceRuns && plan_.audio && nextSound_ <= clock_.now()) {
      nextSound_ += Source::audioInterval;
      source_.putAudio(paused_ > 0 || muted_ > 0);
    }
    if (storage_->used() > storage_->limit()) witness_->broken.push_back("the storage is over its limit");
  }

  void putFrame() {
    nextFrame_ += source_.interval();
    if (paused_ > 0) return source_.skipTime();
    source_.put(*core_);
    if (++framesPut_ % framesBetweenLooks != 0) return;
    const Nanoseconds held = live_->totals().duration;
    // A frame may pass the budget; the loop then closes the session that is in the way, and the next goes by.
    overBudget_ = held > plan_.bufferDuration + 3 * source_.interval() ? overBudget_ + 1 : 0;
    if (overBudget_ > 1)
      witness_->broken.push_back("the buffer holds " + std::to_string(held.count() / 1'000'000) + " ms");
  }

  void begin(const Fault& fault) {
    switch (fault.kind) {
      case Kind::refuse:
        ++refusing_;
        service_->network.refuse = true;
        if (fault.named) service_->resetConnections();
        break;
      case Kind::blackhole:
        ++blackholes_;
        service_->setBlackhole(true);
        break;
      case Kind::swallow:
        ++swallows_;
        service_->setSwallow(true);
        break;
      case Kind::reset:
        service_->resetConnections();
        break;
      case Kind::slowLink:
        service_->network.bytesPerSecond = static_cast<double>(fault.value);
        break;
      case Kind::endResponse:
        service_->endResponses();
        break;
      case Kind::errorAck:
        service_->errorAck(static_cast<int>(fault.value), "TOLD_BY_NUMBER", fault.named);
        break;
      case Kind::callErrors:
        failing_.push_back(&fault);
        intercept();
        break;
      case Kind::withholdAcks:
        ++withholding_;
        service_->withholdAcks = true;
        break;
      case Kind::withholdStorage:
        ++forgetting_;
        service_->withholdStorage = true;
        break;
      case Kind::moveEndpoint:
        service_->moveEndpoint();
        if (fault.named) service_->resetConnections();
        break;
      case Kind::deleteStream:
        service_->deleteStreams();
        service_->errorAck(4507, "STREAM_DELETED", false);
        break;
      case Kind::nonsense:
        service_->nonsense(fault.named
                               ? R"({"EventType":"PERSISTED","FragmentTimecode":12345,"FragmentNumber":"9"})"
                               : R"(]{"EventType":"SOMETHING"})"
                                 "\n");
        break;
      case Kind::wallStep:
        clock_.stepWall(Seconds(fault.value));
        break;
      case Kind::badCredentials:
        ++keyless_;
        credentials_->bad = true;
        break;
      case Kind::pauseSource:
        ++paused_;
        break;
      case Kind::mute:
        ++muted_;
        break;
      case Kind::endOfStream:
        core_->endOfStream();
        break;
      case Kind::flush:
        core_->flush();
        break;
      case Kind::newFormat:
        source_.changeFormat();
        break;
      case Kind::timeJump:
        source_.jump(Milliseconds(fault.value));
        break;
    }
  }

  void cease(const Fault& fault) {
    switch (fault.kind) {
      case Kind::refuse:
        if (--refusing_ == 0) service_->network.refuse = false;
        break;
      case Kind::blackhole:
        if (--blackholes_ == 0) service_->setBlackhole(false);
        break;
      case Kind::swallow:
        if (--swallows_ == 0) service_->setSwallow(false);
        break;
      case Kind::slowLink:
        service_->network.bytesPerSecond = 0;
        break;
      case Kind::callErrors:
        std::erase(failing_, &fault);
        intercept();
        break;
      case Kind::withholdAcks:
        if (--withholding_ == 0) service_->withholdAcks = false;
        break;
      case Kind::withholdStorage:
        if (--forgetting_ == 0) service_->withholdStorage = false;
        break;
      case Kind::badCredentials:
        if (--keyless_ == 0) credentials_->bad = false;
        break;
      case Kind::pauseSource:
        --paused_;
        break;
      case Kind::mute:
        --muted_;
        break;
      default:
        break;
    }
  }

  void intercept() {
    if (failing_.empty()) {
      service_->intercept = nullptr;
      return;
    }
    const auto which = static_cast<std::size_t>(failing_.back()->value);
    service_->intercept = [this, which](const std::string& operation) -> std::optional<test::FakeReply> {
      if (which == callErrors.size())
        return operation == "putMedia" ? std::nullopt : std::optional(test::FakeReply{200, "", "", true});
      // Keys that never worked and are refused twice are an error by design.
      const bool tooSoon = callErrors[which].status == 403 && service_->sessions() == 0;
      const Call& call = callErrors[tooSoon ? 0 : which];
      const bool onlyData = std::string_view(call.exception) == "InvalidEndpointException";
      if (onlyData && operation != "putMedia") return std::nullopt;
      return test::FakeReply{call.status, call.exception, call.retryAfter};
    };
  }

  void checkRecovery() {
    Milliseconds lastEnd{0};
    for (const Fault& fault : plan_.faults)
      lastEnd = std::max(lastEnd, fault.end());
    const TimePoint since = begun_ + lastEnd;
    const Nanoseconds bound = recoveryBound(plan_);
    const auto first = std::ranges::lower_bound(witness_->finals, since);
    if (first == witness_->finals.end()) {
      witness_->broken.push_back("nothing was confirmed after the last fault; the stream is " +
                                 core_->stats().state + ", " + core_->stats().lastError);
    } else if (*first > since + bound) {
      witness_->broken.push_back("recovered " + std::to_string((*first - since).count() / 1'000'000) +
                                 " ms after the last fault, later than " +
                                 std::to_string(bound.count() / 1'000'000));
    }
  }

  /// End of stream, drained, stopped, gone.
  void finish() {
    core_->endOfStream();
    const TimePoint patience = clock_.now() + Seconds(90);
    const auto drainedBefore = witness_->drained;
    while (witness_->drained == drainedBefore && clock_.now() < patience)
      step(patience, false);
    if (witness_->drained == drainedBefore) {
      witness_->broken.push_back("not drained 90 s after the end: " + core_->stats().state + ", " +
                                 std::to_string(core_->stats().bytesBuffered) + " bytes left");
    }
    atEnd_ = core_->stats();
    core_->stop();
    step(clock_.now(), false);
    if (witness_->closed != 1) witness_->broken.push_back("not told that the stream is closed");
    if (storage_->used() != 0) witness_->broken.push_back("bytes are held after the end");
    const std::weak_ptr<stream::StreamCore> watched = core_;
    source_.leave();
    core_.reset();
    step(clock_.now(), false);
    if (!watched.expired()) witness_->broken.push_back("somebody holds the stream after its end");
  }

  Outcome judge() {
    Outcome outcome;
    outcome.broken = std::move(witness_->broken);
    judgeFrames(source_, *witness_, *service_, atEnd_, outcome.broken);
    judgeStats(source_, *witness_, *service_, atEnd_, outcome.broken);
    if (plan_.calm && (atEnd_.reconnects > 0 || atEnd_.framesLost > 0 || !atEnd_.lastError.empty()))
      outcome.broken.push_back("nothing was wrong, and there are " + std::to_string(atEnd_.reconnects) +
                               " reconnects, " + std::to_string(atEnd_.framesLost) + " frames lost; " +
                               atEnd_.lastError);
    for (const std::string& violation : service_->violations())
      outcome.broken.push_back("service: " + violation);
    outcome.frames = source_.accepted().size();
    outcome.persisted = atEnd_.framesPersisted;
    outcome.lost = atEnd_.framesLost;
    outcome.refusedByService = atEnd_.fragmentsRefused;
    outcome.sessions = service_->sessions();
    outcome.simulated = clock_.now() - begun_;
    return outcome;
  }

  const Plan& plan_;
  test::SimClock clock_;
  const TimePoint begun_;
  std::shared_ptr<net::Loop> loop_;
  std::shared_ptr<test::FakeService> service_;
  std::shared_ptr<test::QueueExecutor> executor_ = std::make_shared<test::QueueExecutor>();
  std::shared_ptr<SimCredentials> credentials_ = std::make_shared<SimCredentials>();
  std::shared_ptr<store::StorageBudget> storage_;
  std::shared_ptr<Witness> witness_;
  Source source_;
  std::shared_ptr<stream::ProducerContext> context_;
  std::shared_ptr<stream::StreamCore> core_;
  const store::FragmentLog* live_ = nullptr;  // the core's; an older one has bounds of its own
  std::multimap<TimePoint, std::pair<std::size_t, bool>> edges_;  // of faults: which, begins
  std::vector<const Fault*> failing_;
  TimePoint nextFrame_;
  TimePoint nextSound_;
  static constexpr std::uint64_t framesBetweenLooks = 8;
  std::uint64_t framesPut_ = 0;
  int overBudget_ = 0;  // looks in a row
  StreamStats atEnd_;
  int refusing_ = 0, blackholes_ = 0, swallows_ = 0, withholding_ = 0, forgetting_ = 0, keyless_ = 0,
      paused_ = 0, muted_ = 0;
};

}  // namespace

Outcome run(const Plan& plan, std::ostream* diary) {
  try {
    return Simulation(plan, diary).run();
  } catch (const std::runtime_error& error) {
    Outcome outcome;
    outcome.broken.push_back(error.what());
    return outcome;
  }
}

Plan shrink(Plan plan) {
  for (bool smaller = true; smaller;) {
    smaller = false;
    for (std::size_t i = 0; i < plan.faults.size(); ++i) {
      Plan less = plan;
      less.faults.erase(less.faults.begin() + static_cast<std::ptrdiff_t>(i));
      if (run(less).broken.empty()) continue;
      plan = std::move(less);
      smaller = true;
      break;
    }
  }
  return plan;
}

}  // namespace kvs::sim
