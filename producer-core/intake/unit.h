// SPDX-License-Identifier: Apache-2.0
// An access unit on its way into the log: its bytes already lie where they will stay, and only its
// place among the others is open.
#pragma once

#include <memory>
#include <vector>

#include "intake/timeline.h"
#include "mkv/header.h"
#include "store/block.h"

namespace kvs::intake {

struct Unit {
  store::Block block;
  FrameTimes times;
  Capture capture;
  bool key = false;
  bool believed = false;        ///< a key frame by the application's word, where the bytes name none
  bool mayHaveLeading = false;  ///< pictures that follow it may be shown before it
  bool otherSource = false;     ///< the first of a source that took over from another
  bool invisible = false;
  bool discardable = false;
  bool corrupted = false;
  bool atArrival = false;    ///< it had no times, and has that of its arrival
  std::uint64_t serial = 0;  ///< which push brought it
  /// Of data tracks: the bytes again, for fragments that have no sample of their own.
  std::shared_ptr<const Bytes> sample;
  /// What the header must say of the track from this unit on; null: as before.
  std::shared_ptr<const mkv::TrackEntry> entry;
  /// What the entry's codec data hold of parameter sets and the unit does not bring itself; null: unknown.
  std::shared_ptr<const std::vector<Bytes>> outOfBand;
};

}  // namespace kvs::intake
