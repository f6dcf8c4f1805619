// SPDX-License-Identifier: Apache-2.0
// The source's own wall clock, as GstReferenceTimestampMeta carries it with a buffer.
#pragma once

#include <gst/gst.h>

#include <optional>

#include "base/time.h"

namespace kvs::gst {

/// Of `timestamp/x-ntp` (ns since 1900) or `timestamp/x-unix` (ns since 1970), the latter first; nothing
/// where the buffer has neither, or a time before 1970.
std::optional<WallTime> referenceTimeOf(GstBuffer* buffer);

}  // namespace kvs::gst
