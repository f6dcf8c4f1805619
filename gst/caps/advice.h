// SPDX-License-Identifier: Apache-2.0
// What to do about caps that came to the wrong pad, or that no pad takes as they are.
#pragma once

#include <gst/gst.h>

#include <optional>
#include <string>

#include "media/track.h"

namespace kvs::gst {

/// Nothing where the medium is one for a pad of this kind; else a sentence about what it is, and what to do.
std::optional<std::string> adviceOnMedium(media::TrackKind pad, const GstCaps* caps);

}  // namespace kvs::gst
