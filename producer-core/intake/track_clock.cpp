// SPDX-License-Identifier: Apache-2.0
#include "intake/track_clock.h"

#include <algorithm>

#include "base/time_range.h"

namespace kvs::intake {

namespace {
/// A distance of more than this says nothing of the frame rate.
constexpr Nanoseconds longestDistance = Seconds(10);
/// Nor does a decoder hold pictures for so long.
constexpr Nanoseconds longestReordering = std::chrono::hours(1);
}  // namespace

FrameTimes TrackClock::place(std::optional<Nanoseconds> pts, std::optional<Nanoseconds> dts,
                             Nanoseconds duration) {
  FrameTimes times;
  if (duration > Nanoseconds{0}) usual_ = duration;
  times.duration = usual_;
  times.pts = pts ? *pts : missingPts(dts);
  if (!pts) times.repair = TimeRepair::Kind::missing;
  if (pts && dts && *pts - *dts <= longestReordering) offset_ = std::max(*pts - *dts, Nanoseconds{0});
  times.dts = dts.value_or(times.pts);
  times.saysDts = dts.has_value();
  if (last_) nudge(times, dts.has_value());
  learn(times, duration > Nanoseconds{0});
  return times;
}

Nanoseconds TrackClock::missingPts(std::optional<Nanoseconds> dts) const {
  if (dts) return *dts + offset_;
  if (!last_) return Nanoseconds{0};
  const Nanoseconds lasted = last_->duration > Nanoseconds{0} ? last_->duration : usual_;
  return std::min(last_->pts + lasted, farthestTime);
}

void TrackClock::nudge(FrameTimes& times, bool hasDts) const {
  const Nanoseconds before = times.pts;
  const Nanoseconds least = usual_ > Nanoseconds{0} ? std::min<Nanoseconds>(Milliseconds(1), usual_ / 2)
                                                    : Nanoseconds(Milliseconds(1));
  const auto slips = [](Nanoseconds from, Nanoseconds to) { return to <= from && from - to <= largestNudge; };
  if (reorders_ && hasDts && times.dts < last_->dts && slips(last_->dts, times.dts)) {
    times.pts += last_->dts - times.dts;  // the source's clock slipped: both went back together
    times.dts = last_->dts;
  }
  const bool back = reorders_ ? times.pts == last_->pts : slips(last_->pts, times.pts);
  if (back) times.pts = last_->pts + least;
  if (!reorders_) times.dts = times.pts;
  if (slips(last_->dts, times.dts)) times.dts = last_->dts;  // no decoding time, or one said twice
  times.movedBy = times.pts - before;
  if (times.movedBy != Nanoseconds{0} && !times.repair) times.repair = TimeRepair::Kind::nudged;
}

void TrackClock::learn(const FrameTimes& times, bool saysDuration) {
  if (last_ && !saysDuration) {
    const Nanoseconds distance = times.dts - last_->dts;
    if (distance > Nanoseconds{0} && distance < longestDistance && usual_ == Nanoseconds{0})
      usual_ = distance;
  }
  last_ = times;
}

}  // namespace kvs::intake
