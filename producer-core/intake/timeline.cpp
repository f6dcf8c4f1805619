// SPDX-License-Identifier: Apache-2.0
#include "intake/timeline.h"

#include <algorithm>

#include "base/time_range.h"

namespace kvs::intake {

namespace {

/// Between the source's clock and the wall clock: more is taken up at the next fragment.
constexpr Nanoseconds largestDrift = Milliseconds(500);
/// The wall clock was set back, and not merely slewed.
constexpr Nanoseconds stepBack = Seconds(1);
/// Media times that leap ahead of the wall clock by more than this are no gap in the media.
constexpr Nanoseconds leapAhead = Seconds(10);
/// An age outside of this is a mistake of the source's times.
constexpr Nanoseconds leastAge = -leapAhead;
constexpr Nanoseconds greatestAge = std::chrono::minutes(10);

Nanoseconds distance(Nanoseconds a, Nanoseconds b) {
  return a > b ? a - b : b - a;
}

Nanoseconds clockOffset(const Capture& capture) {
  return capture.arrived.time_since_epoch() - capture.at.time_since_epoch();
}

}  // namespace

Capture captureOf(const media::Frame& frame, const Clock& clock, Nanoseconds moved) {
  const auto [arrived, at] = readAt(clock, [&] { return clock.wallNow(); });
  const auto age = frame.captured ? std::optional(at - *frame.captured) : std::nullopt;
  return {arrived, at, age, frame.reference, moved};
}

std::optional<Nanoseconds> Timeline::believableAge(const Capture& capture) const {
  const bool isAsked = config_.source != TimestampSource::arrival;
  if (!isAsked || !capture.age || *capture.age < leastAge || *capture.age > greatestAge) return std::nullopt;
  return capture.age;
}

WallTime Timeline::capturedAt(const Capture& capture) const {
  return capture.arrived - believableAge(capture).value_or(Nanoseconds{0});
}

Ticks Timeline::place(Nanoseconds pts, const Capture& capture) {
  if (!isAnchored() || !byReference_) return ticksOf(pts);
  Nanoseconds time = plausibleSum(pts, referenceOffset_);
  if (capture.reference && distance(capture.reference->time_since_epoch(), time) <= largestDrift) {
    time = capture.reference->time_since_epoch();
    referenceOffset_ = time - pts;
  }
  return ticksOf(time);
}

bool Timeline::wantsReference() const {
  return config_.source == TimestampSource::automatic || config_.source == TimestampSource::reference;
}

Timeline::Began Timeline::begin(Nanoseconds pts, Capture capture) {
  capture.arrived += moved_ - capture.moved;
  Began began;
  const Ticks before = place(pts, capture);
  if (!isAnchored()) {
    newEpoch(pts, capture, config_.start.value_or(capturedAt(capture)));
  } else if (const auto better = betterWall(pts, before, capture)) {
    const WallTime stood = epoch_->wallTime(before);
    newEpoch(pts, capture, *better);
    const Nanoseconds moved = epoch_->wallTime(place(pts, capture)) - stood;
    // Media times that begin anew are a jump, too, even where the wall time goes on as it should.
    const bool jumps = moved != Nanoseconds{0} || !lastPts_ || pts <= *lastPts_;
    if (jumps) began.repair = TimeRepair{TimeRepair::Kind::reanchored, {}, moved};
  }
  began.ticks = place(pts, capture);
  if (greatest_ && began.ticks <= *greatest_) {  // fragments never overlap
    began.ticks = *greatest_ + 1;
    if (!began.repair) {
      began.repair = TimeRepair{TimeRepair::Kind::raised, {}, timeOf(began.ticks) - timeOf(before)};
    }
  }
  greatest_ = began.ticks;
  lastPts_ = pts;
  return began;
}

void Timeline::note(Ticks ticks) {
  greatest_ = std::max(greatest_.value_or(ticks), ticks);
}

/// Where the fragment should stand instead, when the current epoch no longer holds.
std::optional<WallTime> Timeline::betterWall(Nanoseconds pts, Ticks ticks, const Capture& capture) const {
  const bool fromSource = config_.source == TimestampSource::pts;
  const WallTime stands = epoch_->wallTime(ticks);
  const Nanoseconds back = greatestWall() - stands;
  if (capture.reference && wantsReference()) {
    const Nanoseconds off = *capture.reference - stands;
    const bool jumped = distance(off, Nanoseconds{0}) > largestDrift;
    return jumped || !byReference_ || back > stepBack ? capture.reference : std::nullopt;
  }
  if (fromSource || byReference_) return back > stepBack ? std::optional(stands) : std::nullopt;
  if (const auto age = believableAge(capture); age && !config_.recorded) {
    const Nanoseconds off = capturedAt(capture) - stands;
    if (off > largestDrift || off < -stepBack) return capturedAt(capture);
    // Its time is right, and another track has run ahead of it: it belongs where it is, in another session.
    if (back > stepBack && lastPts_ && pts > *lastPts_) return stands;
  }
  const Nanoseconds stepped = clockOffset(capture) - clockOffset_;
  if (!config_.recorded && (stepped > largestDrift || stepped < -stepBack)) {
    return back > stepBack ? capturedAt(capture) : stands + stepped;
  }
  const WallTime next = greatestWall() + config_.scale;
  if (back > stepBack) return std::max(capturedAt(capture), next);
  const bool leaps =
      !config_.recorded && lastPts_ && pts - *lastPts_ > leapAhead && stands - capture.arrived > leapAhead;
  return leaps ? std::optional(std::max(capturedAt(capture), next)) : std::nullopt;
}

/// `wall`: of the frame, where the epoch is not the source's own clock.
void Timeline::newEpoch(Nanoseconds pts, const Capture& capture, WallTime wall) {
  const bool first = !isAnchored();
  clockOffset_ = clockOffset(capture);
  const WallTime last = first ? WallTime{} : greatestWall();
  const bool hasReference = capture.reference && wantsReference();
  if (hasReference) referenceOffset_ = capture.reference->time_since_epoch() - pts;
  const bool fromSource = config_.source == TimestampSource::pts;
  byReference_ = hasReference || (!fromSource && !first && byReference_);
  if (byReference_) {
    epoch_ = sourcesOwn(ticksOf(plausibleSum(pts, referenceOffset_)));
  } else {
    epoch_ = fromSource ? sourcesOwn(ticksOf(pts)) : anchored(ticksOf(pts), wall);
  }
  epochMoved_ = epoch_->tie().moved;
  if (first) return;
  // In the new epoch's units. A clock that was set back begins anew: its session does, too.
  const Ticks lastTicks =
      ticksOf(plausibleSum(last.time_since_epoch(), -epoch_->tie().zero.time_since_epoch()));
  greatest_ = lastTicks < epoch_->tie().first || timeOf(lastTicks - epoch_->tie().first) <= stepBack
                  ? std::optional(lastTicks)
                  : std::nullopt;
}

/// Its times are wall times.
store::SharedEpoch Timeline::sourcesOwn(Ticks first) const {
  return std::make_shared<store::Epoch>(store::Epoch::Tie{.scale = config_.scale, .first = first});
}

/// The anchor is a multiple of TimecodeScale, so that wall times round as media times do.
store::SharedEpoch Timeline::anchored(Ticks first, WallTime wall) const {
  const Ticks wallTicks = ticksOf(wall.time_since_epoch());
  return std::make_shared<store::Epoch>(store::Epoch::Tie{.scale = config_.scale,
                                                          .zero = WallTime(timeOf(wallTicks - first)),
                                                          .first = first,
                                                          .byClock = !config_.start,
                                                          .moved = moved_});
}

void Timeline::correct(Nanoseconds moved, Correct which) {
  moved_ = moved;
  if (!epoch_) return;
  epoch_->correct(moved, which);
  // Whoever corrected it: what it has taken up is no step of the wall clock.
  const Nanoseconds taken = epoch_->tie().moved;
  clockOffset_ += taken - std::exchange(epochMoved_, taken);
}

WallTime Timeline::wallOf(std::optional<Nanoseconds> pts, const Capture& capture) const {
  if (capture.reference && wantsReference()) return *capture.reference;
  if (!pts || !isAnchored() || config_.source == TimestampSource::arrival) return capturedAt(capture);
  const Nanoseconds offset = byReference_ ? referenceOffset_ : Nanoseconds{0};
  return epoch_->wallTime(ticksOf(plausibleSum(*pts, offset)));
}

}  // namespace kvs::intake
