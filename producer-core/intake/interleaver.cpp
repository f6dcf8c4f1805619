// SPDX-License-Identifier: Apache-2.0
#include "intake/interleaver.h"

#include <algorithm>
#include <utility>

namespace kvs::intake {

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

void Interleaver::setFeeder(std::uint32_t track, Feeder feeder) {
  const auto lane = lanes_.find(track);
  if (lane != lanes_.end()) lane->second.feeder = feeder;
}

void Interleaver::setAnnouncer(std::uint32_t track, Feeder feeder) {
  const auto lane = lanes_.find(track);
  if (lane != lanes_.end() && !lane->second.reached) lane->second.feeder = feeder;
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
  if (&lane == candidate.lane || !mayKeepWaiting(lane) || !lane.units.empty()) return false;
  if (!lane.reached || *lane.reached < candidate.order) return true;
  return *lane.reached == candidate.order && track < candidate.track;
}

bool Interleaver::mayKeepWaiting(const Lane& lane) const {
  return !lane.sparse && !lane.ended && !lane.silent;
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

/// When the candidate need not wait for the lane any more; nothing: as far as is known, for ever.
std::optional<TimePoint> Interleaver::over(const Lane& lane, const Candidate& candidate) const {
  if (!config_.mediaTimeout || lane.expected) return patience(lane, candidate.lane->units.front());
  if (!lane.reached) return overUnheard(lane, *candidate.lane);
  return isOvertakenByItsFeeder(lane) ? std::optional(TimePoint::min()) : std::nullopt;
}

bool Interleaver::areOver(const std::vector<std::uint32_t>& tracks, const Candidate& candidate,
                          TimePoint now) const {
  return std::ranges::all_of(tracks, [&](std::uint32_t track) {
    const auto when = over(lanes_.at(track), candidate);
    return when && now >= *when;
  });
}

/// Whoever feeds it has brought so much of another track meanwhile that nothing is to be hoped for. While
/// it is only others who are ahead, it is slow, and they are held back.
bool Interleaver::isOvertakenByItsFeeder(const Lane& lane) const {
  return std::ranges::any_of(lanes_, [&](const auto& entry) {
    const Lane& other = entry.second;
    const bool same = &other != &lane && other.feeder == lane.feeder && !other.units.empty();
    return same && other.units.back().times.dts - *lane.reached >= *config_.mediaTimeout;
  });
}

/// Nothing has come of it yet, and nobody knows whether anything will. Whoever set it up may be about to
/// feed it: then isTooFarAhead() says when the wait is over.
std::optional<TimePoint> Interleaver::overUnheard(const Lane& lane, const Lane& front) const {
  const bool far = front.units.back().times.dts - front.units.front().times.dts >= *config_.mediaTimeout;
  const bool own = lane.feeder == nobody || lane.feeder == front.feeder;
  return far && own ? std::optional(TimePoint::min()) : std::nullopt;
}

std::optional<Interleaver::Next> Interleaver::take(TimePoint now, bool force) {
  const auto candidate = first();
  if (!candidate) return std::nullopt;
  Lane& lane = lanes_.at(candidate->track);
  if (!force) {
    if (isHeld(lane, now)) return std::nullopt;
    const auto others = waitedFor(*candidate);
    if (!areOver(others, *candidate, now)) return std::nullopt;
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
  std::optional<TimePoint> latest;
  if (isHeld(*candidate->lane, TimePoint::min())) {
    latest = candidate->lane->units.front().capture.at + config_.timeout;
  }
  for (const std::uint32_t track : waitedFor(*candidate)) {
    const auto when = over(lanes_.at(track), *candidate);
    if (!when) return std::nullopt;
    latest = std::max(latest.value_or(TimePoint::min()), *when);
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

bool Interleaver::isAwaited(std::uint32_t track) const {
  const auto own = lanes_.find(track);
  if (own == lanes_.end()) return false;
  if (!own->second.units.empty() && isHeld(own->second, TimePoint::min())) return true;
  return std::ranges::any_of(lanes_, [&](const auto& entry) {
    const Lane& other = entry.second;
    if (&other == &own->second || !other.reached) return false;
    return !own->second.reached || *own->second.reached < *other.reached;
  });
}

bool Interleaver::hasUnits() const {
  return std::ranges::any_of(lanes_, [](const auto& entry) { return !entry.second.units.empty(); });
}

bool Interleaver::isTooFarAhead(std::uint32_t track, Feeder feeder, std::optional<Nanoseconds> time,
                                TimePoint now) {
  const auto own = lanes_.find(track);
  if (!config_.mediaTimeout || own == lanes_.end()) return false;
  if (!time) time = own->second.reached;
  if (!time) return false;
  const Lane* last = nullptr;
  for (const auto& [number, lane] : lanes_) {
    const bool counts = number != track && mayKeepWaiting(lane) && lane.reached;
    if (counts && (!last || *lane.reached < *last->reached)) last = &lane;
  }
  if (last && *time - *last->reached >= *config_.mediaTimeout) return last->feeder != feeder;
  return awaitsBeginning(own->second, feeder, *time, now);
}

/// For as long as a track's format may take, too.
bool Interleaver::awaitsBeginning(const Lane& own, Feeder feeder, Nanoseconds time, TimePoint now) {
  if (own.units.empty() || time - own.units.front().times.dts < *config_.mediaTimeout) return false;
  bool awaits = false;
  for (auto& [number, lane] : lanes_) {
    const bool isOthers = lane.feeder != nobody && lane.feeder != feeder;
    if (&lane == &own || lane.reached || lane.expected || !mayKeepWaiting(lane) || !isOthers) continue;
    lane.silent = isOverUnheard(own, now);
    awaits |= !lane.silent;
  }
  return awaits;
}

/// While its feeder waits, the newest unit is as old as the wait.
bool Interleaver::isOverUnheard(const Lane& front, TimePoint now) const {
  return now >= front.units.back().capture.at + config_.atStart;
}

bool Interleaver::waitsForOthers(Feeder feeder, TimePoint now) const {
  const auto candidate = first();
  if (!candidate) return false;
  const auto others = waitedFor(*candidate);
  const auto isOwn = [&](std::uint32_t track) { return lanes_.at(track).feeder == feeder; };
  const auto isOver = [&](std::uint32_t track) {
    const Lane& lane = lanes_.at(track);
    const bool unheard = config_.mediaTimeout && !lane.reached && !lane.expected;
    return unheard ? isOverUnheard(*candidate->lane, now) : areOver({track}, *candidate, now);
  };
  return std::ranges::none_of(others, isOwn) && !std::ranges::all_of(others, isOver);
}

Nanoseconds Interleaver::waiting() const {
  Nanoseconds longest{0};
  for (const auto& [track, lane] : lanes_) {
    if (!lane.units.empty())
      longest = std::max(longest, lane.units.back().times.dts - lane.units.front().times.dts);
  }
  return longest;
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

}  // namespace kvs::intake
