// SPDX-License-Identifier: Apache-2.0
// One sink pad: takes buffers and events, and gives the core frames.
#pragma once

#include <gst/gst.h>

#include <atomic>
#include <optional>
#include <string>

#include "glib/handles.h"
#include "pads/end_of_stream.h"
#include "pads/flow.h"
#include "pads/frame_maker.h"
#include "pads/frame_tally.h"
#include "pads/metadata.h"
#include "pads/tracks.h"
#include "report/reporter.h"
#include "settings/element_settings.h"

namespace kvs::gst {

/// What the pads of an element share; all of it the element's.
struct PadSurroundings {
  GstElement* element;
  const ElementSettings& settings;
  Reporter& reporter;
  Flow& flow;
  FrameTally& tally;
  Tracks& tracks;
  EndOfStream& end;
  Metadata& metadata;
};

/// Belongs to the GstPad, which frees it. All but the place at the gate, the end by the element's EOS and the
/// asking for key frames is used under the pad's stream lock only.
class SinkPad {
 public:
  SinkPad(const PadSurroundings& element, GstPad* pad, media::TrackKind kind)
      : element_(element), pad_(pad), kind_(kind), frames_(element.element, pad) {}
  ~SinkPad() { takeOver(pad_); }
  SinkPad(const SinkPad&) = delete;
  SinkPad& operator=(const SinkPad&) = delete;

  /// A new pad of this template, with its functions set; floating, as gst_element_add_pad() wants it.
  static GstPad* make(const PadSurroundings& element, GstPadTemplate* padTemplate, const gchar* name,
                      media::TrackKind kind);
  static SinkPad& of(GstPad* pad);

  Gate::Place& place() { return place_; }
  /// As new, for the next stream. The gate is closed, so that no streaming thread stays in the pad.
  void reset();

  GstFlowReturn chain(BufferRef buffer);
  bool event(EventRef event);
  /// Nothing: the default handler is to be asked.
  std::optional<bool> query(GstQuery* query);
  /// By an EOS event, of the pad or of the element. Any thread that holds no lock.
  void end(guint32 seqnum);
  /// Asks upstream for a key frame. Any thread that holds no lock.
  void askForKeyFrame();

 private:
  GstFlowReturn flowOf(Gate::Verdict verdict);
  GstFlowReturn put(TrackWriter& track, GstBuffer* buffer);
  GstFlowReturn failWithoutCaps();
  GstFlowReturn refused(const Error& error);
  void accepted(GstBuffer* buffer);

  void takeStreamStart(GstEvent* event);
  bool takeCaps(GstEvent* event);
  bool takeSegment(GstEvent* event);
  bool takeGap(GstEvent* event);
  bool startFlush();
  bool stopFlush(GstEvent* event);
  bool takeTags(GstEvent* event);
  bool takeMessage(GstEvent* event);
  void restart();

  const PadSurroundings& element_;
  GstPad* const pad_;  // our owner
  const media::TrackKind kind_;
  Gate::Place place_;
  FrameMaker frames_;
  bool hasFormat_ = false;  // the core knows what the caps say
  std::string streamId_;    // of the source that gives the buffers
  std::atomic<guint> keyFramesAsked_{0};
};

}  // namespace kvs::gst
