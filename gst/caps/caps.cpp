// SPDX-License-Identifier: Apache-2.0
#include "caps/caps.h"

#include "caps/advice.h"
#include "caps/fields.h"
#include "caps/kinds.h"

namespace kvs::gst {

namespace {

using media::TrackFormat;
using media::TrackKind;

const char* defaultNameOf(TrackKind kind) {
  switch (kind) {
    case TrackKind::video:
      return defaultVideoTrackName;
    case TrackKind::audio:
      return defaultAudioTrackName;
    case TrackKind::data:
      return defaultDataTrackName;
  }
  return "";
}

Result<void> fill(TrackKind kind, TrackFormat& track, const GstCaps* caps) {
  switch (kind) {
    case TrackKind::video:
      return fillVideo(track, caps);
    case TrackKind::audio:
      return fillAudio(track, caps);
    case TrackKind::data:
      return fillData(track, caps);
  }
  return {};
}

}  // namespace

Result<TrackFormat> trackFromCaps(TrackKind kind, const GstCaps* caps, const TrackNames& names) {
  if (gst_caps_get_size(caps) != 1) return fail(refusal(caps, "they are not of one medium."));
  if (const auto advice = adviceOnMedium(kind, caps)) return fail(refusal(caps, *advice));
  TrackFormat track;
  track.name = names.name.value_or(defaultNameOf(kind));
  track.codecPrivate = codecDataOf(gst_caps_get_structure(caps, 0));
  if (auto filled = fill(kind, track, caps); !filled) return fail(std::move(filled.error()));
  if (names.codecId) track.codecId = *names.codecId;
  if (names.contentType) track.contentType = *names.contentType;
  return track;
}

}  // namespace kvs::gst
