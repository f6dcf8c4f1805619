// SPDX-License-Identifier: Apache-2.0
// The whole core through its face, on real threads; meant for the thread and address sanitizers too.
#include <atomic>

#include "producer_fixture.h"

namespace kvs::stream {
namespace {

using test::patience;
using test::Recorder;
using namespace std::chrono_literals;

class ProducerTest : public test::ProducerFixture {};

TEST_F(ProducerTest, WhatOneThreadPutsArrivesWhole) {
  const auto listener = std::make_shared<Recorder>();
  const auto made = producer();
  const auto camera = stream(*made, listener);
  std::thread([&] {
    for (std::uint64_t i = 0; i < 200; ++i)
      EXPECT_EQ(put(*camera, i), FrameFate::accepted);
  }).join();
  EXPECT_TRUE(camera->drain(patience));
  EXPECT_EQ(storedFrames(), range(200));
  EXPECT_TRUE(listener->waitFor("drained"));
  const StreamStats stats = camera->stats();
  EXPECT_EQ(stats.framesIn, 200u);
  EXPECT_EQ(stats.framesPersisted, 200u);
  EXPECT_EQ(stats.framesLost, 0u);
  EXPECT_EQ(made->stats().storageUsed, 0u);
  expectNoViolation();
}

TEST_F(ProducerTest, FramesArePutBeforeTheStreamExists) {
  onLoop([&] {
    service->intercept = [this](const std::string&) -> std::optional<kvs::test::FakeReply> {
      if (service->calls("describeStream") < 3) return kvs::test::FakeReply{503};
      return std::nullopt;
    };
  });
  const auto camera = stream(*producer(), nullptr);
  for (std::uint64_t i = 0; i < 20; ++i)
    EXPECT_EQ(put(*camera, i), FrameFate::accepted) << "held, not lost";
  EXPECT_EQ(camera->stats().framesPersisted, 0u);
  while (!camera->drain(patience)) {  // ends at once while it backs off
    if (camera->stats().framesPersisted == 20) break;
  }
  EXPECT_EQ(storedFrames(), range(20));
  expectNoViolation();
}

TEST_F(ProducerTest, EventsComeInOrder) {
  const auto listener = std::make_shared<Recorder>();
  const auto camera = stream(*producer(), listener);
  for (std::uint64_t i = 0; i < 40; ++i)
    put(*camera, i);
  EXPECT_TRUE(camera->drain(patience));
  ASSERT_TRUE(listener->waitFor("drained"));
  camera->stop();
  ASSERT_TRUE(listener->waitFor("closed"));
  const auto events = listener->events();
  const auto at = [&](const std::string& event) { return std::ranges::find(events, event) - events.begin(); };
  EXPECT_EQ(at("is connecting"), 0);
  EXPECT_LT(at("ready"), at("is streaming"));
  EXPECT_EQ(events.back(), "closed");
  // Each fragment: buffering, received, persisted.
  std::size_t persisted = 0;
  for (const std::string& event : events) {
    if (!event.starts_with("persisted ")) continue;
    ++persisted;
    const std::string timecode = event.substr(event.find(' '));
    EXPECT_LT(at("buffering" + timecode), at("received" + timecode));
    EXPECT_LT(at("received" + timecode), at(event));
    EXPECT_LT(at(event), at("drained"));
  }
  EXPECT_EQ(persisted, 10u);
}

TEST_F(ProducerTest, ResetsLoseNothing) {
  const auto camera = stream(*producer(), nullptr);
  for (std::uint64_t i = 0; i < 200; ++i) {
    put(*camera, i, 2000);
    if (i % 40 == 39) onLoop([&] { service->resetConnections(); });
    if (i % 90 == 50) onLoop([&] { service->endResponses(); });
  }
  bool drained = false;
  const auto until = std::chrono::steady_clock::now() + patience;
  while (!drained && std::chrono::steady_clock::now() < until)
    drained = camera->drain(patience);
  EXPECT_TRUE(drained);
  auto frames = storedFrames();
  std::ranges::sort(frames);
  EXPECT_EQ(frames, range(200));
  expectNoViolation();
}

TEST_F(ProducerTest, TwoProducersDoNotMeet) {
  const auto one = producer(), other = producer();
  const auto front = stream(*one, nullptr, camera("front"));
  const auto back = stream(*other, nullptr, camera("back"));
  std::thread feedFront([&] {
    for (std::uint64_t i = 0; i < 150; ++i)
      put(*front, i);
  });
  std::thread feedBack([&] {
    for (std::uint64_t i = 0; i < 100; ++i)
      put(*back, i);
  });
  feedFront.join();
  feedBack.join();
  EXPECT_TRUE(front->drain(patience));
  EXPECT_TRUE(back->drain(patience));
  EXPECT_EQ(storedFrames("front"), range(150));
  EXPECT_EQ(storedFrames("back"), range(100));
  EXPECT_EQ(one->stats().storageUsed, 0u);
  expectNoViolation();
}

TEST_F(ProducerTest, StreamsOfOneProducerShareItsStorage) {
  const auto made = producer();
  const auto front = stream(*made, nullptr, camera("front"));
  const auto back = stream(*made, nullptr, camera("back"));
  onLoop([&] { service->network.refuse = true; });
  for (std::uint64_t i = 0; i < 10; ++i) {
    put(*front, i, 50'000);
    put(*back, i, 50'000);
  }
  EXPECT_GE(made->stats().storageUsed, 20u * 50'000);
}

TEST_F(ProducerTest, ANameIsTakenOnce) {
  const auto made = producer();
  auto first = stream(*made, nullptr);
  const auto second = made->createStream(camera(), nullptr);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, StatusCode::duplicateStreamName);
  first.reset();
  EXPECT_TRUE(made->createStream(camera(), nullptr)) << "free again";
}

TEST_F(ProducerTest, AnEndMayBeTakenBack) {
  const auto listener = std::make_shared<Recorder>();
  const auto camera = stream(*producer(), listener);
  for (std::uint64_t round = 0; round < 10; ++round) {
    for (std::uint64_t i = 0; i < 8; ++i)
      EXPECT_EQ(put(*camera, round * 8 + i), FrameFate::accepted);
    camera->endOfStream();
  }
  EXPECT_TRUE(camera->drain(patience));
  EXPECT_EQ(storedFrames(), range(80));
  expectNoViolation();
}

TEST_F(ProducerTest, DrainGivesUpWhereThereIsNoHope) {
  onLoop([&] { service->network.refuse = true; });
  const auto listener = std::make_shared<Recorder>();
  const auto camera = stream(*producer(), listener);
  for (std::uint64_t i = 0; i < 8; ++i)
    put(*camera, i);
  ASSERT_TRUE(listener->waitFor("is retrying"));
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_FALSE(camera->drain(patience));
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 10s) << "not the whole time allowed";
  camera->stop();
  EXPECT_TRUE(listener->waitFor("closed"));
  EXPECT_EQ(listener->count("lost "), 2u) << "and what was left is told";
}

TEST_F(ProducerTest, AFatalErrorIsToldAndThenReturned) {
  onLoop([&] {
    service->intercept = [](const std::string&) {
      return kvs::test::FakeReply{400, "InvalidArgumentException"};
    };
  });
  const auto listener = std::make_shared<Recorder>();
  const auto camera = stream(*producer(), listener);
  put(*camera, 0);
  ASSERT_TRUE(listener->waitFor([](const auto& events) {
    return std::ranges::any_of(events, [](const auto& e) { return e.starts_with("error "); });
  }));
  const auto refused = put(*camera, 4);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::fatal);
  EXPECT_FALSE(camera->drain(patience));
  camera->stop();
  EXPECT_TRUE(listener->waitFor("closed"));
  EXPECT_EQ(listener->count("lost "), 1u);
}

TEST_F(ProducerTest, AStoppedStreamTakesNothingMore) {
  const auto listener = std::make_shared<Recorder>();
  const auto camera = stream(*producer(), listener);
  put(*camera, 0);
  camera->stop();
  const auto refused = put(*camera, 4);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, StatusCode::streamStopped);
  ASSERT_TRUE(listener->waitFor("closed"));
  camera->stop();  // twice is once
  onLoop([] {});
  EXPECT_EQ(listener->count("closed"), 1u);
}

TEST_F(ProducerTest, AHandlerMayDestroyItsStream) {
  for (int round = 0; round < 20; ++round) {
    const auto listener = std::make_shared<Recorder>();
    std::mutex mutex;
    test::Camera camera;
    listener->onAck = [&](const FragmentAck&) {
      const std::lock_guard lock(mutex);
      if (!camera) return;
      camera.reset();
      listener->add("gone");
    };
    const auto made = producer();
    {
      const std::lock_guard lock(mutex);
      camera = stream(*made, listener);
      for (std::uint64_t i = 0; i < 40; ++i)
        put(*camera, i);
    }
    ASSERT_TRUE(listener->waitFor("gone"));
    const std::lock_guard lock(mutex);
    EXPECT_EQ(listener->count("closed"), 0u) << "destroyed, not stopped";
  }
}

TEST_F(ProducerTest, AHandlerMayStopAndDrainItsStream) {
  const auto listener = std::make_shared<Recorder>();
  std::promise<Stream*> given;
  auto taken = given.get_future().share();
  std::atomic<bool> once{false};
  listener->onAck = [&](const FragmentAck& ack) {
    if (ack.type != FragmentAck::Type::persisted || once.exchange(true)) return;
    taken.get()->drain(patience);
    taken.get()->stop();
  };
  const auto camera = stream(*producer(), listener);
  given.set_value(camera.stream.get());
  for (std::uint64_t i = 0; i < 40; ++i)
    put(*camera, i);
  EXPECT_TRUE(listener->waitFor("closed"));
}

/// One thread that the test can ask to be at a known place.
class OneThread final : public Executor {
 public:
  OneThread() : thread_([this] { run(); }) {}
  ~OneThread() override {
    post({});
    thread_.join();
  }
  void post(std::function<void()> job) override {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
    wake_.notify_all();
  }
  void barrier() {
    std::promise<void> done;
    post([&] { done.set_value(); });
    done.get_future().wait();
  }

 private:
  void run() {
    for (;;) {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return !jobs_.empty(); });
      const auto job = std::move(jobs_.front());
      jobs_.erase(jobs_.begin());
      lock.unlock();
      if (!job) return;
      job();
    }
  }
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<std::function<void()>> jobs_;
  std::thread thread_;
};

TEST_F(ProducerTest, NoEventComesAfterItsDestruction) {
  const auto executor = std::make_shared<OneThread>();
  for (int round = 0; round < 50; ++round) {
    const auto listener = std::make_shared<Recorder>();
    auto camera = stream(*producer(128u << 20, executor), listener);
    for (std::uint64_t i = 0; i < 20; ++i)
      put(*camera, i);
    if (round % 3 == 0) listener->waitFor("is streaming");
    camera.reset();
    executor->barrier();  // a handler that was running has returned
    const auto events = listener->events().size();
    onLoop([] {});
    executor->barrier();
    EXPECT_EQ(listener->events().size(), events);
  }
}

TEST_F(ProducerTest, ThousandsOfShortLivesLeaveNothing) {
  const auto made = producer();
  for (int round = 0; round < 1000; ++round) {
    auto camera = stream(*made, round % 2 ? std::make_shared<Recorder>() : nullptr);
    if (round % 3 == 0) put(*camera, 0);
    if (round % 5 == 0) camera->endOfStream();
    if (round % 7 == 0) camera->stop();
  }
  onLoop([] {});
  onLoop([] {});
  EXPECT_EQ(made->stats().storageUsed, 0u);
  onLoop([&] { EXPECT_LE(service->openSessions(), 1u); });
}

TEST_F(ProducerTest, AProducerMayGoBeforeItsStreams) {
  auto made = producer();
  const auto camera = stream(*made, nullptr);
  made.reset();
  for (std::uint64_t i = 0; i < 20; ++i)
    put(*camera, i);
  EXPECT_TRUE(camera->drain(patience));
  EXPECT_EQ(storedFrames(), range(20));
}

TEST_F(ProducerTest, OfflineWaitsForRoomAndSendsAll) {
  auto config = camera();
  config.streamingType = StreamingType::offline;
  const auto made = producer(10u << 20);
  const auto file = stream(*made, nullptr, config);
  for (std::uint64_t i = 0; i < 160; ++i)
    ASSERT_EQ(put(*file, i, 100'000), FrameFate::accepted);
  EXPECT_TRUE(file->drain(patience));
  EXPECT_EQ(storedFrames(), range(160));
  EXPECT_EQ(file->stats().framesLost, 0u);
  expectNoViolation();
}

TEST_F(ProducerTest, InterruptAndStopWakeAnOfflineWait) {
  onLoop([&] { service->network.refuse = true; });
  for (const bool byStop : {false, true}) {
    auto config = camera();
    config.streamingType = StreamingType::offline;
    const auto file = stream(*producer(10u << 20), nullptr, config);
    std::promise<Result<FrameFate>> fate;
    std::thread feeder([&] {
      Result<FrameFate> last = FrameFate::accepted;
      for (std::uint64_t i = 0; last && *last == FrameFate::accepted; ++i)
        last = put(*file, i, 100'000);
      fate.set_value(last);
    });
    byStop ? file->stop() : file->interrupt(true);
    auto future = fate.get_future();
    ASSERT_EQ(future.wait_for(patience), std::future_status::ready);
    const auto last = future.get();
    EXPECT_TRUE(!last || *last == FrameFate::interrupted);
    feeder.join();
  }
}

TEST_F(ProducerTest, StatsMayBeReadAtAnyTime) {
  const auto camera = stream(*producer(), nullptr);
  std::atomic<bool> done{false};
  std::thread reader([&] {
    std::uint64_t seen = 0;
    while (!done) {
      const StreamStats stats = camera->stats();
      EXPECT_GE(stats.framesIn, seen);
      EXPECT_GE(stats.framesIn, stats.framesPersisted + stats.framesLost);
      seen = stats.framesIn;
    }
  });
  for (std::uint64_t i = 0; i < 400; ++i)
    put(*camera, i);
  EXPECT_TRUE(camera->drain(patience));
  done = true;
  reader.join();
}

TEST_F(ProducerTest, FlushAndMetadataFromOtherThreads) {
  const auto camera = stream(*producer(), nullptr);
  std::atomic<bool> done{false};
  std::thread other([&] {
    while (!done) {
      camera->flush();
      (void)camera->putMetadata({"name", "value"}, true);
      EXPECT_TRUE(camera.track->setFormat(h264()));
    }
  });
  std::uint64_t accepted = 0;
  for (std::uint64_t i = 0; i < 200; ++i) {
    const auto fate = put(*camera, i);
    accepted += fate && *fate == FrameFate::accepted;
  }
  done = true;
  other.join();
  EXPECT_TRUE(camera->drain(patience));
  EXPECT_EQ(storedFrames().size(), accepted);
  EXPECT_EQ(camera->stats().framesPersisted, accepted);
  expectNoViolation();
}

}  // namespace
}  // namespace kvs::stream
