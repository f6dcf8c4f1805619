// SPDX-License-Identifier: Apache-2.0
// The caps of one kind of pad each, for caps.cpp: they fill a track that has its kind and codec data already.
#pragma once

#include <gst/gst.h>

#include "base/error.h"
#include "media/track.h"

namespace kvs::gst {

Result<void> fillVideo(media::TrackFormat& track, const GstCaps* caps);
Result<void> fillAudio(media::TrackFormat& track, const GstCaps* caps);
Result<void> fillData(media::TrackFormat& track, const GstCaps* caps);

}  // namespace kvs::gst
