// SPDX-License-Identifier: Apache-2.0
// The tracks of a stream, and which number each has in the Matroska header. With video: video 1, audio 2,
// data 3, as the service's players want it. Without: those that there are count from 1, in that order. A
// number is settled when the track's format is known; until then it follows the other tracks, and whoever
// comes later takes one that is free.
#pragma once

#include <vector>

#include "base/error.h"
#include "intake/track.h"

namespace kvs::intake {

/// Guarded by the stream's lock.
class TrackSet {
 public:
  /// Fails where there are three already.
  Result<TrackPtr> add(media::TrackKind kind, std::string label);
  void remove(Track& track);
  void settle(Track& track) { track.settled = true; }

  bool has(const Track& track) const;
  /// In the order of their numbers.
  const std::vector<TrackPtr>& all() const { return tracks_; }

 private:
  void renumber();
  std::uint32_t freeNumber(std::uint32_t preferred) const;

  std::vector<TrackPtr> tracks_;
};

}  // namespace kvs::intake
