// SPDX-License-Identifier: Apache-2.0
// What an application puts into a stream: one frame of one track, or a piece of one.
#pragma once

#include <optional>

#include "base/bytes.h"
#include "base/time.h"

namespace kvs::media {

/// A view: the payload is copied before put() returns, and is not changed.
struct Frame {
  /// Presentation time on the stream's own clock; unset if the source does not know it.
  std::optional<Nanoseconds> pts;
  /// Decoding time on the same clock; unset if the source does not know it.
  std::optional<Nanoseconds> dts;
  /// How long the frame is shown or heard; 0 if that is not known.
  Nanoseconds duration{0};
  /// What the clock of `pts` says when the frame is put; set only where the source is live: one that has no
  /// times was made just then.
  std::optional<Nanoseconds> arrival;
  /// When it was captured; set only where the source is live and knows: the stream's anchor to the wall
  /// clock is then the moment of capture, else that of arrival.
  std::optional<TimePoint> captured;
  /// When it was captured, according to the source's own wall clock (NTP or Unix time sent with the frame).
  std::optional<WallTime> reference;
  /// The application says that decoding can start here. If the core can read the codec's bytes, they must
  /// say so too: a frame is a key frame if both agree.
  bool key = false;
  /// No other frame depends on this one: a decoder may skip it (Matroska's discardable flag).
  bool discardable = false;
  /// To be decoded but not shown (Matroska's invisible flag).
  bool invisible = false;
  /// The source knows that it is damaged. It is sent, and counted.
  bool corrupted = false;
  /// Codec data only, no picture: it is sent in front of the next frame.
  bool header = false;
  /// False for a piece of an access unit (NAL-aligned input) that has more pieces to come.
  bool endOfUnit = true;
  /// The frame's bytes, which may lie in several memories.
  Pieces payload;
};

}  // namespace kvs::media
