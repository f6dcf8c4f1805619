// SPDX-License-Identifier: Apache-2.0
// One registered source: its stream, its sink, and the thread on which it runs. Owned by the client, and by
// whoever waits for it: a source that takes long to stop keeps no other call of the client waiting.
#pragma once

#include <memory>
#include <stop_token>
#include <thread>

#include "base/mutex.h"
#include "client/media_source_listener.h"
#include "client/stream_sink.h"

namespace kvs::client {

class Registration {
 public:
  /// Errors: what Producer::createStream() and Stream::addTrack() say.
  static Result<std::shared_ptr<Registration>> create(Producer& producer, std::shared_ptr<MediaSource> source,
                                                      std::shared_ptr<MediaSourceListener> listener);
  ~Registration() { stop(); }

  const std::shared_ptr<MediaSource>& source() const { return source_; }

  Result<void> start() KVS_EXCLUDES(control_, mutex_);
  /// Only asks; stop() waits.
  void requestStop() KVS_EXCLUDES(mutex_);
  Result<void> stop() KVS_EXCLUDES(control_, mutex_);
  /// After stop(): true if nothing was left behind.
  bool drain(Milliseconds timeout);

  MediaSourceStatus status() const KVS_EXCLUDES(mutex_);
  StreamStats stats() const { return stream_->stats(); }

 private:
  Registration(std::shared_ptr<MediaSource> source, std::shared_ptr<MediaSourceListener> listener)
      : source_(std::move(source)), listener_(std::move(listener)) {}
  /// It cannot be waited for by itself.
  bool isOnOwnThread() const KVS_EXCLUDES(mutex_);
  Result<void> startThread() KVS_REQUIRES(control_) KVS_EXCLUDES(mutex_);
  std::stop_token beginRun() KVS_EXCLUDES(mutex_);
  void run(std::stop_token stop) KVS_EXCLUDES(mutex_);
  Result<void> runGuarded(std::stop_token stop);
  void report(const MediaSourceStatus& status) const;

  const std::shared_ptr<MediaSource> source_;
  const std::shared_ptr<MediaSourceListener> listener_;
  std::unique_ptr<Stream> stream_;
  std::unique_ptr<StreamSink> sink_;  // refers to the stream: goes before it

  Mutex control_{"registration's control"};  // one start or stop at a time
  std::thread thread_ KVS_GUARDED_BY(control_);
  bool ranBefore_ KVS_GUARDED_BY(control_) = false;

  mutable Mutex mutex_{"registration"};
  std::stop_source stop_ KVS_GUARDED_BY(mutex_);
  std::thread::id runner_ KVS_GUARDED_BY(mutex_);
  MediaSourceStatus status_ KVS_GUARDED_BY(mutex_);
};

}  // namespace kvs::client
