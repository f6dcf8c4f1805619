// SPDX-License-Identifier: Apache-2.0
// Events that are sent to the element as a whole: upstream ones go to the pads' peers, downstream ones to the
// pads.
#pragma once

#include "glib/handles.h"
#include "pads/pads.h"

namespace kvs::gst {

/// Whether it was handled. Any thread, with no lock held.
bool sendEvent(const Pads& pads, Flow& flow, Metadata& metadata, EventRef event);

}  // namespace kvs::gst
