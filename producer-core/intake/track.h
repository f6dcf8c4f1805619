// SPDX-License-Identifier: Apache-2.0
// A track's record: whoever needs to know something of a track asks here. It is made when the track is added,
// and held by whoever feeds the track, also after it was removed from its stream.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/news.h"
#include "intake/track_clock.h"
#include "media/adapter.h"
#include "media/frame.h"
#include "mkv/header.h"
#include "store/block.h"

namespace kvs::intake {

/// An access unit that is being made: one block, perhaps of several payloads.
struct Making {
  store::Block block;
  bool begun = false;
  bool hasFrame = false;
  bool bytesKey = false;      ///< the bytes say that decoding can start here
  bool saysKey = false;       ///< and the application says so
  bool sliceSaysKey = false;  ///< it says so of the picture itself
  bool hasIntra = false;      ///< slices that refer to no other picture
  bool hasInter = false;      ///< slices that may
  bool closed = false;        ///< no picture that follows is shown before it, whatever mayHaveLeading says
  bool mayHaveLeading = false;
  std::shared_ptr<const std::vector<Bytes>> outOfBand;
  /// The application's word counts where the bytes name no point to begin at, but would allow one here.
  bool believed() const { return !bytesKey && sliceSaysKey && hasIntra && !hasInter; }
  bool key() const { return (bytesKey && saysKey) || believed(); }
  media::Frame times;  ///< times and flags of its first frame; no payload
  Bytes sample;        ///< of data tracks
};

struct Track : std::enable_shared_from_this<Track> {
  Track(media::TrackKind trackKind, std::string trackLabel)
      : kind(trackKind), label(std::move(trackLabel)), clock(kind == media::TrackKind::video) {}

  bool isVideo() const { return kind == media::TrackKind::video; }
  bool isData() const { return kind == media::TrackKind::data; }
  TrackId id() const { return {label, settled ? number : 0}; }

  const media::TrackKind kind;
  const std::string label;

  // Guarded by the stream's lock:
  std::uint32_t number = 0;  ///< in the Matroska header
  bool settled = false;      ///< the number stays as it is
  bool removed = false;      ///< it is in no stream any more
  /// What the sequencer calls it: its number, and before that is settled one that no other track has.
  std::uint32_t key = 0;

  std::mutex input;  ///< one frame at a time; uncontended where each track has its thread
  // Guarded by it; format and adapter are replaced under the stream's lock, too.
  media::TrackFormat format;
  std::optional<media::FrameAdapter> adapter;  ///< unset while the format is unknown
  TrackClock clock;
  std::shared_ptr<const mkv::TrackEntry> entry;    ///< goes with the next unit; null: nothing is new
  std::shared_ptr<const mkv::TrackEntry> current;  ///< what holds now; null while codec data are missing
  Making making;
  /// GStreamer's sources give a time of 0 to a first buffer that has none: it takes two to know.
  bool saysTimes() const { return timed > 1; }
  unsigned timed = 0;      ///< frames that had times
  bool saysDelta = false;  ///< the application has told key frames from others
  bool lostKey = false;    ///< a key frame was refused: so are those that need it
  bool skipUnit = false;   ///< the rest of an access unit that could not be kept
};

using TrackPtr = std::shared_ptr<Track>;

}  // namespace kvs::intake
