// SPDX-License-Identifier: Apache-2.0
// A Producer that notes what its streams are given, and connects to nothing.
#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "producer.h"

namespace kvs::client::test {

/// What happened, in the order in which it did, from any thread.
class Notes {
 public:
  void add(std::string note) {
    const std::lock_guard lock(mutex_);
    notes_.push_back(std::move(note));
    changed_.notify_all();
  }
  std::vector<std::string> all() const {
    const std::lock_guard lock(mutex_);
    return notes_;
  }
  bool has(const std::string& note) const {
    const std::lock_guard lock(mutex_);
    return std::ranges::find(notes_, note) != notes_.end();
  }
  void waitFor(const std::string& note) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return std::ranges::find(notes_, note) != notes_.end(); });
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> notes_;
};

class FakeWriter final : public TrackWriter {
 public:
  FakeWriter(std::string name, Notes& notes, std::shared_ptr<std::atomic<bool>> interrupted)
      : name_(std::move(name)), notes_(notes), interrupted_(std::move(interrupted)) {}

  TrackId id() const override { return {}; }
  Result<void> setFormat(TrackFormat format) override {
    notes_.add(name_ + " format " + format.codecId);
    return {};
  }
  void changeSource() override { notes_.add(name_ + " another source"); }
  Result<FrameFate> put(const Frame& frame) override {
    notes_.add(name_ + " frame " + std::to_string(frame.pts.value_or(Nanoseconds{-1}).count()));
    return interrupted_->load() ? FrameFate::interrupted : FrameFate::accepted;
  }
  void gap(Nanoseconds pts, Nanoseconds) override {
    notes_.add(name_ + " gap " + std::to_string(pts.count()));
  }
  bool keyFrameWanted() override { return true; }
  void end() override {}
  void remove() override {}

 private:
  const std::string name_;
  Notes& notes_;
  const std::shared_ptr<std::atomic<bool>> interrupted_;
};

class FakeStream final : public Stream {
 public:
  FakeStream(std::string name, Notes& notes) : name_(std::move(name)), notes_(notes) {}
  ~FakeStream() override { notes_.add(name_ + " gone"); }

  const std::string& name() const override { return name_; }
  Result<std::unique_ptr<TrackWriter>> addTrack(TrackConfig track) override {
    if (track.label == "refused") return fail(StatusCode::invalidArg, ErrorKind::fatal, "No such track.");
    return std::make_unique<FakeWriter>(name_ + "/" + track.label, notes_, interrupted_);
  }
  Result<void> putMetadata(Tag tag, bool persistent) override {
    notes_.add(name_ + " metadata " + tag.name + "=" + tag.value + (persistent ? " for good" : ""));
    return {};
  }
  Result<void> putEvent(FragmentEvent) override {
    notes_.add(name_ + " event");
    return {};
  }
  void flush() override {}
  void interrupt(bool on) override { interrupted_->store(on); }
  void endOfStream() override { notes_.add(name_ + " end of stream"); }
  bool drain(Milliseconds timeout) override {
    notes_.add(name_ + " drain " + std::to_string(timeout.count()));
    return name_ != "leaky";
  }
  void stop() override { notes_.add(name_ + " stop"); }
  StreamStats stats() const override {
    StreamStats stats;
    stats.framesIn = 7;
    return stats;
  }

 private:
  const std::string name_;
  Notes& notes_;
  const std::shared_ptr<std::atomic<bool>> interrupted_ = std::make_shared<std::atomic<bool>>(false);
};

class FakeProducer final : public Producer {
 public:
  explicit FakeProducer(Notes& notes) : notes_(notes) {}
  Result<std::unique_ptr<Stream>> createStream(StreamConfig config,
                                               std::shared_ptr<StreamListener>) override {
    if (config.name.empty()) return fail(StatusCode::invalidStreamNameLength, ErrorKind::fatal, "No name.");
    return std::make_unique<FakeStream>(config.name, notes_);
  }
  ProducerStats stats() const override { return {}; }

 private:
  Notes& notes_;
};

}  // namespace kvs::client::test
