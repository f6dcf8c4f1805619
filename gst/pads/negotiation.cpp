// SPDX-License-Identifier: Apache-2.0
#include "pads/negotiation.h"

#include "caps/caps.h"
#include "pads/data_pad.h"

namespace kvs::gst {

namespace {

using media::TrackKind;

// The user's names are for video, or for audio that is alone; a data pad has its own.
TrackNames namesFor(GstPad* pad, TrackKind kind, const Settings& settings, bool isAlone) {
  TrackNames names;
  if (kind == TrackKind::data) {
    names.codecId = codecIdOf(pad);
  } else if (kind == TrackKind::video || isAlone) {
    names = trackNames(settings);
  }
  return names;
}

}  // namespace

Result<media::TrackFormat> negotiate(GstPad* pad, TrackKind kind, const GstCaps* caps,
                                     const Settings& settings, bool isAlone) {
  Result<media::TrackFormat> format = trackFromCaps(kind, caps, namesFor(pad, kind, settings, isAlone));
  if (format && kind == TrackKind::video && !format->frameDuration) {
    format->frameDuration = frameDuration(settings);
  }
  return format;
}

}  // namespace kvs::gst
