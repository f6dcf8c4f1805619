// SPDX-License-Identifier: Apache-2.0
// Makes the core's frames of a pad's buffers: their times out of the segment, the clock and the settings,
// their flags out of the buffer's.
#pragma once

#include <gst/gst.h>

#include <optional>

#include "base/time.h"
#include "media/frame.h"
#include "media/track.h"
#include "settings/settings.h"

namespace kvs::gst {

/// A member of the pad, used under the pad's stream lock.
class FrameMaker {
 public:
  FrameMaker(GstElement* element, GstPad* pad) : element_(element), pad_(pad) { reset(); }

  /// From READY into PAUSED: as new.
  void reset();
  /// The pad's caps have come, or others.
  void setFormat(const media::TrackFormat& format, const Settings& settings);
  void setSegment(const GstSegment& segment) { segment_ = segment; }
  void clearSegment() { gst_segment_init(&segment_, GST_FORMAT_UNDEFINED); }
  /// The next buffers may be another source's.
  void forgetSource() { live_.reset(); }

  /// Whether the source is live; it is asked with the first buffer.
  bool isLive();
  /// Whether it comes after the end of its segment, and is not to be sent.
  bool isClipped(GstBuffer* buffer) const;
  /// Without payload.
  media::Frame frameOf(GstBuffer* buffer) const;
  /// A time of the segment as the core is given it: running time, or as it is.
  std::optional<Nanoseconds> frameTime(GstClockTime time) const;
  /// GST_CLOCK_TIME_NONE where the buffer has none.
  GstClockTime streamTimeOf(GstBuffer* buffer) const;

 private:
  std::optional<Nanoseconds> runningTime(GstClockTime time) const;
  std::optional<TimePoint> capturedAt(GstBuffer* buffer) const;
  std::optional<Nanoseconds> arrivalOf(GstBuffer* buffer) const;
  /// Of the element's clock, now; nothing where it has none.
  std::optional<Reading<Nanoseconds>> runningTimeNow() const;
  bool askWhetherLive() const;

  GstElement* const element_;
  GstPad* const pad_;
  GstSegment segment_;
  bool nalAligned_ = false;
  bool ownPts_ = false;    // frames have the buffers' own times, not running time
  bool recorded_ = false;  // the user says when: frames have no age
  bool clips_ = true;      // what comes after the segment's end is not sent
  std::optional<bool> live_;
};

}  // namespace kvs::gst
