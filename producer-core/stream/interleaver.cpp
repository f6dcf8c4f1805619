// SPDX-License-Identifier: Apache-2.0
#include "stream/interleaver.h"

#include <algorithm>
#include <utility>

namespace kvs::stream {

namespace {
/// A key frame waits for that many pictures at most.
constexpr std::size_t mostHeld = 16;
}  // namespace

void Interleaver::add(std::uint32_t track, bool sparse, bool expected) {
  Lane& lane = lanes_[track];
  lane.sparse = sparse;
  lane.expected = expected;
}

void Interleaver::expect(std::uint32_t track) {
  const auto [lane, isNew] = lanes_.try_emplace(track);
  if (isNew) lane->second.expected = true;
}

void Interleaver::push(std::uint32_t track, Unit unit) {
  Lane& lane = lanes_[track];
  if (!started_) started_ = unit.capture.at;
  lane.expected = lane.silent = lane.ended = false;
  lane.cameAt = unit.capture.at;
  const Nanoseconds end = unit.times.dts + unit.times.duration;
  lane.reached = std::max(lane.reached.value_or(end), end);
  if (lane.lastOrder && unit.times.dts < *lane.lastOrder - largestNudge) lane.reached = end;  // a jump
  lane.units.push_back(std::move(unit));
}

void Interleaver::advance(std::uint32_t track, Nanoseconds time) {
  const auto lane = lanes_.find(track);
  if (lane == lanes_.end()) return;
  lane->second.reached = std::max(lane->second.reached.value_or(time), time);
}

void Interleaver::setEnded(std::uint32_t track, bool ended) {
  const auto lane = lanes_.find(track);
  if (lane != lanes_.end()) lane->second.ended = ended;
}

/// Decoding time; of a key frame, where its fragment would begin, so that all of the other tracks
/// before that have come.
Nanoseconds Interleaver::order(const Lane& lane, Nanoseconds groupStart) {
  const Unit& unit = lane.units.front();
  const Nanoseconds own = unit.key ? groupStart : unit.times.dts;
  const bool jumpedBack = lane.lastOrder && own < *lane.lastOrder - largestNudge;
  return lane.lastOrder && !jumpedBack ? std::max(own, *lane.lastOrder) : own;
}

Nanoseconds Interleaver::groupStart(const Lane& lane) {
  const Unit& key = lane.units.front();
  Nanoseconds least = key.times.pts;
  if (!key.mayHaveLeading) return least;
  for (auto unit = std::next(lane.units.begin()); unit != lane.units.end(); ++unit) {
    if (unit->key || unit->times.pts > key.times.pts) break;
    if (key.times.pts - unit->times.pts <= largestNudge) least = std::min(least, unit->times.pts);
  }
  return least;
}

bool Interleaver::isHeld(const Lane& lane, TimePoint now) const {
  const Unit& key = lane.units.front();
  if (!key.key || !key.mayHaveLeading || lane.ended || lane.units.size() > mostHeld) return false;
  // What is decoded later cannot be shown before a picture that is shown as it is decoded.
  if (key.times.saysDts && key.times.pts <= key.times.dts) return false;
  const bool trailing = std::any_of(std::next(lane.units.begin()), lane.units.end(), [&](const Unit& unit) {
    return unit.key || unit.times.pts > key.times.pts;
  });
  return !trailing && now < key.capture.at + config_.timeout;
}

std::optional<Interleaver::Candidate> Interleaver::first() const {
  std::optional<Candidate> best;
  for (const auto& [track, lane] : lanes_) {
    if (lane.units.empty()) continue;
    const Nanoseconds start = groupStart(lane);
    const Nanoseconds at = order(lane, start);
    if (!best || at < best->order) best = Candidate{track, &lane, at, start};
  }
  return best;
}

/// Of two units with one time that of the first track goes first: a key frame before the sound with it.
bool Interleaver::keepsWaiting(std::uint32_t track, const Lane& lane, const Candidate& candidate) const {
  if (&lane == candidate.lane || lane.sparse || lane.ended || lane.silent || !lane.units.empty())
    return false;
  if (!lane.reached || *lane.reached < candidate.order) return true;
  return *lane.reached == candidate.order && track < candidate.track;
}

std::vector<std::uint32_t> Interleaver::waitedFor(const Candidate& candidate) const {
  std::vector<std::uint32_t> tracks;
  for (const auto& [track, lane] : lanes_) {
    if (keepsWaiting(track, lane, candidate)) tracks.push_back(track);
  }
  return tracks;
}

void Interleaver::stopWaitingFor(const std::vector<std::uint32_t>& tracks) {
  for (const std::uint32_t track : tracks)
    lanes_.at(track).silent = true;
}

/// An encoder that lags gives its frames late, but gives them: it is not silent.
TimePoint Interleaver::patience(const Lane& lane, const Unit& unit) const {
  if (lane.expected) return *started_ + config_.atStart;
  const TimePoint since = std::max(unit.capture.at, lane.cameAt);
  return std::min(since + config_.timeout, unit.capture.at + config_.longest);
}

bool Interleaver::isOver(const Lane& lane, const Candidate& candidate, TimePoint now) const {
  const Unit& unit = candidate.lane->units.front();
  if (!config_.mediaTimeout || lane.expected) return now >= patience(lane, unit);
  // How far the lane in front has got, by its newest unit.
  const Unit& newest = candidate.lane->units.back();
  return newest.times.dts - lane.reached.value_or(unit.times.dts) >= *config_.mediaTimeout;
}

std::optional<Interleaver::Next> Interleaver::take(TimePoint now, bool force) {
  const auto candidate = first();
  if (!candidate) return std::nullopt;
  Lane& lane = lanes_.at(candidate->track);
  if (!force) {
    if (isHeld(lane, now)) return std::nullopt;
    const auto others = waitedFor(*candidate);
    const bool over = std::ranges::all_of(
        others, [&](std::uint32_t track) { return isOver(lanes_.at(track), *candidate, now); });
    if (!over) return std::nullopt;
    stopWaitingFor(others);
  }
  Next next{candidate->track, std::move(lane.units.front()), candidate->groupStart};
  lane.units.pop_front();
  lane.lastOrder = candidate->order;
  return next;
}

std::optional<TimePoint> Interleaver::deadline() const {
  const auto candidate = first();
  if (!candidate) return std::nullopt;
  const Unit& unit = candidate->lane->units.front();
  std::optional<TimePoint> latest;
  if (isHeld(*candidate->lane, TimePoint::min())) latest = unit.capture.at + config_.timeout;
  for (const std::uint32_t track : waitedFor(*candidate)) {
    const Lane& other = lanes_.at(track);
    if (config_.mediaTimeout && !other.expected) return std::nullopt;
    latest = std::max(latest.value_or(TimePoint::min()), patience(other, unit));
  }
  return latest;
}

bool Interleaver::isSilent(std::uint32_t track) const {
  const auto lane = lanes_.find(track);
  if (lane == lanes_.end()) return true;
  return (lane->second.silent || lane->second.ended) && lane->second.units.empty();
}

bool Interleaver::hasEnded(std::uint32_t track) const {
  const auto lane = lanes_.find(track);
  return lane == lanes_.end() || lane->second.ended;
}

bool Interleaver::isBehind(std::uint32_t track) const {
  const auto own = lanes_.find(track);
  if (own == lanes_.end()) return false;
  return std::ranges::any_of(lanes_, [&](const auto& entry) {
    const Lane& other = entry.second;
    if (&other == &own->second || !other.reached) return false;
    return !own->second.reached || *own->second.reached < *other.reached;
  });
}

bool Interleaver::hasUnits() const {
  return std::ranges::any_of(lanes_, [](const auto& entry) { return !entry.second.units.empty(); });
}

std::vector<std::uint32_t> Interleaver::expected() const {
  std::vector<std::uint32_t> tracks;
  for (const auto& [track, lane] : lanes_) {
    if (lane.expected) tracks.push_back(track);
  }
  return tracks;
}

void Interleaver::giveUpWaiting() {
  if (const auto candidate = first()) stopWaitingFor(waitedFor(*candidate));
}

}  // namespace kvs::stream
