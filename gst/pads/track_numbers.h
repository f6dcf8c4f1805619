// SPDX-License-Identifier: Apache-2.0
// Which pad has which track number, and which pads are still to say what they carry.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "media/track.h"

namespace kvs::gst {

/// Pure bookkeeping: one pad of each kind at most, no lock of its own.
///
/// With a video pad: video 1, audio 2, data 3. Without: those that are there count from 1, in that
/// order. A number is settled when the pad's caps have come, and stays until the pad or the stream goes;
/// until then it follows the other pads, and who comes later takes the number that is free.
class TrackNumbers {
 public:
  using Pad = const void*;
  using Numbers = std::vector<std::uint32_t>;

  /// What the core has to hear when the unsettled pads' numbers changed.
  struct Change {
    Numbers gone;      ///< first
    Numbers expected;  ///< not expected before
  };

  bool has(media::TrackKind kind) const;
  Change add(Pad pad, media::TrackKind kind);
  Change remove(Pad pad);
  /// From READY into PAUSED: no pad has had caps.
  void reset();

  /// The pad's caps have come. Answers its number, now settled.
  std::uint32_t settle(Pad pad);
  std::optional<std::uint32_t> numberOf(Pad pad) const;
  bool isAlone(Pad pad) const { return entries_.size() == 1 && entries_.contains(pad); }
  /// Of pads whose caps are still to come, rising.
  Numbers unsettled() const;

 private:
  struct Entry {
    media::TrackKind kind = media::TrackKind::video;
    std::uint32_t number = 0;
    bool settled = false;
  };

  /// Numbers the unsettled pads anew; `before` are those that were expected.
  Change renumber(const Numbers& before);
  std::uint32_t freeNumber(std::uint32_t preferred) const;

  std::map<Pad, Entry> entries_;
};

}  // namespace kvs::gst
