// SPDX-License-Identifier: Apache-2.0
#include "intake/track_set.h"

#include <algorithm>

namespace kvs::intake {

namespace {

using media::TrackKind;

constexpr std::size_t maxTracks = 3;  // guide, "Maximum number of tracks"

constexpr TrackKind kinds[] = {TrackKind::video, TrackKind::audio, TrackKind::data};

std::string nameOf(TrackKind kind) {
  switch (kind) {
    case TrackKind::video:
      return "video";
    case TrackKind::audio:
      return "audio";
    case TrackKind::data:
      return "data";
  }
  return {};
}

}  // namespace

Result<TrackPtr> TrackSet::add(TrackKind kind, std::string label) {
  if (tracks_.size() == maxTracks) {
    return fail(StatusCode::maximumTrackCountExceeded, ErrorKind::fatal,
                "A stream has at most 3 tracks; this would be the fourth.");
  }
  auto track = std::make_shared<Track>(kind, label.empty() ? nameOf(kind) : std::move(label));
  tracks_.push_back(track);
  renumber();
  return track;
}

void TrackSet::remove(Track& track) {
  track.removed = true;
  std::erase_if(tracks_, [&](const TrackPtr& one) { return one.get() == &track; });
  renumber();
}

bool TrackSet::has(const Track& track) const {
  return std::ranges::any_of(tracks_, [&](const TrackPtr& one) { return one.get() == &track; });
}

void TrackSet::renumber() {
  for (const TrackPtr& track : tracks_) {
    if (!track->settled) track->number = 0;
  }
  const bool hasVideo = std::ranges::any_of(tracks_, [](const TrackPtr& one) { return one->isVideo(); });
  std::uint32_t next = 1;
  for (const TrackKind kind : kinds) {
    for (const TrackPtr& track : tracks_) {
      if (track->kind != kind) continue;
      if (!track->settled) track->number = freeNumber(next);
      if (!hasVideo) ++next;
    }
    if (hasVideo) ++next;
  }
  std::ranges::sort(tracks_, {}, [](const TrackPtr& track) { return track->number; });
}

/// The preferred one, else the lowest: three tracks have three numbers.
std::uint32_t TrackSet::freeNumber(std::uint32_t preferred) const {
  const auto isFree = [&](std::uint32_t number) {
    return std::ranges::none_of(tracks_, [&](const TrackPtr& track) { return track->number == number; });
  };
  std::uint32_t number = preferred;
  for (std::uint32_t lowest = 1; !isFree(number); ++lowest)
    number = lowest;
  return number;
}

}  // namespace kvs::intake
