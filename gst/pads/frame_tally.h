// SPDX-License-Identifier: Apache-2.0
// What became of the buffers that came to the pads, as far as the stream does not count it.
#pragma once

#include <gst/gst.h>

#include <atomic>
#include <cstdint>

#include "base/mutex.h"
#include "pads/outcome.h"

namespace kvs::gst {

/// Owned by the Sink, for one stream after the other. Any thread.
class FrameTally {
 public:
  void accepted(GstClockTime streamTime) { position_ = streamTime; }
  /// It came after the end of its segment.
  void clipped() { ++clipped_; }
  /// It is not stored, and a warning has said so.
  void refused(const Error& error) {
    const Lock lock(mutex_);
    ++refused_.count;
    refused_.last = error;
  }

  /// Stream time of the frame that was accepted last; GST_CLOCK_TIME_NONE where there was none.
  GstClockTime position() const { return position_; }
  std::uint64_t framesClipped() const { return clipped_; }
  RefusedFrames framesRefused() const {
    const Lock lock(mutex_);
    return refused_;
  }

  /// From READY into PAUSED.
  void reset() {
    position_ = GST_CLOCK_TIME_NONE;
    clipped_ = 0;
    const Lock lock(mutex_);
    refused_ = {};
  }

 private:
  std::atomic<GstClockTime> position_{GST_CLOCK_TIME_NONE};
  std::atomic<std::uint64_t> clipped_{0};
  mutable Mutex mutex_{"frame tally"};
  RefusedFrames refused_ KVS_GUARDED_BY(mutex_);
};

}  // namespace kvs::gst
