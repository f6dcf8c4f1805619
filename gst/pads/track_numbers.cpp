// SPDX-License-Identifier: Apache-2.0
#include "pads/track_numbers.h"

#include <algorithm>
#include <iterator>

namespace kvs::gst {

namespace {

using media::TrackKind;

constexpr TrackKind kinds[] = {TrackKind::video, TrackKind::audio, TrackKind::data};

// Those of `numbers` that `others` has not; both are sorted.
TrackNumbers::Numbers without(const TrackNumbers::Numbers& numbers, const TrackNumbers::Numbers& others) {
  TrackNumbers::Numbers rest;
  std::set_difference(numbers.begin(), numbers.end(), others.begin(), others.end(), std::back_inserter(rest));
  return rest;
}

}  // namespace

bool TrackNumbers::has(TrackKind kind) const {
  return std::any_of(entries_.begin(), entries_.end(),
                     [&](const auto& item) { return item.second.kind == kind; });
}

TrackNumbers::Change TrackNumbers::add(Pad pad, TrackKind kind) {
  const Numbers before = unsettled();
  entries_[pad] = {kind, 0, false};
  return renumber(before);
}

TrackNumbers::Change TrackNumbers::remove(Pad pad) {
  const Entry removed = entries_.at(pad);
  const Numbers before = unsettled();
  entries_.erase(pad);
  Change change = renumber(before);
  if (removed.settled) change.gone.push_back(removed.number);
  return change;
}

void TrackNumbers::reset() {
  for (auto& [pad, entry] : entries_)
    entry.settled = false;
  renumber({});
}

std::uint32_t TrackNumbers::settle(Pad pad) {
  Entry& entry = entries_.at(pad);
  entry.settled = true;
  return entry.number;
}

std::optional<std::uint32_t> TrackNumbers::numberOf(Pad pad) const {
  const auto entry = entries_.find(pad);
  return entry == entries_.end() ? std::nullopt : std::optional(entry->second.number);
}

TrackNumbers::Change TrackNumbers::renumber(const Numbers& before) {
  for (auto& [pad, entry] : entries_) {
    if (!entry.settled) entry.number = 0;
  }
  const bool hasVideo = has(TrackKind::video);
  std::uint32_t next = 1;
  for (const TrackKind kind : kinds) {
    for (auto& [pad, entry] : entries_) {
      if (entry.kind != kind) continue;
      if (!entry.settled) entry.number = freeNumber(next);
      if (!hasVideo) ++next;
    }
    if (hasVideo) ++next;
  }
  const Numbers after = unsettled();
  return {without(before, after), without(after, before)};
}

TrackNumbers::Numbers TrackNumbers::unsettled() const {
  Numbers numbers;
  for (const auto& [pad, entry] : entries_) {
    if (!entry.settled) numbers.push_back(entry.number);
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

// The preferred one, else the lowest: three pads have three numbers.
std::uint32_t TrackNumbers::freeNumber(std::uint32_t preferred) const {
  const auto isFree = [&](std::uint32_t number) {
    return std::none_of(entries_.begin(), entries_.end(),
                        [&](const auto& item) { return item.second.number == number; });
  };
  std::uint32_t number = preferred;
  for (std::uint32_t lowest = 1; !isFree(number); ++lowest)
    number = lowest;
  return number;
}

}  // namespace kvs::gst
