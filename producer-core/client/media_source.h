// SPDX-License-Identifier: Apache-2.0
// What a device or a file is to the Producer Client: a MediaSource says what stream it is, and produces on a
// thread of its own; what it produces goes into a MediaSink. An application derives its sources from here.
#pragma once

#include <cstddef>
#include <stop_token>
#include <vector>

#include "producer.h"

namespace kvs {

/// Where a running source puts what it produces: its own stream, and nothing else of the client. It may be
/// used by the source's thread, or by one thread for each track, from run()'s begin to its end.
///
/// A track goes by its place in MediaSourceInfo::tracks.
class MediaSink {
 public:
  virtual ~MediaSink() = default;

  /// One frame. It is copied, and nothing waits for the network; only an offline stream waits for room, and
  /// then no longer than until the source is asked to stop. As TrackWriter::put().
  virtual Result<FrameFate> frame(const Frame& frame, std::size_t track = 0) = 0;

  /// What the frames are from now on, or, where the format was still to be said, what they are at all.
  virtual Result<void> format(TrackFormat format, std::size_t track = 0) = 0;

  /// Nothing comes from `pts` on for `duration`.
  virtual void gap(Nanoseconds pts, Nanoseconds duration, std::size_t track = 0) = 0;

  /// For the next fragment; if persistent, for all from then on, until given an empty value.
  virtual Result<void> metadata(Tag tag, bool persistent = false) = 0;

  /// A notification or an image-generation mark for the fragment that is open.
  virtual Result<void> event(FragmentEvent event) = 0;

  /// True once when the stream needs a key frame of the track: let the encoder make one.
  virtual bool keyFrameWanted(std::size_t track = 0) = 0;
};

/// What stream a source is: its name and how it travels, and the tracks that it gives.
struct MediaSourceInfo {
  StreamConfig stream;
  std::vector<TrackConfig> tracks;  ///< one to three
};

class MediaSource {
 public:
  virtual ~MediaSource() = default;

  /// Asked once, when the source is registered.
  virtual MediaSourceInfo info() const = 0;

  /// Produces until there is no more, or a stop is requested; the client calls it on a thread of its own at
  /// each start. It returns soon after the request: whatever it waits for must heed the token. An Error, or
  /// an exception, says that the source has failed; other sources do not notice. Times may begin anew at each
  /// run.
  virtual Result<void> run(MediaSink& sink, std::stop_token stop) = 0;
};

}  // namespace kvs
