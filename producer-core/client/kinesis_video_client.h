// SPDX-License-Identifier: Apache-2.0
// The Producer Client: many media sources, one account, one budget of memory. It knows the producer library's
// face only, and is what an application starts with that has devices to stream rather than frames to put.
//
//   auto client = kvs::KinesisVideoClient::create({.region = "eu-central-1"});
//   auto camera = std::make_shared<Camera>("front-door");
//   (*client)->registerMediaSource(camera);   // the stream begins to connect; nothing waits for that
//   (*client)->startMediaSource(*camera);     // its run() has a thread from now on
//   ...
//   (*client)->unregisterMediaSource(*camera, 30s);
#pragma once

#include <memory>
#include <vector>

#include "client/media_source.h"
#include "client/media_source_listener.h"
#include "producer.h"

namespace kvs {

/// Used from any thread; but a source's own can neither start nor stop nor unregister it. A source is known
/// by its object. Errors: invalidArg where it is not registered, or is so already, and where it runs already;
/// and what the producer library says of its configuration.
class KinesisVideoClient {
 public:
  /// Stops all sources and ends their streams without draining.
  virtual ~KinesisVideoClient() = default;

  /// Checks the configuration; opens no connection.
  static Result<std::unique_ptr<KinesisVideoClient>> create(ProducerConfig config);
  /// Shares an application's Producer, and with it credentials and memory.
  static std::unique_ptr<KinesisVideoClient> create(std::shared_ptr<Producer> producer);

  /// Makes the source's stream, which connects in the background, and its tracks.
  virtual Result<void> registerMediaSource(std::shared_ptr<MediaSource> source,
                                           std::shared_ptr<MediaSourceListener> listener = nullptr) = 0;

  /// Lets the source run, for the first time or again: it goes on in the same stream.
  virtual Result<void> startMediaSource(const MediaSource& source) = 0;

  /// Asks the source to stop, and returns when its run() has. What was produced is sent on. Without effect on
  /// one that does not run.
  virtual Result<void> stopMediaSource(const MediaSource& source) = 0;

  /// Stops the source, waits until what it produced is durable, at most for `drain`, and ends its stream.
  /// True if nothing was left behind. The source can then be registered anew.
  virtual Result<bool> unregisterMediaSource(const MediaSource& source, Milliseconds drain) = 0;

  /// All that are registered and do not run; the first error, after all were tried.
  virtual Result<void> startAllMediaSources() = 0;
  /// All at once, and returns when each run() has.
  virtual Result<void> stopAllMediaSources() = 0;

  /// In the order in which they were registered.
  virtual std::vector<std::shared_ptr<MediaSource>> mediaSources() const = 0;
  virtual Result<MediaSourceStatus> status(const MediaSource& source) const = 0;
  virtual Result<StreamStats> stats(const MediaSource& source) const = 0;
};

}  // namespace kvs
