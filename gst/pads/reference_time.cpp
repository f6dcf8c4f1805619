// SPDX-License-Identifier: Apache-2.0
#include "pads/reference_time.h"

namespace kvs::gst {

namespace {

constexpr GstClockTime unixEpochInNtp = 2208988800 * GST_SECOND;  // RFC 868

// GStreamer keeps static caps for the life of the process.
GstStaticCaps unixCaps = GST_STATIC_CAPS("timestamp/x-unix");
GstStaticCaps ntpCaps = GST_STATIC_CAPS("timestamp/x-ntp");

std::optional<GstClockTime> timestampOf(GstBuffer* buffer, GstStaticCaps& reference) {
  GstCaps* caps = gst_static_caps_get(&reference);
  const GstReferenceTimestampMeta* meta = gst_buffer_get_reference_timestamp_meta(buffer, caps);
  gst_caps_unref(caps);
  if (!meta || !GST_CLOCK_TIME_IS_VALID(meta->timestamp)) return std::nullopt;
  return meta->timestamp;
}

std::optional<WallTime> wallTimeOf(GstClockTime sinceEpoch) {
  if (sinceEpoch > static_cast<GstClockTime>(G_MAXINT64)) return std::nullopt;
  return WallTime(Nanoseconds(static_cast<std::int64_t>(sinceEpoch)));
}

}  // namespace

std::optional<WallTime> referenceTimeOf(GstBuffer* buffer) {
  if (const auto time = timestampOf(buffer, unixCaps)) return wallTimeOf(*time);
  const auto time = timestampOf(buffer, ntpCaps);
  if (!time || *time < unixEpochInNtp) return std::nullopt;
  return wallTimeOf(*time - unixEpochInNtp);
}

}  // namespace kvs::gst
