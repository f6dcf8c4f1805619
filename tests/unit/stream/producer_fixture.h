// SPDX-License-Identifier: Apache-2.0
// Real Producers on the process's loop, against a service in memory: threads, locks and lives.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "aws/credentials/static.h"
#include "fake_service.h"
#include "h264_frames.h"
#include "producer.h"

namespace kvs::stream::test {

using namespace std::chrono_literals;

inline constexpr std::chrono::seconds patience{30};

/// Writes down what it is told; tests wait for it, never for a time.
class Recorder : public StreamListener {
 public:
  void onStreamReady() override { add("ready"); }
  void onConnection(const ConnectionChange& change) override {
    static constexpr const char* names[] = {"connecting", "ready",   "streaming", "disconnected",
                                            "retrying",   "drained", "stopped"};
    add(std::string("is ") + names[static_cast<int>(change.state)]);
  }
  void onFragmentAck(const FragmentAck& ack) override {
    static constexpr const char* names[] = {"buffering", "received", "persisted", "error", "idle"};
    add(std::string(names[static_cast<int>(ack.type)]) + " " + std::to_string(ack.timecodeMs.value_or(-1)));
    if (onAck) onAck(ack);
  }
  void onFragmentLost(const FragmentLost& lost) override { add("lost " + std::to_string(lost.frames)); }
  void onWarning(const Error&) override { add("warning"); }
  void onError(const Error& error) override { add("error " + error.message); }
  void onDrained() override { add("drained"); }
  void onStreamClosed() override { add("closed"); }

  bool waitFor(const std::function<bool(const std::vector<std::string>&)>& wanted) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, [&] { return wanted(events_); });
  }
  bool waitFor(const std::string& event) {
    return waitFor([&](const auto& events) { return std::ranges::find(events, event) != events.end(); });
  }
  std::vector<std::string> events() const {
    const std::lock_guard lock(mutex_);
    return events_;
  }
  std::size_t count(const std::string& prefix) const {
    const auto all = events();
    return static_cast<std::size_t>(
        std::ranges::count_if(all, [&](const auto& e) { return e.starts_with(prefix); }));
  }

  void add(std::string event) {
    const std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
    changed_.notify_all();
  }

  std::function<void(const FragmentAck&)> onAck;  ///< set before the stream is made

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> events_;
};

/// A stream with one track, as a camera has it.
struct Camera {
  std::unique_ptr<Stream> stream;
  std::unique_ptr<TrackWriter> track;

  Stream* operator->() const { return stream.get(); }
  const Camera& operator*() const { return *this; }
  explicit operator bool() const { return stream != nullptr; }
  void reset() {
    track.reset();
    stream.reset();
  }
};

class ProducerFixture : public testing::Test {
 protected:
  ProducerFixture() : service(std::make_shared<kvs::test::FakeService>(*loop, systemClock(), 7, options())) {
    service->network.latency = 1ms;
  }
  ~ProducerFixture() override {
    onLoop([] {});  // what the streams left behind runs first
    onLoop([] {});
    loop->post([gone = std::move(service)] {});  // its timers are the loop's
    onLoop([] {});
  }

  static kvs::test::FakeServiceOptions options() {
    kvs::test::FakeServiceOptions made;
    made.ackDelay = 1ms;
    made.persistDelay = 3ms;
    made.createTime = 5ms;
    return made;
  }

  void onLoop(const std::function<void()>& work) {
    std::promise<void> done;
    loop->post([&] {
      work();
      done.set_value();
    });
    done.get_future().wait();
  }

  std::shared_ptr<Producer> producer(std::size_t storage = 128u << 20,
                                     std::shared_ptr<Executor> executor = {}) {
    ProducerConfig config;
    config.credentials = std::make_shared<aws::StaticProvider>("AKID", Secret("secret"), Secret());
    config.region = "eu-west-1";
    config.endpoint = "https://control.example.com";
    config.storageSize = storage;
    config.executor = std::move(executor);
    config.transport = [this] { return service; };
    config.seed = 1;
    auto made = Producer::create(std::move(config));
    EXPECT_TRUE(made) << made.error().message;
    return *made;
  }

  static StreamConfig camera(std::string name = "camera") {
    StreamConfig config;
    config.name = std::move(name);
    config.maxFragmentsPerSecond = 0;
    return config;
  }

  static TrackFormat h264() {
    TrackFormat format;
    format.inputFraming.kind = media::NalFraming::Kind::annexB;
    return format;
  }

  static Camera stream(Producer& from, std::shared_ptr<StreamListener> listener,
                       StreamConfig config = camera()) {
    auto made = from.createStream(std::move(config), std::move(listener));
    EXPECT_TRUE(made) << made.error().message;
    if (!made) return {};
    auto track = (*made)->addTrack({.kind = TrackKind::video, .format = h264()});
    EXPECT_TRUE(track) << track.error().message;
    return {std::move(*made), track ? std::move(*track) : nullptr};
  }

  /// Frame `number` of a camera with two frames a second and a key frame every other.
  static Result<FrameFate> put(const Camera& to, std::uint64_t number, std::size_t size = 500) {
    const bool key = number % 4 == 0;
    const Bytes bytes = kvs::test::annexB(kvs::test::accessUnit(key, number, size));
    const ByteView view = bytes;
    Frame frame;
    frame.pts = Milliseconds(500) * static_cast<std::int64_t>(number);
    frame.duration = 500ms;
    frame.key = key;
    frame.payload = Pieces(&view, 1);
    return to.track->put(frame);
  }

  /// The numbers that the service has, each once, in the order they came.
  std::vector<std::uint64_t> storedFrames(const std::string& name = "camera") {
    std::vector<std::uint64_t> all;
    onLoop([&] {
      for (const auto& fragment : service->stored()) {
        if (fragment.stream != name) continue;
        for (const std::uint64_t number : fragment.frames) {
          if (std::ranges::find(all, number) == all.end()) all.push_back(number);
        }
      }
    });
    return all;
  }
  static std::vector<std::uint64_t> range(std::uint64_t to) {
    std::vector<std::uint64_t> all(to);
    for (std::uint64_t i = 0; i < to; ++i)
      all[i] = i;
    return all;
  }
  void expectNoViolation() {
    onLoop([&] { EXPECT_EQ(service->violations(), std::vector<std::string>{}); });
  }

  std::shared_ptr<net::Loop> loop = net::Loop::shared();
  std::shared_ptr<kvs::test::FakeService> service;
};

}  // namespace kvs::stream::test
