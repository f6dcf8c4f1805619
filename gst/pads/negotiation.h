// SPDX-License-Identifier: Apache-2.0
// What a pad's caps and the user's settings together say of its track.
#pragma once

#include <gst/gst.h>

#include "base/error.h"
#include "media/track.h"
#include "settings/settings.h"

namespace kvs::gst {

/// `isAlone`: the element has no other pad. The error's sentence names what cannot be taken, and what to do.
Result<media::TrackFormat> negotiate(GstPad* pad, media::TrackKind kind, const GstCaps* caps,
                                     const Settings& settings, bool isAlone);

}  // namespace kvs::gst
