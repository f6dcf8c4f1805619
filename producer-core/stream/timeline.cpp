// SPDX-License-Identifier: Apache-2.0
#include "stream/timeline.h"

#include <algorithm>

namespace kvs::stream {

namespace {
std::int64_t floorDivide(std::int64_t value, std::int64_t by) {
  const std::int64_t quotient = value / by;
  return value % by < 0 ? quotient - 1 : quotient;
}
}  // namespace

Ticks Timeline::ticksOf(Nanoseconds mediaTime) const {
  return floorDivide(mediaTime.count(), Nanoseconds(scale_).count());
}

Placed Timeline::place(const media::Frame& frame, TrackClock& track) const {
  Placed placed;
  placed.repaired = !frame.pts;
  if (frame.pts) {
    placed.pts = *frame.pts;
  } else if (track.lastPts) {
    placed.pts = *track.lastPts + track.frameDuration;
  } else {
    placed.pts = frame.dts.value_or(Nanoseconds{0});
  }
  if (frame.duration > Nanoseconds{0}) {
    track.frameDuration = frame.duration;
  } else if (track.lastPts && placed.pts > *track.lastPts && track.frameDuration == Nanoseconds{0}) {
    track.frameDuration = placed.pts - *track.lastPts;
  }
  track.lastPts = placed.pts;
  placed.duration = track.frameDuration;
  placed.ticks = ticksOf(placed.pts);
  return placed;
}

void Timeline::anchor(WallTime wallNow, Nanoseconds age, Ticks firstTicks, WallTime notBefore) {
  const WallTime captured = std::max(wallNow - age, notBefore);
  const Ticks capturedTicks = ticksOf(captured.time_since_epoch());
  epochs_.push_back({WallTime(timeOf(capturedTicks - firstTicks)), firstTicks});
}

WallTime Timeline::wallTime(std::uint32_t epoch, Ticks ticks) const {
  return epochs_[epoch].zero + timeOf(ticks);
}

WallTime Timeline::epochStart(std::uint32_t epoch) const {
  return wallTime(epoch, epochs_[epoch].first);
}

std::uint64_t Timeline::wireTimecode(std::uint32_t epoch, Ticks ticks, bool absolute) const {
  const Ticks wire =
      absolute ? ticksOf(wallTime(epoch, ticks).time_since_epoch()) : ticks - epochs_[epoch].first;
  return static_cast<std::uint64_t>(std::max<Ticks>(wire, 0));
}

}  // namespace kvs::stream
