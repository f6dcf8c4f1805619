// SPDX-License-Identifier: Apache-2.0
// A stream in a few words, for people: what dot files of a pipeline show of it.
#pragma once

#include <string>

#include "base/stats.h"

namespace kvs::gst {

/// Such as "streaming 25/s 812 kbit/s, 1.2 s buffered, 0 lost": state, frames taken and bits sent a second
/// over the last seconds, media not yet stored, frames given up. A dot file may cut it after 25 characters,
/// so the first come first. Without a stream "stopped". Holds no text that came from elsewhere, so no secret.
std::string statusLine(const StreamStats& stats);

}  // namespace kvs::gst
