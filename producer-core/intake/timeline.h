// SPDX-License-Identifier: Apache-2.0
// The one timeline of a stream: how frames' times become units of TimecodeScale, and how those are tied
// to the wall clock. An epoch is one such tie. It may be an anchor (media time is the source's own, and
// the epoch says which wall time its zero is) or the source's own wall clock (reference timestamps,
// presentation times since 1970). Cluster times on the wire follow from the epoch alone, so a resend
// has the same times. docs/timestamps.md tells users of all this.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/time.h"
#include "intake/track_clock.h"
#include "producer.h"

namespace kvs::intake {

/// Time in units of TimecodeScale.
using Ticks = std::int64_t;

/// When a frame was taken, as far as that is known.
struct Capture {
  WallTime arrived;                   ///< when it was put, by a clock that may still be put right
  TimePoint at{};                     ///< the same moment on the clock that nobody sets
  std::optional<Nanoseconds> age;     ///< how long before that it was captured
  std::optional<WallTime> reference;  ///< by the source's own wall clock
  Nanoseconds moved{0};               ///< by how much the clock of `arrived` had been put right
};

/// Of a frame that is put now.
Capture captureOf(const media::Frame& frame, const Clock& clock, Nanoseconds moved = {});

struct TimelineConfig {
  Milliseconds scale{1};  ///< whole milliseconds, at least 1
  TimestampSource source = TimestampSource::automatic;
  std::optional<WallTime> start;  ///< wall time of the first frame of all
  /// Media times are true as they are (recordings): a gap in them is a gap, however fast they come.
  bool recorded = false;
};

class Timeline {
 public:
  explicit Timeline(TimelineConfig config) : config_(config) {}

  Milliseconds scale() const { return config_.scale; }

  /// Rounded down, also below zero: every relative time is taken from rounded times.
  Ticks ticksOf(Nanoseconds time) const;
  Nanoseconds timeOf(Ticks ticks) const { return ticks * Nanoseconds(config_.scale); }

  /// A frame's time in the epoch that is current; its presentation time while there is none.
  Ticks place(Nanoseconds pts, const Capture& capture);

  /// A fragment begins with this presentation time: anchors what is not anchored, takes up a jump of the
  /// media's time or of the wall clock in a new epoch, and keeps fragments from overlapping.
  struct Began {
    Ticks ticks = 0;
    std::optional<TimeRepair> repair;
  };
  Began begin(Nanoseconds pts, Capture capture);

  /// A block stands at `ticks` of the current epoch.
  void note(Ticks ticks);

  /// The wall clock was wrong, and has been put right by `moved` in all: so are the times that were taken
  /// from it, but those that the service has seen, since a resend must have the same ones; `all`: those, too,
  /// since the service refuses them.
  enum class Correct { unseen, all };
  void correct(Nanoseconds moved, Correct which);
  /// The service may have seen the epochs that there are.
  void seen();

  bool isAnchored() const { return !epochs_.empty(); }
  std::uint32_t currentEpoch() const { return static_cast<std::uint32_t>(epochs_.size()) - 1; }

  WallTime wallTime(std::uint32_t epoch, Ticks ticks) const;
  /// Where a frame would stand that is not taken; before anything was, when it was captured.
  WallTime wallOf(std::optional<Nanoseconds> pts, const Capture& capture) const;
  /// What PutMedia's start timestamp says for every session of the epoch.
  WallTime epochStart(std::uint32_t epoch) const;
  /// The Cluster's Timecode, in units of TimecodeScale; before 1970 counts as 1970.
  std::uint64_t wireTimecode(std::uint32_t epoch, Ticks ticks, bool absolute) const;

 private:
  struct Epoch {
    WallTime zero;  ///< wall time of time 0
    Ticks first = 0;
    bool byReference = false;
    bool byClock = false;  ///< tied to our own wall clock
    bool seen = false;     ///< by the service
    Nanoseconds moved{0};  ///< by how much that had been put right
  };

  const Epoch& current() const { return epochs_.back(); }
  bool wantsReference() const;
  std::optional<Nanoseconds> believableAge(const Capture& capture) const;
  WallTime capturedAt(const Capture& capture) const;
  void newEpoch(Nanoseconds pts, const Capture& capture, WallTime wall);
  void anchorAt(Ticks first, WallTime wall);
  std::optional<WallTime> betterWall(Nanoseconds pts, Ticks ticks, const Capture& capture) const;
  WallTime greatestWall() const { return wallTime(currentEpoch(), *greatest_); }

  TimelineConfig config_;
  std::vector<Epoch> epochs_;
  std::optional<Ticks> greatest_;       ///< of all blocks so far, in the current epoch
  std::optional<Nanoseconds> lastPts_;  ///< of the last fragment that began
  Nanoseconds clockOffset_{0};          ///< wall clock less monotonic clock, when the epoch was made
  Nanoseconds moved_{0};                ///< what the clock was put right by, as far as is known here
  Nanoseconds referenceOffset_{0};      ///< reference less presentation time, of the last frame that had one
};

}  // namespace kvs::intake
