// SPDX-License-Identifier: Apache-2.0
#include "pads/tracks.h"

namespace kvs::gst {

bool Tracks::add(GstPad* pad, media::TrackKind kind) {
  TrackNumbers::Change change;
  {
    const Lock lock(mutex_);
    if (numbers_.has(kind)) return false;
    change = numbers_.add(pad, kind);
  }
  report(change);
  return true;
}

std::optional<std::uint32_t> Tracks::remove(GstPad* pad) {
  std::optional<std::uint32_t> number;
  TrackNumbers::Change change;
  {
    const Lock lock(mutex_);
    number = numbers_.numberOf(pad);
    change = numbers_.remove(pad);
  }
  report(change);
  return number;
}

void Tracks::reset() {
  const Lock lock(mutex_);
  numbers_.reset();
}

void Tracks::expectAll() {
  TrackNumbers::Change change;
  {
    const Lock lock(mutex_);
    change.expected = numbers_.unsettled();
  }
  report(change);
}

bool Tracks::isAlone(GstPad* pad) const {
  const Lock lock(mutex_);
  return numbers_.isAlone(pad);
}

bool Tracks::areSettled() const {
  const Lock lock(mutex_);
  return numbers_.unsettled().empty();
}

std::optional<std::uint32_t> Tracks::numberOf(GstPad* pad) const {
  const Lock lock(mutex_);
  return numbers_.numberOf(pad);
}

std::uint32_t Tracks::settle(GstPad* pad) {
  const Lock lock(mutex_);
  return numbers_.settle(pad);
}

void Tracks::report(const TrackNumbers::Change& change) {
  const auto stream = flow_.stream();
  if (!stream) return;
  for (const std::uint32_t number : change.gone)
    stream->removeTrack(number);
  for (const std::uint32_t number : change.expected)
    stream->expectTrack(number);
}

}  // namespace kvs::gst
