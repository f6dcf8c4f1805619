// SPDX-License-Identifier: Apache-2.0
// The set of the element's pads: one for each kind of track at most, requested and released by the
// application, all with the same surroundings.
#pragma once

#include <gst/gst.h>

#include <cstdint>
#include <vector>

#include "glib/handles.h"
#include "pads/sink_pad.h"

namespace kvs::gst {

/// Owned by the Sink. Any thread, with no lock held; release() waits until the streaming thread has left.
class Pads {
 public:
  explicit Pads(const PadSurroundings& element) : element_(element) {}
  Pads(const Pads&) = delete;
  Pads& operator=(const Pads&) = delete;

  /// Null where there is a pad of this kind already.
  GstPad* request(GstPadTemplate* padTemplate, const gchar* name);
  void release(GstPad* pad);
  std::vector<PadRef> all() const;

  /// From READY into PAUSED: as new, each of them.
  void reset();
  /// The core's news: no frame comes with which the pad could learn of it. On the executor.
  void askForKeyFrame(const TrackId& track);

 private:
  const PadSurroundings element_;
};

}  // namespace kvs::gst
