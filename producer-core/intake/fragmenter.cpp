// SPDX-License-Identifier: Apache-2.0
#include "intake/fragmenter.h"

#include <algorithm>

namespace kvs::intake {

namespace {
/// Between two frames: more is a jump, not a slow source.
constexpr Nanoseconds longestGap = Seconds(10);
/// After the first key frame that the bytes name, until it is clear whether they name another.
constexpr Nanoseconds patience = Seconds(5);
}  // namespace

Placement Fragmenter::place(const store::Fragment* open, const FrameToPlace& frame, bool isVideo) {
  if (!frame.key) return open ? fit(*open, frame) : Placement::skip;
  const Placement placement = open ? placeKey(*open, frame, isVideo) : Placement::open;
  learn(frame);
  return placement;
}

Placement Fragmenter::placeKey(const store::Fragment& open, const FrameToPlace& frame, bool isVideo) {
  const Ticks relative = frame.ticks - open.firstTicks;
  if (relative < 0) return Placement::open;
  const Nanoseconds length = timeOf(relative);
  const bool longEnough = length + std::min(frame.duration, store::largestLack) >= config_.minimum;
  const Nanoseconds enough = isVideo ? config_.enough : std::max(config_.withoutVideo, config_.enough);
  const bool grown = length >= enough || open.bytes >= config_.enoughBytes || !nextGroupFits(length);
  const bool mayBegin = !frame.mayHaveLeading || !closedOneIsDue(frame);
  if (longEnough && grown && mayBegin) return Placement::open;
  return fit(open, frame) == Placement::append ? Placement::append : Placement::open;
}

/// Another group like the last one: else the fragment would reach the service's limit in its middle.
bool Fragmenter::nextGroupFits(Nanoseconds length) const {
  return length + closedDistance_ + store::largestLack <= config_.maximum;
}

Placement Fragmenter::fit(const store::Fragment& open, const FrameToPlace& frame) const {
  const Ticks relative = frame.ticks - open.firstTicks;
  if (relative < 0) return Placement::endGroup;
  const bool fits = relative <= maxRelativeTicks && timeOf(relative) < config_.maximum &&
                    timeOf(relative) + frame.duration <= config_.maximum;
  if (fits && open.bytes + frame.bytes <= config_.maximumBytes) return Placement::append;
  return timeOf(frame.ticks - open.lastTicks) > longestGap ? Placement::endGroup : Placement::tooLong;
}

bool Fragmenter::wantsKeyFrame(const store::Fragment& open) const {
  return open.duration >= config_.askAfter || open.bytes >= config_.maximumBytes / 5 * 4;
}

/// An open-GOP key frame begins a fragment only where no closed one comes within the limits.
bool Fragmenter::closedOneIsDue(const FrameToPlace& frame) const {
  if (!lastClosed_ || closedDistance_ == Nanoseconds{0} || closedDistance_ > config_.askAfter) return false;
  const Nanoseconds since = timeOf(frame.ticks - *lastClosed_);
  return since >= Nanoseconds{0} && since <= closedDistance_ + closedDistance_ / 2;
}

bool Fragmenter::isOutranked(const store::Fragment* open, const FrameToPlace& frame) const {
  return frame.believed && pointIsDue(frame, open != nullptr) &&
         (!open || fit(*open, frame) == Placement::append);
}

/// Where nothing is open every wait is a loss: so it is only made for a point that is known to come.
bool Fragmenter::pointIsDue(const FrameToPlace& frame, bool isOpen) const {
  if (!lastPoint_ || pointDistance_ > config_.askAfter) return false;
  const Nanoseconds since = timeOf(frame.ticks - *lastPoint_);
  const Nanoseconds unknown = isOpen ? patience : Nanoseconds{0};
  const Nanoseconds within = pointDistance_ == Nanoseconds{0} ? unknown : pointDistance_ + pointDistance_ / 2;
  return since >= Nanoseconds{0} && since < std::min(within, config_.askAfter);
}

void Fragmenter::forgetSource() {
  lastClosed_ = lastPoint_ = std::nullopt;
  closedDistance_ = pointDistance_ = Nanoseconds{0};
}

void Fragmenter::learn(const FrameToPlace& frame) {
  if (frame.believed) return;
  if (lastPoint_) pointDistance_ = std::max(timeOf(frame.ticks - *lastPoint_), Nanoseconds{0});
  lastPoint_ = frame.ticks;
  if (frame.mayHaveLeading) return;
  if (lastClosed_) closedDistance_ = std::max(timeOf(frame.ticks - *lastClosed_), Nanoseconds{0});
  lastClosed_ = frame.ticks;
}

}  // namespace kvs::intake
