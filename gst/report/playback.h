// SPDX-License-Identifier: Apache-2.0
// Through which of the service's interfaces a stream can be played (guide, "Video playback track
// requirements"): the facts of docs/playback.md, and when the bus hears that some are ruled out.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "media/track.h"

namespace kvs::gst {

/// Besides GetMedia and GetMediaForFragmentList, which take every track.
struct Players {
  bool hls = false;
  bool dash = false;
  bool clip = false;
  bool images = false;
  bool operator==(const Players&) const = default;
};

struct PlayedTrack {
  std::uint32_t number = 1;
  media::TrackKind kind = media::TrackKind::video;
  media::Codec codec = media::Codec::h264;
  std::string codecId;
};

/// Of a stream with these tracks, in any order.
Players playersOf(std::span<const PlayedTrack> tracks);

/// Where codec private data changes within what is played: HLS alone goes on.
Players afterCodecChange(Players players);

/// "GetMedia, HLS, DASH, GetClip, GetImages", as far as they play.
std::string namesOf(Players players);

/// A track that keeps some players from the stream.
struct PlaybackNote {
  enum class Reason { codec, codecChange } reason = Reason::codec;
  PlayedTrack track;
  Players players;  ///< those that are left
};

/// What is known of the tracks of one stream. Pure bookkeeping, no lock of its own.
class Playback {
 public:
  void reset();
  void set(PlayedTrack track);
  void remove(std::uint32_t number) { tracks_.erase(number); }

  /// Those to be reported now, once for each track; to be called when all tracks are known.
  std::vector<PlaybackNote> takeNotes();
  /// The first time that codec data changes.
  std::vector<PlaybackNote> codecChanged(std::uint32_t number);

 private:
  std::map<std::uint32_t, PlayedTrack> tracks_;
  std::set<std::uint32_t> reported_;
  bool changeReported_ = false;
};

}  // namespace kvs::gst
