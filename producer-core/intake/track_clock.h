// SPDX-License-Identifier: Apache-2.0
// A track's times on its source's clock: what a frame lacks is filled in from what is known, and small
// steps back are nudged, so that all behind it may count on complete times. A step of more than a
// second is no slip but a jump: it is left as it is, and the timeline deals with it.
#pragma once

#include <optional>

#include "base/news.h"
#include "base/time.h"

namespace kvs::intake {

/// A step back of up to this is nudged; a larger one is a jump.
inline constexpr Nanoseconds largestNudge = Seconds(1);

struct FrameTimes {
  Nanoseconds pts{0};
  Nanoseconds dts{0};       ///< where the frame stands in decoding order; rises within a track but for jumps
  Nanoseconds duration{0};  ///< said, or the usual distance; 0 while unknown
  bool saysDts = false;     ///< the source knows decoding times
  std::optional<TimeRepair::Kind> repair;
  Nanoseconds movedBy{0};
};

class TrackClock {
 public:
  /// `reorders`: presentation may go back in decoding order (B-frames); of video only.
  explicit TrackClock(bool reorders) : reorders_(reorders) {}

  /// Of one frame, where the track's rate is known beforehand.
  void setFrameDuration(Nanoseconds duration) { usual_ = duration; }
  Nanoseconds frameDuration() const { return usual_; }
  bool hasPlaced() const { return last_.has_value(); }

  /// The next frame, in decoding order. Unset times are unknown, as is a duration of 0.
  FrameTimes place(std::optional<Nanoseconds> pts, std::optional<Nanoseconds> dts, Nanoseconds duration);

 private:
  Nanoseconds missingPts(std::optional<Nanoseconds> dts) const;
  void nudge(FrameTimes& times, bool hasDts) const;
  void learn(const FrameTimes& times, bool saysDuration);

  bool reorders_;
  std::optional<FrameTimes> last_;
  Nanoseconds offset_{0};  ///< presentation after decoding, of the last frame that had both
  Nanoseconds usual_{0};
};

}  // namespace kvs::intake
