// SPDX-License-Identifier: Apache-2.0
// One StreamCore on a loop and clocks that the test turns, against the service in memory: a story of
// one stream, told in virtual time.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "fake_service.h"
#include "h264_frames.h"
#include "queue_executor.h"
#include "sim_clock.h"
#include "stream/stream_core.h"

namespace kvs::stream::test {

using namespace std::chrono_literals;

class GivenKeys final : public aws::CredentialProvider {
 public:
  std::string_view name() const override { return "test"; }
  void fetch(Callback callback) override {
    ++fetched;
    callback(fresh());
  }
  std::optional<Result<aws::Credentials>> atHand() override {
    if (!expiration) return std::nullopt;
    return fresh();
  }
  aws::Credentials fresh() const {
    aws::Credentials credentials{accessKey, Secret("secret"), Secret(), std::nullopt, "test", passedOver};
    if (expiration) credentials.expiration = expiration();
    return credentials;
  }
  std::string accessKey = "AKID";
  std::string passedOver;
  std::function<WallTime()> expiration;  ///< of what is given now; null: never
  int fetched = 0;
};

/// What the application was told.
struct Told final : StreamListener {
  std::vector<ConnectionChange> changes;
  std::vector<FragmentAck> acks;
  std::vector<FragmentLost> losses;
  std::vector<Error> warnings, errors;
  std::vector<Pressure> storagePressure, latencyPressure;
  std::vector<FragmentRefused> refused;
  std::vector<CredentialsTaken> credentials;
  std::vector<FramesDropped> dropped;
  std::vector<std::string> keyFramesWanted;  ///< the tracks' labels
  std::size_t lossesAtError = 0;
  int ready = 0, drained = 0, closed = 0, stale = 0, dataAvailable = 0;

  void onStreamReady() override { ++ready; }
  void onConnection(const ConnectionChange& change) override { changes.push_back(change); }
  void onFragmentAck(const FragmentAck& ack) override { acks.push_back(ack); }
  void onFragmentLost(const FragmentLost& lost) override { losses.push_back(lost); }
  void onStoragePressure(const Pressure& pressure) override { storagePressure.push_back(pressure); }
  void onLatencyPressure(const Pressure& pressure) override { latencyPressure.push_back(pressure); }
  void onConnectionStale(Nanoseconds) override { ++stale; }
  void onDataAvailable() override { ++dataAvailable; }
  void onFragmentRefused(const FragmentRefused& fragment) override { refused.push_back(fragment); }
  void onCredentials(const CredentialsTaken& taken) override { credentials.push_back(taken); }
  void onWarning(const Error& error) override { warnings.push_back(error); }
  void onKeyFrameWanted(const TrackId& track) override { keyFramesWanted.push_back(track.label); }
  void onFramesDropped(const FramesDropped& frames) override { dropped.push_back(frames); }
  void onError(const Error& error) override {
    errors.push_back(error);
    lossesAtError = losses.size();
  }
  void onDrained() override { ++drained; }
  void onStreamClosed() override { ++closed; }

  std::size_t count(ConnectionState state) const {
    return static_cast<std::size_t>(std::ranges::count(changes, state, &ConnectionChange::state));
  }
};

class CoreFixture : public testing::Test {
 protected:
  CoreFixture() { config.name = "camera"; }

  /// Makes the stream; settings may be changed before.
  void begin() {
    if (!service) {
      service = std::make_shared<kvs::test::FakeService>(*loop, clock, 5, options);
      service->network = network;
    }
    ProducerConfig producer;
    producer.credentials = keys;
    producer.clock = &clock;
    producer.storageSize = storageSize;
    producer.log = log;
    producer.dataEndpoint = dataEndpoint;
    context = std::make_shared<ProducerContext>(producer);
    context->directory = directory;
    context->loop = loop;
    context->service = reachedService();
    context->storage = storage = std::make_shared<store::StorageBudget>(storageSize);
    core = std::make_shared<StreamCore>(context, config, std::make_shared<Notifier>(told, executor), 1);
    if (withTrack) setTrack();
    core->start();
  }
  std::shared_ptr<aws::Service> reachedService() const {
    auto reached = std::make_shared<aws::Service>();
    reached->name = "kinesisvideo";
    reached->api = "PUT_MEDIA";
    reached->endpoint = {controlUrl, "eu-west-1", "test"};
    reached->userAgent = "test";
    reached->loop = loop;
    reached->transport = service;
    reached->clock = context->clock;
    reached->gate = std::make_shared<aws::RateGate>();
    reached->credentials = keys;
    return reached;
  }
  void setTrack() {
    TrackFormat format;
    format.inputFraming.kind = media::NalFraming::Kind::annexB;
    camera = add({.kind = TrackKind::video, .format = format});
  }
  std::unique_ptr<TrackWriter> add(TrackConfig track) {
    auto added = core->addTrack(std::move(track));
    EXPECT_TRUE(added);
    return added ? std::move(*added) : nullptr;
  }

  /// All that is due, the application's handlers too; answers when there is more.
  std::optional<TimePoint> runDue() {
    for (;;) {
      const std::optional<TimePoint> next = loop->runDue();
      if (!executor->run()) return next;
    }
  }
  /// Lets so much time pass.
  void pass(Nanoseconds time) {
    const TimePoint end = clock.now() + time;
    for (;;) {
      const std::optional<TimePoint> next = runDue();
      if (!next || *next > end) break;
      clock.advanceTo(*next);
    }
    clock.advanceTo(end);
  }
  /// Time passes until `condition` holds; at most `most`.
  template <class Condition>
  bool passUntil(Condition condition, Nanoseconds most = 10min) {
    for (const TimePoint end = clock.now() + most; clock.now() < end; pass(10ms)) {
      if (condition()) return true;
    }
    return condition();
  }

  /// The next frame, `interval` after the one before; a key frame every `group`.
  FrameFate put(std::size_t size = 500) {
    const bool key = number % group == 0;
    const Bytes bytes = kvs::test::annexB(kvs::test::accessUnit(
        key, number, size, largeFormat ? kvs::test::largePicture : kvs::test::smallPicture));
    ++number;
    const ByteView view = bytes;
    Frame frame;
    frame.pts = pts;
    frame.duration = interval;
    frame.key = key;
    frame.payload = Pieces(&view, 1);
    pts += interval;
    const auto fate = camera->put(frame);
    EXPECT_TRUE(fate) << fate.error().message;
    return fate ? *fate : FrameFate::noRoom;
  }
  /// A camera that runs for so long.
  void stream(Nanoseconds time, std::size_t size = 500) {
    for (Nanoseconds done{0}; done < time; done += interval) {
      put(size);
      pass(interval);
    }
  }
  bool drain(Nanoseconds most = 10min) {
    const int before = told->drained;
    core->endOfStream();
    return passUntil([&] { return told->drained > before; }, most);
  }

  std::vector<std::uint64_t> stored() const {
    std::vector<std::uint64_t> all;
    for (const auto& fragment : service->stored())
      all.insert(all.end(), fragment.frames.begin(), fragment.frames.end());
    std::ranges::sort(all);
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
  }
  std::vector<std::uint64_t> range(std::uint64_t to) const {
    std::vector<std::uint64_t> all(to);
    for (std::uint64_t i = 0; i < to; ++i)
      all[i] = i;
    return all;
  }
  void TearDown() override {
    if (!service) return;
    EXPECT_EQ(service->violations(), std::vector<std::string>{});
    const bool mayRepeat = core && core->stats().fragmentsReplayed > 0;
    EXPECT_TRUE(mayRepeat || service->persistedSentAgain() == 0);
    camera.reset();
    runDue();  // what was posted and never run would hold the stream, and that what it was posted to
  }

  StreamConfig config;
  kvs::test::FakeServiceOptions options;
  kvs::test::FakeNetwork network;
  std::size_t storageSize = 16u << 20;
  std::string controlUrl = "https://control.example.com";
  std::string dataEndpoint;  ///< the user's; empty: the service is asked
  std::shared_ptr<aws::StreamDirectory> directory = std::make_shared<aws::StreamDirectory>();
  bool withTrack = true;
  std::shared_ptr<LogSink> log;

  kvs::test::SimClock clock;
  std::shared_ptr<net::Loop> loop = std::make_shared<net::Loop>(clock, net::Loop::Drive::caller);
  std::shared_ptr<kvs::test::FakeService> service;
  std::shared_ptr<kvs::test::QueueExecutor> executor = std::make_shared<kvs::test::QueueExecutor>();
  std::shared_ptr<GivenKeys> keys = std::make_shared<GivenKeys>();
  std::shared_ptr<Told> told = std::make_shared<Told>();
  std::shared_ptr<store::StorageBudget> storage;
  std::shared_ptr<ProducerContext> context;
  std::shared_ptr<StreamCore> core;
  std::unique_ptr<TrackWriter> camera;

  std::uint64_t number = 0;
  std::uint64_t group = 10;
  Nanoseconds interval{200ms};
  Nanoseconds pts{1000h};
  bool largeFormat = false;
};

}  // namespace kvs::stream::test
