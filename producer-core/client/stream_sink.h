// SPDX-License-Identifier: Apache-2.0
// The MediaSink of one source: its stream's tracks, in the order in which the source named them.
#pragma once

#include <memory>
#include <vector>

#include "client/media_source.h"
#include "producer.h"

namespace kvs::client {

/// Owned by the source's Registration, and used by the source's threads.
class StreamSink final : public MediaSink {
 public:
  /// Errors: what Stream::addTrack() says.
  static Result<std::unique_ptr<StreamSink>> create(Stream& stream, std::vector<TrackConfig> tracks);

  Result<FrameFate> frame(const Frame& frame, std::size_t track) override;
  Result<void> format(TrackFormat format, std::size_t track) override;
  void gap(Nanoseconds pts, Nanoseconds duration, std::size_t track) override;
  Result<void> metadata(Tag tag, bool persistent) override;
  Result<void> event(FragmentEvent event) override;
  bool keyFrameWanted(std::size_t track) override;

  /// The source begins anew: pictures may refer to nothing that it gave before.
  void beginAgain();

 private:
  explicit StreamSink(Stream& stream) : stream_(stream) {}
  TrackWriter* find(std::size_t track) const;

  Stream& stream_;
  std::vector<std::unique_ptr<TrackWriter>> tracks_;
};

}  // namespace kvs::client
