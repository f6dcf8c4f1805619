// SPDX-License-Identifier: Apache-2.0
#include "pads/gate.h"

#include <utility>

namespace kvs::gst {

Gate::Verdict Gate::verdict(const Place& place) const {
  if (mode_ == Mode::closed || place.flushing_ || place.removed_) return Verdict::flushing;
  if (failure_ != Failure::none) return Verdict::failed;
  if (place.ended_) return Verdict::ended;
  return Verdict::go;
}

bool Gate::mayTake(const Place& place, bool live) const {
  return mode_ == Mode::playing || live || place.pause_ != pauses_ || !place.tookInPause_;
}

Gate::Verdict Gate::enter(Place& place, bool live) {
  const Lock lock(mutex_);
  while (verdict(place) == Verdict::go && !mayTake(place, live))
    changed_.wait(mutex_);
  const Verdict result = verdict(place);
  if (result == Verdict::go && mode_ == Mode::paused) {
    place.pause_ = pauses_;
    place.tookInPause_ = true;
  }
  return result;
}

Gate::Verdict Gate::again(Place& place) {
  const Lock lock(mutex_);
  while (verdict(place) == Verdict::go && interrupts_ > 0)
    changed_.wait(mutex_);
  return verdict(place);
}

void Gate::pause() {
  const Lock lock(mutex_);
  mode_ = Mode::paused;
  ++pauses_;
  changed_.notifyAll();
}

void Gate::play() {
  const Lock lock(mutex_);
  mode_ = Mode::playing;
  changed_.notifyAll();
}

void Gate::close() {
  const Lock lock(mutex_);
  mode_ = Mode::closed;
  changed_.notifyAll();
}

void Gate::open() {
  const Lock lock(mutex_);
  mode_ = Mode::paused;
  ++pauses_;
  ++opening_;
  failure_ = Failure::none;
  interrupts_ = 0;
  changed_.notifyAll();
}

void Gate::reset(Place& place) {
  const Lock lock(mutex_);
  const bool removed = place.removed_;
  place = Place{};
  place.removed_ = removed;
  changed_.notifyAll();
}

bool Gate::setFlushing(Place& place, bool flushing) {
  const Lock lock(mutex_);
  place.tookInPause_ = false;
  changed_.notifyAll();
  return std::exchange(place.flushing_, flushing) != flushing;
}

void Gate::setEnded(Place& place, bool ended) {
  const Lock lock(mutex_);
  place.ended_ = ended;
  changed_.notifyAll();
}

void Gate::remove(Place& place) {
  const Lock lock(mutex_);
  place.removed_ = true;
  changed_.notifyAll();
}

std::optional<Gate::Opening> Gate::claimFailure() {
  const Lock lock(mutex_);
  if (failure_ != Failure::none) return std::nullopt;
  failure_ = Failure::claimed;
  return opening_;
}

bool Gate::failed(Opening opening) {
  const Lock lock(mutex_);
  if (opening != opening_) return false;
  failure_ = Failure::told;
  changed_.notifyAll();
  return interrupts_++ == 0;
}

void Gate::awaitFailed() {
  const Lock lock(mutex_);
  while (failure_ == Failure::claimed && mode_ != Mode::closed)
    changed_.wait(mutex_);
}

bool Gate::hasFailed() {
  const Lock lock(mutex_);
  return failure_ != Failure::none;
}

bool Gate::interrupt() {
  const Lock lock(mutex_);
  return interrupts_++ == 0;
}

bool Gate::endInterrupt() {
  const Lock lock(mutex_);
  if (interrupts_ == 0 || --interrupts_ > 0) return false;
  changed_.notifyAll();
  return true;
}

}  // namespace kvs::gst
