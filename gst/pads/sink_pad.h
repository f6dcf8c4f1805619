// SPDX-License-Identifier: Apache-2.0
// One sink pad: takes buffers and events, and gives the core frames.
#pragma once

#include <gst/gst.h>

#include <atomic>
#include <optional>
#include <string>

#include "glib/handles.h"
#include "media/frame.h"
#include "pads/gate.h"
#include "sink.h"

namespace kvs::gst {

/// Belongs to the GstPad, which frees it. All but the place at the gate and the asking for key frames is used
/// under the pad's stream lock only.
class SinkPad {
 public:
  SinkPad(Sink& sink, GstPad* pad, media::TrackKind kind) : sink_(sink), pad_(pad), kind_(kind) { reset(); }
  ~SinkPad() { takeOver(pad_); }
  SinkPad(const SinkPad&) = delete;
  SinkPad& operator=(const SinkPad&) = delete;

  /// A new pad of this template, with its functions set; floating, as gst_element_add_pad() wants it.
  static GstPad* make(Sink& sink, GstPadTemplate* padTemplate, const gchar* name, media::TrackKind kind);
  static SinkPad& of(GstPad* pad);

  Gate::Place& place() { return place_; }
  /// As new, for the next stream. The gate is closed, so that no streaming thread stays in the pad.
  void reset();

  GstFlowReturn chain(BufferRef buffer);
  bool event(EventRef event);
  /// Nothing: the default handler is to be asked.
  std::optional<bool> query(GstQuery* query);
  /// Asks upstream for a key frame. Any thread that holds no lock.
  void askForKeyFrame();

 private:
  GstFlowReturn flowOf(Gate::Verdict verdict);
  GstFlowReturn put(Stream& stream, GstBuffer* buffer);
  GstFlowReturn refused(const Error& error);
  bool isClipped(GstBuffer* buffer) const;
  void passKeyFrameRequest(Stream& stream);
  media::Frame frameOf(GstBuffer* buffer);
  std::optional<Nanoseconds> frameTime(GstClockTime time) const;
  std::optional<Nanoseconds> runningTime(GstClockTime time) const;
  std::optional<TimePoint> capturedAt(GstBuffer* buffer) const;
  std::optional<Nanoseconds> arrivalOf(GstBuffer* buffer) const;
  /// Of the element's clock, now; nothing where it has none.
  std::optional<Reading<Nanoseconds>> runningTimeNow() const;
  void accepted(GstBuffer* buffer);
  bool askWhetherLive();

  void takeStreamStart(GstEvent* event);
  bool takeCaps(GstEvent* event);
  Result<media::TrackConfig> trackOf(const GstCaps* caps, const Settings& settings) const;
  bool takeSegment(GstEvent* event);
  bool takeGap(GstEvent* event);
  bool startFlush();
  bool stopFlush(GstEvent* event);
  bool takeTags(GstEvent* event);
  bool takeMessage(GstEvent* event);
  void restart();

  Sink& sink_;
  GstPad* const pad_;  // our owner
  const media::TrackKind kind_;
  Gate::Place place_;
  GstSegment segment_;
  std::string streamId_;                // of the source that gives the buffers
  std::optional<std::uint32_t> track_;  // its number, once the core knows it
  bool nalAligned_ = false;
  bool ownPts_ = false;    // frames have the buffers' own times, not running time
  bool recorded_ = false;  // the user says when: frames have no age
  bool clips_ = true;      // what comes after the segment's end is not sent
  std::atomic<guint> keyFramesAsked_{0};
  std::optional<bool> live_;  // whether the source is; asked for with the first buffer
};

}  // namespace kvs::gst
