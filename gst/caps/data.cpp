// SPDX-License-Identifier: Apache-2.0
// What a data pad takes: any time-stamped bytes, under a name that says what they are.
#include "caps/fields.h"
#include "caps/kinds.h"
#include "caps/templates.h"

namespace kvs::gst {

const char* const dataCaps =
    "text/x-raw; text/plain; text/csv; text/xml; application/json; application/cbor; "
    "meta/x-klv; meta/x-id3; application/x-onvif-metadata; application/x-kvs-data";

namespace {

// Of bytes that are no text. Matroska has no such id; a consumer goes by the content type.
constexpr const char* binaryCodecId = "D_KVS/DATA";
constexpr const char* textCodecId = "S_TEXT/UTF8";

bool isOneOfOurs(const GstCaps* caps) {
  GstCaps* ours = gst_caps_from_string(dataCaps);
  const bool is = gst_caps_can_intersect(caps, ours) != FALSE;
  gst_caps_unref(ours);
  return is;
}

}  // namespace

Result<void> fillData(media::TrackFormat& track, const GstCaps* caps) {
  if (!isOneOfOurs(caps)) {
    return fail(refusal(caps,
                        "a data pad takes text, application/json, application/cbor, meta/x-klv, meta/x-id3, "
                        "application/x-onvif-metadata and, for all else, application/x-kvs-data; set the "
                        "source's caps to one of them."));
  }
  const std::string name = gst_structure_get_name(gst_caps_get_structure(caps, 0));
  const bool text = name.starts_with("text/") || name == "application/json";
  track.codec = media::Codec::other;
  track.codecId = text ? textCodecId : binaryCodecId;
  track.contentType = name;
  return {};
}

}  // namespace kvs::gst
