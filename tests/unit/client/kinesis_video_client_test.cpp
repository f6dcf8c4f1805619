// SPDX-License-Identifier: Apache-2.0
#include "client/kinesis_video_client.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <thread>

#include "fake_producer.h"

namespace kvs::client {
namespace {

using test::Notes;
using namespace std::chrono_literals;

/// Runs what the test wants, each time it is started.
class Source final : public MediaSource {
 public:
  using Run = std::function<Result<void>(MediaSink&, const std::stop_token&)>;
  Source(std::string name, Run run, std::vector<TrackConfig> tracks = {{.label = "video"}})
      : name_(std::move(name)), run_(std::move(run)), tracks_(std::move(tracks)) {}

  MediaSourceInfo info() const override { return {.stream = {.name = name_}, .tracks = tracks_}; }
  Result<void> run(MediaSink& sink, std::stop_token stop) override { return run_(sink, stop); }

 private:
  const std::string name_;
  const Run run_;
  const std::vector<TrackConfig> tracks_;
};

/// As a source that waits for its device.
Result<void> untilStopped(MediaSink&, const std::stop_token& stop) {
  std::mutex mutex;
  std::unique_lock lock(mutex);
  std::condition_variable_any().wait(lock, stop, [] { return false; });
  return {};
}

class Listener final : public MediaSourceListener {
 public:
  void onMediaSourceStatus(const MediaSourceStatus& status) override {
    static constexpr const char* names[] = {"ready", "running", "stopped", "failed"};
    heard.add(names[static_cast<int>(status.state)] + (status.error ? ": " + status.error->message : ""));
  }
  Notes heard;
};

/// Starts its source again as soon as that has ended.
class Restarter final : public MediaSourceListener {
 public:
  explicit Restarter(std::function<Result<void>()> start) : start_(std::move(start)) {}
  void onMediaSourceStatus(const MediaSourceStatus& status) override {
    if (status.state != MediaSourceState::running) answers.add(start_() ? "started" : "refused");
  }
  Notes answers;

 private:
  const std::function<Result<void>()> start_;
};

class KinesisVideoClientTest : public testing::Test {
 protected:
  std::shared_ptr<Source> add(std::string name, Source::Run run,
                              std::shared_ptr<Listener> listener = nullptr) {
    auto source = std::make_shared<Source>(std::move(name), std::move(run));
    EXPECT_TRUE(client_->registerMediaSource(source, std::move(listener)));
    return source;
  }
  MediaSourceState stateOf(const MediaSource& source) { return client_->status(source)->state; }

  Notes notes_;
  std::unique_ptr<KinesisVideoClient> client_ =
      KinesisVideoClient::create(std::make_shared<test::FakeProducer>(notes_));
};

TEST_F(KinesisVideoClientTest, WhatASourceProducesGoesIntoItsOwnStream) {
  const auto listener = std::make_shared<Listener>();
  const std::vector<TrackConfig> tracks{{.label = "video"}, {.kind = TrackKind::audio, .label = "sound"}};
  const auto source = std::make_shared<Source>(
      "yard",
      [](MediaSink& sink, const std::stop_token&) -> Result<void> {
        EXPECT_TRUE(sink.format({.codecId = "A_OPUS"}, 1));
        EXPECT_TRUE(sink.metadata({"place", "yard"}, true));
        EXPECT_EQ(sink.frame({.pts = 1ns}), FrameFate::accepted);
        EXPECT_EQ(sink.frame({.pts = 2ns}, 1), FrameFate::accepted);
        sink.gap(3ns, 1ns, 1);
        EXPECT_TRUE(sink.event({}));
        EXPECT_TRUE(sink.keyFrameWanted());
        return {};
      },
      tracks);
  ASSERT_TRUE(client_->registerMediaSource(source, listener));
  EXPECT_EQ(stateOf(*source), MediaSourceState::ready);
  ASSERT_TRUE(client_->startMediaSource(*source));
  listener->heard.waitFor("stopped");
  EXPECT_EQ(notes_.all(),
            (std::vector<std::string>{"yard/sound format A_OPUS", "yard metadata place=yard for good",
                                      "yard/video frame 1", "yard/sound frame 2", "yard/sound gap 3",
                                      "yard event", "yard end of stream"}));
  EXPECT_EQ(listener->heard.all(), (std::vector<std::string>{"running", "stopped"}));
  EXPECT_EQ(stateOf(*source), MediaSourceState::stopped);
  EXPECT_EQ(client_->stats(*source)->framesIn, 7u);
}

TEST_F(KinesisVideoClientTest, StopReturnsWhenRunHas) {
  std::atomic<bool> left{false};
  const auto source = add("yard", [&](MediaSink& sink, const std::stop_token& stop) {
    auto result = untilStopped(sink, stop);
    std::this_thread::yield();
    left = true;
    return result;
  });
  ASSERT_TRUE(client_->startMediaSource(*source));
  EXPECT_EQ(stateOf(*source), MediaSourceState::running);
  ASSERT_TRUE(client_->stopMediaSource(*source));
  EXPECT_TRUE(left);
  EXPECT_EQ(stateOf(*source), MediaSourceState::stopped);
  EXPECT_TRUE(client_->stopMediaSource(*source)) << "there is nothing left to stop";
}

TEST_F(KinesisVideoClientTest, AStopWakesASourceThatWaitsForRoom) {
  Notes taken;
  const auto source = add("yard", [&](MediaSink& sink, const std::stop_token& stop) -> Result<void> {
    while (!stop.stop_requested()) {
      if (sink.frame({.pts = 1ns}) == FrameFate::interrupted) taken.add("interrupted");
    }
    taken.add(sink.frame({.pts = 2ns}) == FrameFate::interrupted ? "interrupted" : "accepted");
    return {};
  });
  ASSERT_TRUE(client_->startMediaSource(*source));
  ASSERT_TRUE(client_->stopMediaSource(*source));
  EXPECT_TRUE(taken.has("interrupted"));
}

TEST_F(KinesisVideoClientTest, ASourceThatIsStartedAgainGoesOnInTheSameStream) {
  const auto listener = std::make_shared<Listener>();
  int runs = 0;
  const auto source = add(
      "yard",
      [&](MediaSink& sink, const std::stop_token&) -> Result<void> {
        EXPECT_TRUE(sink.frame({.pts = Nanoseconds(++runs)}));
        return {};
      },
      listener);
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(client_->startMediaSource(*source));
    notes_.waitFor("yard/video frame " + std::to_string(i + 1));
    ASSERT_TRUE(client_->stopMediaSource(*source));
  }
  EXPECT_EQ(notes_.all(),
            (std::vector<std::string>{"yard/video frame 1", "yard end of stream", "yard/video another source",
                                      "yard/video frame 2", "yard end of stream"}));
}

TEST_F(KinesisVideoClientTest, ASourceThatFailsDoesNotTouchAnother) {
  const auto broken = std::make_shared<Listener>();
  const auto camera = add("yard", untilStopped);
  const auto thrower = add(
      "throws",
      [](MediaSink&, const std::stop_token&) -> Result<void> { throw std::runtime_error("no lens"); },
      broken);
  const auto failer = add("fails", [](MediaSink&, const std::stop_token&) -> Result<void> {
    return fail(StatusCode::internalError, ErrorKind::fatal, "The cable is out.");
  });
  ASSERT_TRUE(client_->startAllMediaSources());
  broken->heard.waitFor("failed: The media source of the stream 'throws' has failed: no lens");
  notes_.waitFor("fails end of stream");
  ASSERT_TRUE(client_->stopMediaSource(*failer));
  EXPECT_EQ(client_->status(*failer)->error->message, "The cable is out.");
  EXPECT_EQ(stateOf(*thrower), MediaSourceState::failed);
  EXPECT_EQ(stateOf(*camera), MediaSourceState::running);
  EXPECT_TRUE(client_->startMediaSource(*thrower)) << "it may be tried again";
}

TEST_F(KinesisVideoClientTest, UnregisteringDrainsAndSaysWhetherAllOfItIsStored) {
  const auto whole = add("whole", untilStopped);
  const auto leaky = add("leaky", untilStopped);
  ASSERT_TRUE(client_->startAllMediaSources());
  EXPECT_TRUE(*client_->unregisterMediaSource(*whole, 5s));
  EXPECT_FALSE(*client_->unregisterMediaSource(*leaky, 5s));
  EXPECT_TRUE(notes_.has("whole drain 5000"));
  EXPECT_TRUE(notes_.has("whole gone"));
  EXPECT_TRUE(client_->mediaSources().empty());
  EXPECT_FALSE(client_->status(*whole)) << "it is unknown now";
  EXPECT_TRUE(client_->registerMediaSource(whole)) << "and may come back";
}

TEST_F(KinesisVideoClientTest, AllAreAskedToStopBeforeAnyIsWaitedFor) {
  // Each ends only when the other was asked, too.
  std::stop_source one, other;
  const auto waitsFor = [](std::stop_source& own, std::stop_source& others) {
    return [&own, &others](MediaSink& sink, const std::stop_token& stop) -> Result<void> {
      const auto waited = untilStopped(sink, stop);
      own.request_stop();
      return untilStopped(sink, others.get_token());
    };
  };
  add("one", waitsFor(one, other));
  add("other", waitsFor(other, one));
  ASSERT_TRUE(client_->startAllMediaSources());
  ASSERT_TRUE(client_->stopAllMediaSources());
  for (const auto& source : client_->mediaSources())
    EXPECT_EQ(stateOf(*source), MediaSourceState::stopped);
}

TEST_F(KinesisVideoClientTest, TheClientsEndStopsItsSources) {
  add("yard", untilStopped);
  ASSERT_TRUE(client_->startAllMediaSources());
  client_.reset();
  EXPECT_TRUE(notes_.has("yard gone"));
}

TEST_F(KinesisVideoClientTest, ASourceCannotWaitForItself) {
  std::shared_ptr<Source> source;
  Notes answers;
  source = add("yard", [&](MediaSink&, const std::stop_token&) -> Result<void> {
    answers.add(client_->stopMediaSource(*source) ? "stopped" : "refused");
    answers.add(client_->unregisterMediaSource(*source, 1s) ? "gone" : "refused");
    return {};
  });
  ASSERT_TRUE(client_->startMediaSource(*source));
  notes_.waitFor("yard end of stream");
  EXPECT_EQ(answers.all(), (std::vector<std::string>{"refused", "refused"}));
}

TEST_F(KinesisVideoClientTest, ASourceIsStartedAgainByAnotherThreadThanItsOwn) {
  const auto source =
      std::make_shared<Source>("yard", [](MediaSink&, const std::stop_token&) -> Result<void> { return {}; });
  const auto listener = std::make_shared<Restarter>([&] { return client_->startMediaSource(*source); });
  ASSERT_TRUE(client_->registerMediaSource(source, listener));
  ASSERT_TRUE(client_->startMediaSource(*source));
  listener->answers.waitFor("refused");
  EXPECT_TRUE(client_->startMediaSource(*source));
  EXPECT_TRUE(client_->stopMediaSource(*source));
  EXPECT_EQ(listener->answers.all(), (std::vector<std::string>{"refused", "refused"}));
}

TEST_F(KinesisVideoClientTest, WhatCannotBeDoneIsAnErrorThatSaysWhy) {
  EXPECT_FALSE(client_->registerMediaSource(nullptr));
  const auto source = add("yard", untilStopped);
  EXPECT_FALSE(client_->registerMediaSource(source)) << "twice";
  EXPECT_FALSE(client_->registerMediaSource(std::make_shared<Source>("", untilStopped)));
  EXPECT_FALSE(client_->registerMediaSource(
      std::make_shared<Source>("hall", untilStopped, std::vector<TrackConfig>{{.label = "refused"}})));
  EXPECT_EQ(client_->mediaSources().size(), 1u);
  ASSERT_TRUE(client_->startMediaSource(*source));
  EXPECT_FALSE(client_->startMediaSource(*source)) << "it runs";
  const Source stranger("attic", untilStopped);
  EXPECT_FALSE(client_->startMediaSource(stranger));
  EXPECT_FALSE(client_->stopMediaSource(stranger));
  EXPECT_FALSE(client_->unregisterMediaSource(stranger, 1s));
  EXPECT_FALSE(client_->stats(stranger));
}

TEST_F(KinesisVideoClientTest, ATrackThatWasNotAnnouncedIsRefused) {
  Notes answers;
  const auto source = add("yard", [&](MediaSink& sink, const std::stop_token&) -> Result<void> {
    const auto put = sink.frame({.pts = 1ns}, 1);
    answers.add(put ? "taken" : put.error().message);
    EXPECT_FALSE(sink.format({}, 1));
    EXPECT_FALSE(sink.keyFrameWanted(1));
    sink.gap(1ns, 1ns, 1);
    return {};
  });
  ASSERT_TRUE(client_->startMediaSource(*source));
  notes_.waitFor("yard end of stream");
  EXPECT_EQ(answers.all(), std::vector<std::string>{
                               "The source speaks of its track 1, but has announced 1, counted from 0."});
}

}  // namespace
}  // namespace kvs::client
