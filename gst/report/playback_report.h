// SPDX-License-Identifier: Apache-2.0
// Which of the service's players the tracks of the stream rule out, as the bus hears it.
#pragma once

#include <gst/gst.h>

#include <vector>

#include "base/mutex.h"
#include "report/playback.h"

namespace kvs::gst {

/// A part of the Reporter. Any thread, with no lock held.
class PlaybackReport {
 public:
  explicit PlaybackReport(GstElement* element) : element_(element) {}

  void trackKnown(PlayedTrack track);
  /// No other track's caps are still to come: what a track rules out depends on the others.
  void allKnown();
  void trackGone(std::uint32_t number);
  void codecChanged(std::uint32_t number);
  /// From READY into PAUSED.
  void reset();

 private:
  void post(const std::vector<PlaybackNote>& notes) const;

  GstElement* const element_;
  Mutex mutex_{"playback report"};
  Playback playback_ KVS_GUARDED_BY(mutex_);
};

}  // namespace kvs::gst
