// SPDX-License-Identifier: Apache-2.0
// A pad's track in the stream. The one place where the element puts something into a track: the others know
// pads.
#pragma once

#include <gst/gst.h>

#include <cstdint>
#include <optional>

#include "media/frame.h"
#include "media/track.h"
#include "pads/tracks.h"
#include "producer.h"

namespace kvs::gst {

/// A member of the pad, used under the pad's stream lock; end() by any thread.
class PadTrack {
 public:
  PadTrack(GstPad* pad, Tracks& tracks) : pad_(pad), tracks_(tracks) {}

  /// From READY into PAUSED.
  void reset() { number_.reset(); }
  /// Whether the core knows what it carries.
  bool isKnown() const { return number_.has_value(); }

  /// The pad's caps have come, or others. Answers the number that the track has from now on.
  Result<std::uint32_t> setFormat(Stream& stream, media::TrackConfig format);

  // Of a track that is known.
  Result<FrameFate> put(Stream& stream, media::Frame& frame) const;
  void gap(Stream& stream, Nanoseconds start, Nanoseconds duration) const;
  void changeSource(Stream& stream) const;
  bool takeKeyFrameRequest(Stream& stream) const;

  /// The pad has ended: the others go on, and nothing waits for it.
  void end(Stream& stream) const;

 private:
  GstPad* const pad_;
  Tracks& tracks_;
  std::optional<std::uint32_t> number_;
};

}  // namespace kvs::gst
