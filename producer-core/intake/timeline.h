// SPDX-License-Identifier: Apache-2.0
// The one timeline of a stream: how frames' times become units of TimecodeScale, and how those are tied
// to the wall clock. An epoch is one such tie. It may be an anchor (media time is the source's own, and
// the epoch says which wall time its zero is) or the source's own wall clock (reference timestamps,
// presentation times since 1970). The timeline makes epochs and knows the current one; fragments keep
// theirs. docs/timestamps.md tells users of all this.
#pragma once

#include <cstdint>
#include <optional>

#include "base/time.h"
#include "intake/track_clock.h"
#include "producer.h"
#include "store/epoch.h"

namespace kvs::intake {

using store::Ticks;

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

  Ticks ticksOf(Nanoseconds time) const { return store::ticksOf(time, config_.scale); }
  Nanoseconds timeOf(Ticks ticks) const { return store::timeOf(ticks, config_.scale); }

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

  /// The wall clock was wrong, and has been put right by `moved` in all.
  using Correct = store::Epoch::Correct;
  void correct(Nanoseconds moved, Correct which);

  /// The current one; null: no fragment has begun yet.
  const store::SharedEpoch& epoch() const { return epoch_; }

  /// Where a frame would stand that is not taken; before anything was, when it was captured.
  WallTime wallOf(std::optional<Nanoseconds> pts, const Capture& capture) const;

 private:
  bool isAnchored() const { return epoch_ != nullptr; }
  bool wantsReference() const;
  std::optional<Nanoseconds> believableAge(const Capture& capture) const;
  WallTime capturedAt(const Capture& capture) const;
  void newEpoch(Nanoseconds pts, const Capture& capture, WallTime wall);
  store::SharedEpoch sourcesOwn(Ticks first) const;
  store::SharedEpoch anchored(Ticks first, WallTime wall) const;
  std::optional<WallTime> betterWall(Nanoseconds pts, Ticks ticks, const Capture& capture) const;
  WallTime greatestWall() const { return epoch_->wallTime(*greatest_); }

  TimelineConfig config_;
  store::SharedEpoch epoch_;
  bool byReference_ = false;            ///< the epoch is the source's own wall clock, by reference timestamps
  std::optional<Ticks> greatest_;       ///< of all blocks so far, in the current epoch
  std::optional<Nanoseconds> lastPts_;  ///< of the last fragment that began
  Nanoseconds clockOffset_{0};          ///< wall clock less monotonic clock, when the epoch was made
  Nanoseconds moved_{0};                ///< what the clock was put right by, as far as is known here
  Nanoseconds epochMoved_{0};           ///< of that, what the epoch has taken up
  Nanoseconds referenceOffset_{0};      ///< reference less presentation time, of the last frame that had one
};

}  // namespace kvs::intake
