// SPDX-License-Identifier: Apache-2.0
// Queries to the element as a whole: latency and seeking as its pads' peers have them, its position.
#pragma once

#include <gst/gst.h>

#include <optional>

#include "pads/frame_tally.h"
#include "pads/pads.h"

namespace kvs::gst {

/// Nothing: the default handler is to be asked. Any thread, with no lock held.
std::optional<bool> answerQuery(const Pads& pads, const FrameTally& tally, GstQuery* query);

}  // namespace kvs::gst
