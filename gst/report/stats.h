// SPDX-License-Identifier: Apache-2.0
// The property `stats` and the payload of `stream-client-metric`, as GstStructures.
#pragma once

#include <cstdint>

#include "base/stats.h"
#include "glib/handles.h"

namespace kvs::gst {

/// What the element and its core have counted.
struct Counts {
  StreamStats stream;
  ProducerStats producer;
  std::uint64_t framesClipped = 0;  ///< that came after the end of their segment
};

/// `kvssink-stats`: the fields of StreamStats and ProducerStats in GStreamer's spelling, and the two
/// structures of metricsOf() as `client-metrics` and `stream-metrics`. Times in ns, wall times since 1970.
StructureRef statsOf(const Counts& counts);

/// `kvssink-metrics`: `client-metrics` and `stream-metrics`, the guide's ClientMetrics and StreamMetrics
/// ("Producer SDK structures") with its names, types and units: bytes, 100 ns, bytes and frames in a second.
StructureRef metricsOf(const Counts& counts);

}  // namespace kvs::gst
