// SPDX-License-Identifier: Apache-2.0
// The one timeline of a stream: where a frame's media time, counted in units of TimecodeScale, comes
// from, and how media time is tied to the wall clock. Media time is the source's own (GStreamer's
// running time) and may be negative; the log knows no other. An epoch is one anchor of it to the
// wall clock; cluster times on the wire follow from the epoch alone, so a resend has the same times.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/time.h"
#include "media/frame.h"

namespace kvs::stream {

/// Time in units of TimecodeScale.
using Ticks = std::int64_t;

/// What is remembered of a track's last frame, to fill in what the next one lacks.
struct TrackClock {
  std::optional<Nanoseconds> lastPts;
  Nanoseconds frameDuration{0};  ///< known or measured; 0 while unknown
};

struct Placed {
  Ticks ticks = 0;
  Nanoseconds pts{0};
  Nanoseconds duration{0};
  bool repaired = false;  ///< the frame had no presentation time
};

class Timeline {
 public:
  /// `scale`: whole milliseconds, at least 1.
  explicit Timeline(Milliseconds scale) : scale_(scale) {}

  Milliseconds scale() const { return scale_; }

  /// Rounded down, also below zero: every relative time is taken from rounded times (RULES 3).
  Ticks ticksOf(Nanoseconds mediaTime) const;
  Nanoseconds timeOf(Ticks ticks) const { return ticks * Nanoseconds(scale_); }

  /// Gives a frame its time; a missing one follows from its decoding time or its neighbours.
  Placed place(const media::Frame& frame, TrackClock& track) const;

  /// Ties media time to the wall clock at the first frame: captured `age` before `wallNow`.
  /// The anchor is a multiple of TimecodeScale, so wall times round as media times do. A later epoch
  /// begins at `notBefore` at the earliest, so that cluster times rise from one to the next.
  void anchor(WallTime wallNow, Nanoseconds age, Ticks firstTicks, WallTime notBefore = WallTime::min());
  bool isAnchored() const { return !epochs_.empty(); }
  std::uint32_t currentEpoch() const { return static_cast<std::uint32_t>(epochs_.size()) - 1; }

  WallTime wallTime(std::uint32_t epoch, Ticks ticks) const;
  /// What PutMedia's start timestamp says for every session of the epoch.
  WallTime epochStart(std::uint32_t epoch) const;
  /// The Cluster's Timecode, in units of TimecodeScale; before 1970 counts as 1970.
  std::uint64_t wireTimecode(std::uint32_t epoch, Ticks ticks, bool absolute) const;

 private:
  struct Epoch {
    WallTime zero;  ///< wall time of media time 0
    Ticks first = 0;
  };

  Milliseconds scale_;
  std::vector<Epoch> epochs_;
};

}  // namespace kvs::stream
