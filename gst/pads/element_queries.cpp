// SPDX-License-Identifier: Apache-2.0
#include "pads/element_queries.h"

#include <algorithm>

namespace kvs::gst {

namespace {

struct Latency {
  bool live = false;
  GstClockTime min = 0;
  GstClockTime max = GST_CLOCK_TIME_NONE;  // none: any

  void add(GstQuery* answer) {
    gboolean padLive = FALSE;
    GstClockTime padMin = 0;
    GstClockTime padMax = GST_CLOCK_TIME_NONE;
    gst_query_parse_latency(answer, &padLive, &padMin, &padMax);
    if (!padLive) return;
    live = true;
    min = std::max(min, padMin);
    max = std::min(max, padMax);  // GST_CLOCK_TIME_NONE is the greatest number
  }
};

bool answerLatency(const Pads& pads, GstQuery* query) {
  Latency sum;
  bool linked = false;
  bool answered = false;
  for (const PadRef& pad : pads.all()) {
    if (!gst_pad_is_linked(pad.get())) continue;
    linked = true;
    const QueryRef ask(gst_query_new_latency());
    if (!gst_pad_peer_query(pad.get(), ask.get())) continue;
    answered = true;
    sum.add(ask.get());
  }
  if (linked && !answered) return false;
  gst_query_set_latency(query, sum.live, sum.min, sum.max);
  return true;
}

bool answerPosition(GstClockTime position, GstQuery* query) {
  GstFormat format = GST_FORMAT_UNDEFINED;
  gst_query_parse_position(query, &format, nullptr);
  if (format != GST_FORMAT_TIME || !GST_CLOCK_TIME_IS_VALID(position)) return false;
  gst_query_set_position(query, format, static_cast<gint64>(position));
  return true;
}

// A sink cannot seek; whether its source can is what an application wants to know.
bool answerSeeking(const Pads& pads, GstQuery* query) {
  for (const PadRef& pad : pads.all()) {
    if (gst_pad_peer_query(pad.get(), query)) return true;
  }
  GstFormat format = GST_FORMAT_UNDEFINED;
  gst_query_parse_seeking(query, &format, nullptr, nullptr, nullptr);
  gst_query_set_seeking(query, format, FALSE, 0, -1);
  return true;
}

}  // namespace

std::optional<bool> answerQuery(const Pads& pads, const FrameTally& tally, GstQuery* query) {
  switch (GST_QUERY_TYPE(query)) {
    case GST_QUERY_LATENCY:
      return answerLatency(pads, query);
    case GST_QUERY_POSITION:
      return answerPosition(tally.position(), query);
    case GST_QUERY_SEEKING:
      return answerSeeking(pads, query);
    case GST_QUERY_DRAIN:
      return true;  // every frame was copied when it came
    case GST_QUERY_FORMATS:
      gst_query_set_formats(query, 1, GST_FORMAT_TIME);
      return true;
    default:
      return std::nullopt;
  }
}

}  // namespace kvs::gst
