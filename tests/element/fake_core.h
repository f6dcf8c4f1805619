// SPDX-License-Identifier: Apache-2.0
// A Producer without a service: it writes down what the element puts, and lets a test play what the core
// would say. The element gets it through makeProducer(), which this links instead of the plugin's.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "producer.h"

namespace kvs::test {

/// How long anything may take that has to happen: generous, since the machine may be busy.
inline constexpr std::chrono::seconds patience{30};

/// A frame as it was put, its bytes gathered.
struct TakenFrame {
  std::string track;  ///< its label
  Frame frame;        ///< its payload no longer points anywhere
  std::string bytes;
  std::size_t pieces = 0;
};

/// A track whose format was said.
struct TakenTrack {
  TrackId id;
  TrackKind kind;
  TrackFormat format;
};

struct Gap {
  std::string track;
  Nanoseconds pts{0};
  Nanoseconds duration{0};
};

class FakeStream;

/// What all fakes of a test share. One at a time: the newest is what makeProducer() uses.
class FakeCore {
 public:
  FakeCore();
  ~FakeCore();
  FakeCore(const FakeCore&) = delete;
  FakeCore& operator=(const FakeCore&) = delete;

  // What is to happen; set before the element is started.
  std::optional<Error> createFails;
  std::optional<Error> streamFails;
  std::function<Result<FrameFate>(const std::string& track, const Frame&)> onPut;  ///< null: accepted
  std::function<Result<void>(const TrackFormat&)> onFormat;
  std::function<bool(Milliseconds)> onDrain;  ///< null: drained at once
  bool drainsByItself = true;                 ///< endOfStream() is answered by Drained
  StreamStats stats;

  // What happened.
  std::mutex mutex;
  std::condition_variable changed;
  ProducerConfig producerConfig;
  StreamConfig streamConfig;
  std::shared_ptr<StreamListener> listener;
  std::vector<TakenFrame> frames;
  std::vector<TakenTrack> tracks;
  std::vector<std::pair<Tag, bool>> metadata;
  std::vector<FragmentEvent> events;
  std::vector<Gap> gaps;
  std::set<std::string> keyFrameRequests;  ///< tracks whose next keyFrameWanted() says yes
  std::vector<std::string> calls;          ///< flush, endOfStream, drain, stop, ...
  bool interrupted = false;
  unsigned waiting = 0;  ///< puts that wait for room
  unsigned streams = 0;  ///< alive

  std::size_t frameCount();
  std::size_t callCount(const std::string& call);
  /// Until `count` frames are in.
  bool waitForFrames(std::size_t count);
  bool waitFor(const std::function<bool()>& condition);
  /// Runs on the element's executor, as the core's events do.
  void tell(std::function<void(StreamListener&)> event);
  void note(const std::string& call);
  /// A put() for onPut that finds no room until it is interrupted.
  Result<FrameFate> waitForRoom();
};

}  // namespace kvs::test
