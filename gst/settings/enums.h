// SPDX-License-Identifier: Apache-2.0
// The enumerations of the element's properties as GObject knows them; their values are the core's.
#pragma once

#include <gst/gst.h>

namespace kvs::gst {

/// GstKvsSinkStreamingType: 0 realtime, 1 near-realtime, 2 offline (the guide's numbers).
GType streamingTypeType();

/// GstKvsSinkTimestampSource: auto, running-time, reference, pts, arrival.
GType timestampSourceType();

/// GstKvsSinkSilentTrack: fill, drop.
GType silentTrackType();

}  // namespace kvs::gst
