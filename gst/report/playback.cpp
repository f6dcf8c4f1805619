// SPDX-License-Identifier: Apache-2.0
#include "report/playback.h"

#include <algorithm>
#include <optional>

namespace kvs::gst {

namespace {

using media::Codec;
using media::TrackKind;

struct Combination {
  std::optional<Codec> video;
  std::optional<Codec> audio;
  Players players;
};

// The guide's four tables as one. What is not here plays by GetMedia alone.
constexpr std::nullopt_t none = std::nullopt;
constexpr Players everywhere{.hls = true, .dash = true, .clip = true, .images = true};
constexpr Combination combinations[] = {
    {none, none, everywhere},  // nothing is ruled out yet
    {Codec::h264, none, everywhere},
    {Codec::h264, Codec::aac, everywhere},
    {Codec::h264, Codec::alaw, {.hls = false, .dash = true, .clip = true, .images = true}},
    {Codec::h264, Codec::mulaw, {.hls = false, .dash = true, .clip = false, .images = true}},
    {Codec::h265, none, everywhere},
    {Codec::h265, Codec::aac, everywhere},
    {none, Codec::aac, {.hls = true, .dash = true, .clip = false, .images = false}},
};

// GetImages asks for a video track in track 1, and for nothing of the others.
bool hasImages(std::span<const PlayedTrack> tracks) {
  return std::any_of(tracks.begin(), tracks.end(), [](const PlayedTrack& track) {
    return track.number == 1 && (track.codec == Codec::h264 || track.codec == Codec::h265);
  });
}

std::optional<Codec> codecOf(std::span<const PlayedTrack> tracks, TrackKind kind) {
  const auto found = std::find_if(tracks.begin(), tracks.end(),
                                  [&](const PlayedTrack& track) { return track.kind == kind; });
  return found == tracks.end() ? std::nullopt : std::optional(found->codec);
}

// The tables speak of track 1 and track 2: a video track elsewhere, or a third track, is not in them.
bool standsInTables(std::span<const PlayedTrack> tracks) {
  return std::all_of(tracks.begin(), tracks.end(), [](const PlayedTrack& track) {
    return track.kind != TrackKind::data && (track.kind != TrackKind::video || track.number == 1);
  });
}

bool isBefore(const PlayedTrack& a, const PlayedTrack& b) {
  return a.kind < b.kind;
}

}  // namespace

Players playersOf(std::span<const PlayedTrack> tracks) {
  Players players;
  if (standsInTables(tracks)) {
    const auto video = codecOf(tracks, TrackKind::video);
    const auto audio = codecOf(tracks, TrackKind::audio);
    const auto* row = std::find_if(std::begin(combinations), std::end(combinations),
                                   [&](const auto& one) { return one.video == video && one.audio == audio; });
    if (row != std::end(combinations)) players = row->players;
  }
  players.images = tracks.empty() || hasImages(tracks);
  return players;
}

Players afterCodecChange(Players players) {
  return {.hls = players.hls, .dash = false, .clip = false, .images = players.images};
}

std::string namesOf(Players players) {
  std::string names = "GetMedia";
  if (players.hls) names += ", HLS";
  if (players.dash) names += ", DASH";
  if (players.clip) names += ", GetClip";
  if (players.images) names += ", GetImages";
  return names;
}

void Playback::reset() {
  tracks_.clear();
  reported_.clear();
  changeReported_ = false;
}

void Playback::set(PlayedTrack track) {
  const std::uint32_t number = track.number;
  tracks_[number] = std::move(track);
}

// Video first: the one that rules a player out is the one that did not fit to those before it.
std::vector<PlaybackNote> Playback::takeNotes() {
  std::vector<PlayedTrack> tracks;
  for (const auto& [number, track] : tracks_)
    tracks.push_back(track);
  std::sort(tracks.begin(), tracks.end(), isBefore);
  std::vector<PlaybackNote> notes;
  for (std::size_t count = 1; count <= tracks.size(); ++count) {
    const Players before = playersOf({tracks.data(), count - 1});
    const Players now = playersOf({tracks.data(), count});
    const PlayedTrack& track = tracks[count - 1];
    if (now != before && reported_.insert(track.number).second) {
      notes.push_back({PlaybackNote::Reason::codec, track, now});
    }
  }
  return notes;
}

std::vector<PlaybackNote> Playback::codecChanged(std::uint32_t number) {
  const auto changed = tracks_.find(number);
  if (changed == tracks_.end() || changeReported_) return {};
  changeReported_ = true;
  std::vector<PlayedTrack> tracks;
  for (const auto& [other, track] : tracks_)
    tracks.push_back(track);
  const Players before = playersOf(tracks);
  const Players now = afterCodecChange(before);
  if (now == before) return {};
  return {{PlaybackNote::Reason::codecChange, changed->second, now}};
}

}  // namespace kvs::gst
