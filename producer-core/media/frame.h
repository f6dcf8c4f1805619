// SPDX-License-Identifier: Apache-2.0
// What an application puts into a stream: one frame of one track, or a piece of one.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/time.h"

namespace kvs::media {

/// A view: the payload is copied before put() returns, and nothing of it is changed.
struct Frame {
  /// The number of a track of this stream (TrackConfig::number).
  std::uint32_t track = 1;
  /// Presentation time on the stream's own clock; unset where the source does not know it.
  std::optional<Nanoseconds> pts;
  /// Decoding time on the same clock; unset where the source does not know it.
  std::optional<Nanoseconds> dts;
  /// How long the frame is shown or heard; 0 where it is not known.
  Nanoseconds duration{0};
  /// When it was captured; set only where the source is live and knows: the stream's anchor to the wall
  /// clock is then the moment of capture, else that of arrival.
  std::optional<TimePoint> captured;
  /// When it was captured, by the source's own wall clock (NTP or Unix time that came with the frame).
  std::optional<WallTime> reference;
  /// The application's word that decoding can start here. Where the codec's bytes can be read they
  /// must say so too: a frame is a key frame when both agree.
  bool key = false;
  /// Nothing else needs this frame: a decoder may leave it out (Matroska's discardable flag).
  bool discardable = false;
  /// To be decoded and not shown (Matroska's invisible flag).
  bool invisible = false;
  /// The source knows that it is damaged. It is sent, and counted.
  bool corrupted = false;
  /// Codec data only, no picture: it travels in front of the next frame.
  bool header = false;
  /// False for a piece of an access unit (NAL-aligned input) that has more pieces to come.
  bool endOfUnit = true;
  /// The frame's bytes, in as many memories as they happen to lie.
  Pieces payload;
};

}  // namespace kvs::media
