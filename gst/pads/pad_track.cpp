// SPDX-License-Identifier: Apache-2.0
#include "pads/pad_track.h"

#include <utility>

namespace kvs::gst {

Result<std::uint32_t> PadTrack::setFormat(Stream& stream, media::TrackConfig format) {
  const std::uint32_t number = tracks_.settle(pad_);
  format.number = number;
  if (auto set = stream.setTrack(std::move(format)); !set) return fail(std::move(set.error()));
  number_ = number;
  return number;
}

Result<FrameFate> PadTrack::put(Stream& stream, media::Frame& frame) const {
  frame.track = *number_;
  return stream.put(frame);
}

void PadTrack::gap(Stream& stream, Nanoseconds start, Nanoseconds duration) const {
  stream.putGap(*number_, start, duration);
}

void PadTrack::changeSource(Stream& stream) const {
  stream.changeSource(*number_);
}

bool PadTrack::takeKeyFrameRequest(Stream& stream) const {
  return stream.takeKeyFrameRequest(*number_);
}

void PadTrack::end(Stream& stream) const {
  if (const auto number = tracks_.numberOf(pad_)) stream.endTrack(*number);
}

}  // namespace kvs::gst
