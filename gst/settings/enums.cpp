// SPDX-License-Identifier: Apache-2.0
#include "settings/enums.h"

#include "producer.h"

namespace kvs::gst {

namespace {

template <class Value>
constexpr GEnumValue entry(Value value, const char* text, const char* nick) {
  return {static_cast<gint>(value), text, nick};
}

constexpr GEnumValue last = {0, nullptr, nullptr};

}  // namespace

GType streamingTypeType() {
  static const GEnumValue values[] = {
      entry(StreamingType::realtime, "Sent at once; never blocks", "realtime"),
      entry(StreamingType::nearRealtime, "Sent in bursts, with no connection in between", "near-realtime"),
      entry(StreamingType::offline, "Blocks upstream; drops nothing", "offline"),
      last,
  };
  static const GType type = g_enum_register_static("GstKvsSinkStreamingType", values);
  return type;
}

GType timestampSourceType() {
  static const GEnumValue values[] = {
      entry(TimestampSource::automatic, "Reference timestamps where buffers carry them, else running time",
            "auto"),
      entry(TimestampSource::runningTime, "Running time, tied to the wall clock at the first frame",
            "running-time"),
      entry(TimestampSource::reference, "NTP or Unix time in GstReferenceTimestampMeta", "reference"),
      entry(TimestampSource::pts, "The buffers' PTS, which count from 1970", "pts"),
      entry(TimestampSource::arrival, "The moment of arrival", "arrival"),
      last,
  };
  static const GType type = g_enum_register_static("GstKvsSinkTimestampSource", values);
  return type;
}

GType silentTrackType() {
  static const GEnumValue values[] = {
      entry(SilentTrack::fill, "Silence is sent in its place; the set of tracks stays the same", "fill"),
      entry(SilentTrack::drop, "The stream continues without it until it returns", "drop"),
      last,
  };
  static const GType type = g_enum_register_static("GstKvsSinkSilentTrack", values);
  return type;
}

}  // namespace kvs::gst
