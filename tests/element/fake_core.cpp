// SPDX-License-Identifier: Apache-2.0
#include "fake_core.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "intake/track_set.h"
#include "producer_factory.h"

namespace kvs::test {

namespace {

FakeCore* current = nullptr;

std::string gather(Pieces pieces) {
  std::string bytes;
  for (ByteView piece : pieces)
    bytes += asText(piece);
  return bytes;
}

}  // namespace

/// Writes down what is done to one track.
class FakeWriter final : public TrackWriter {
 public:
  FakeWriter(FakeCore& core, std::shared_ptr<intake::TrackSet> tracks, intake::TrackPtr track)
      : core_(core), tracks_(std::move(tracks)), track_(std::move(track)) {}

  TrackId id() const override {
    const std::lock_guard lock(core_.mutex);
    return track_->id();
  }

  Result<void> setFormat(TrackFormat format) override {
    Result<void> result = core_.onFormat ? core_.onFormat(format) : Result<void>{};
    const std::lock_guard lock(core_.mutex);
    tracks_->settle(*track_);
    core_.tracks.push_back({track_->id(), track_->kind, std::move(format)});
    return result;
  }

  Result<FrameFate> put(const Frame& frame) override {
    Result<FrameFate> fate = core_.onPut ? core_.onPut(track_->label, frame) : FrameFate::accepted;
    if (!fate || *fate != FrameFate::accepted) return fate;
    {
      const std::lock_guard lock(core_.mutex);
      core_.frames.push_back({track_->label, frame, gather(frame.payload), frame.payload.size()});
      core_.frames.back().frame.payload = {};
    }
    core_.changed.notify_all();
    return fate;
  }

  void changeSource() override { core_.note("changeSource " + track_->label); }
  void end() override { core_.note("end " + track_->label); }
  void remove() override {
    core_.note("remove " + track_->label);
    const std::lock_guard lock(core_.mutex);
    tracks_->remove(*track_);
  }
  void gap(Nanoseconds pts, Nanoseconds duration) override {
    const std::lock_guard lock(core_.mutex);
    core_.gaps.push_back({track_->label, pts, duration});
  }
  bool keyFrameWanted() override {
    const std::lock_guard lock(core_.mutex);
    return core_.keyFrameRequests.erase(track_->label) > 0;
  }

 private:
  FakeCore& core_;
  const std::shared_ptr<intake::TrackSet> tracks_;
  const intake::TrackPtr track_;
};

class FakeStream final : public Stream {
 public:
  FakeStream(FakeCore& core, std::string name) : core_(core), name_(std::move(name)) {
    const std::lock_guard lock(core_.mutex);
    ++core_.streams;
  }
  ~FakeStream() override {
    const std::lock_guard lock(core_.mutex);
    --core_.streams;
    core_.changed.notify_all();  // under the lock: the core may be gone as soon as it is free
  }

  const std::string& name() const override { return name_; }

  Result<std::unique_ptr<TrackWriter>> addTrack(TrackConfig config) override {
    core_.note("addTrack " + config.label);
    const std::lock_guard lock(core_.mutex);
    auto track = tracks_->add(config.kind, config.label);
    if (!track) return fail(track.error());
    return std::make_unique<FakeWriter>(core_, tracks_, std::move(*track));
  }

  Result<void> putMetadata(Tag tag, bool persistent) override {
    if (tag.name.starts_with("AWS")) {
      return fail(StatusCode::invalidMetadataName, ErrorKind::fatal, "names must not begin with AWS");
    }
    const std::lock_guard lock(core_.mutex);
    core_.metadata.emplace_back(std::move(tag), persistent);
    return {};
  }

  Result<void> putEvent(FragmentEvent event) override {
    const std::lock_guard lock(core_.mutex);
    core_.events.push_back(std::move(event));
    return {};
  }

  void flush() override { core_.note("flush"); }

  void interrupt(bool on) override {
    {
      const std::lock_guard lock(core_.mutex);
      core_.interrupted = on;
    }
    core_.note(on ? "interrupt" : "endInterrupt");
  }

  void endOfStream() override {
    core_.note("endOfStream");
    if (core_.drainsByItself) core_.tell([](StreamListener& listener) { listener.onDrained(); });
  }

  bool drain(Milliseconds timeout) override {
    core_.note("drain");
    return core_.onDrain ? core_.onDrain(timeout) : true;
  }

  void stop() override { core_.note("stop"); }

  StreamStats stats() const override {
    const std::lock_guard lock(core_.mutex);
    return core_.stats;
  }

 private:
  FakeCore& core_;
  const std::string name_;
  const std::shared_ptr<intake::TrackSet> tracks_ = std::make_shared<intake::TrackSet>();
};

namespace {

class FakeProducer final : public Producer {
 public:
  explicit FakeProducer(FakeCore& core) : core_(core) {}

  Result<std::unique_ptr<Stream>> createStream(StreamConfig config,
                                               std::shared_ptr<StreamListener> listener) override {
    if (core_.streamFails) return fail(*core_.streamFails);
    std::string name = config.name;
    {
      const std::lock_guard lock(core_.mutex);
      core_.streamConfig = std::move(config);
      core_.listener = std::move(listener);
    }
    return std::make_unique<FakeStream>(core_, std::move(name));
  }

  ProducerStats stats() const override { return {}; }

 private:
  FakeCore& core_;
};

}  // namespace

FakeCore::FakeCore() {
  current = this;
}

FakeCore::~FakeCore() {
  // A job of the executor may hold its stream a moment longer than the element does.
  EXPECT_TRUE(waitFor([&] { return streams == 0; }));
  if (current == this) current = nullptr;
}

std::size_t FakeCore::frameCount() {
  const std::lock_guard lock(mutex);
  return frames.size();
}

std::size_t FakeCore::callCount(const std::string& call) {
  const std::lock_guard lock(mutex);
  return static_cast<std::size_t>(std::count(calls.begin(), calls.end(), call));
}

bool FakeCore::waitForFrames(std::size_t count) {
  return waitFor([&] { return frames.size() >= count; });
}

bool FakeCore::waitFor(const std::function<bool()>& condition) {
  std::unique_lock lock(mutex);
  return changed.wait_for(lock, patience, condition);
}

void FakeCore::tell(std::function<void(StreamListener&)> event) {
  std::shared_ptr<Executor> executor;
  std::shared_ptr<StreamListener> to;
  {
    const std::lock_guard lock(mutex);
    executor = producerConfig.executor;
    to = listener;
  }
  executor->post([to, event = std::move(event)] { event(*to); });
}

void FakeCore::note(const std::string& call) {
  {
    const std::lock_guard lock(mutex);
    calls.push_back(call);
  }
  changed.notify_all();
}

Result<FrameFate> FakeCore::waitForRoom() {
  std::unique_lock lock(mutex);
  ++waiting;
  changed.notify_all();
  const bool woken = changed.wait_for(lock, patience, [&] { return interrupted; });
  --waiting;
  return woken ? FrameFate::interrupted : FrameFate::accepted;
}

}  // namespace kvs::test

kvs::Result<std::shared_ptr<kvs::Producer>> kvs::gst::makeProducer(ProducerConfig config) {
  test::FakeCore& core = *test::current;
  if (core.createFails) return fail(*core.createFails);
  {
    const std::lock_guard lock(core.mutex);
    core.producerConfig = std::move(config);
  }
  return std::make_shared<test::FakeProducer>(core);
}
