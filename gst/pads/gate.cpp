// SPDX-License-Identifier: Apache-2.0
#include "pads/gate.h"

#include <utility>

namespace kvs::gst {

template <class Change>
void Gate::change(Change&& apply) {
  {
    const std::lock_guard lock(mutex_);
    apply();
  }
  changed_.notify_all();
}

Gate::Verdict Gate::verdict(const Place& place) const {
  if (mode_ == Mode::closed || place.flushing_ || place.removed_) return Verdict::flushing;
  if (failure_ != Failure::none) return Verdict::failed;
  if (place.ended_) return Verdict::ended;
  return Verdict::go;
}

Gate::Verdict Gate::enter(Place& place, bool live) {
  std::unique_lock lock(mutex_);
  const auto mayPass = [&] {
    return mode_ == Mode::playing || live || place.pause_ != pauses_ || !place.tookInPause_;
  };
  changed_.wait(lock, [&] { return verdict(place) != Verdict::go || mayPass(); });
  const Verdict result = verdict(place);
  if (result == Verdict::go && mode_ == Mode::paused) {
    place.pause_ = pauses_;
    place.tookInPause_ = true;
  }
  return result;
}

Gate::Verdict Gate::again(Place& place) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return verdict(place) != Verdict::go || interrupts_ == 0; });
  return verdict(place);
}

void Gate::pause() {
  change([&] {
    mode_ = Mode::paused;
    ++pauses_;
  });
}

void Gate::play() {
  change([&] { mode_ = Mode::playing; });
}

void Gate::close() {
  change([&] { mode_ = Mode::closed; });
}

void Gate::open() {
  change([&] {
    mode_ = Mode::paused;
    ++pauses_;
    ++opening_;
    failure_ = Failure::none;
    interrupts_ = 0;
  });
}

void Gate::reset(Place& place) {
  change([&] {
    const bool removed = place.removed_;
    place = Place{};
    place.removed_ = removed;
  });
}

bool Gate::setFlushing(Place& place, bool flushing) {
  bool changes = false;
  change([&] {
    changes = std::exchange(place.flushing_, flushing) != flushing;
    place.tookInPause_ = false;
  });
  return changes;
}

void Gate::setEnded(Place& place, bool ended) {
  change([&] { place.ended_ = ended; });
}

void Gate::remove(Place& place) {
  change([&] { place.removed_ = true; });
}

std::optional<Gate::Opening> Gate::claimFailure() {
  const std::lock_guard lock(mutex_);
  if (failure_ != Failure::none) return std::nullopt;
  failure_ = Failure::claimed;
  return opening_;
}

bool Gate::failed(Opening opening) {
  bool changes = false;
  change([&] {
    if (opening != opening_) return;
    failure_ = Failure::told;
    changes = interrupts_++ == 0;
  });
  return changes;
}

void Gate::awaitFailed() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return failure_ != Failure::claimed || mode_ == Mode::closed; });
}

bool Gate::hasFailed() {
  const std::lock_guard lock(mutex_);
  return failure_ != Failure::none;
}

bool Gate::interrupt() {
  const std::lock_guard lock(mutex_);
  return interrupts_++ == 0;
}

bool Gate::endInterrupt() {
  {
    const std::lock_guard lock(mutex_);
    if (interrupts_ == 0 || --interrupts_ > 0) return false;
  }
  changed_.notify_all();
  return true;
}

}  // namespace kvs::gst
