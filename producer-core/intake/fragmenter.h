// SPDX-License-Identifier: Apache-2.0
// Where one fragment ends and the next begins: decisions on rounded times, and the little
// memory that they need.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>

#include "intake/timeline.h"
#include "store/fragment.h"

namespace kvs::intake {

struct FragmenterConfig {
  /// A key frame starts a fragment only when so much has passed since the last
  /// start, less a frame. Shorter groups of pictures are merged.
  Nanoseconds minimum = store::shortestDistance;
  /// Fragments grow to this or to `enoughBytes` at key frames. Offline 10 s, so that the link and not the
  /// service's quota of fragments is the limit; without keyFrameFragmentation as configured.
  Nanoseconds enough{0};
  std::uint64_t enoughBytes = 40'000'000;
  /// Of streams whose every frame is a key frame (audio alone).
  Nanoseconds withoutVideo = Seconds(2);
  /// The service's maxima ("Fragment duration", "Fragment size"): a fragment ends before it passes them.
  Nanoseconds maximum = Seconds(20);
  std::uint64_t maximumBytes = 50'000'000;
  /// From here on, or from four fifths of the bytes, upstream is asked for a key frame.
  Nanoseconds askAfter = Seconds(15);
};

enum class Placement : std::uint8_t {
  append,    ///< into the open fragment
  open,      ///< seal the open one, if any, and begin another with this frame
  skip,      ///< a delta unit that nothing holds together with a key frame
  endGroup,  ///< its time cannot be said in the open fragment: seal it, and skip to a key frame
  tooLong,   ///< the same, since the fragment would pass the service's limits
};

/// Relative times are signed 16-bit. None is negative: no document says that the service takes such.
inline constexpr Ticks maxRelativeTicks = std::numeric_limits<std::int16_t>::max();

/// A frame that asks for its place. A key frame's `ticks` is where its fragment would begin.
struct FrameToPlace {
  Ticks ticks = 0;
  Nanoseconds duration{0};  ///< from there to the frame's end
  std::uint64_t bytes = 0;
  bool key = false;
  bool mayHaveLeading = false;
  bool believed = false;  ///< a key frame by the application's word alone
};

class Fragmenter {
 public:
  Fragmenter(FragmenterConfig config, Milliseconds scale) : config_(config), scale_(scale) {}

  const FragmenterConfig& config() const { return config_; }

  /// `open` is the growing fragment or null; `isVideo`: of the track that decides.
  Placement place(const store::Fragment* open, const FrameToPlace& frame, bool isVideo);

  /// Whether a frame that is a key frame by the application's word alone is none after all: where the bytes
  /// name points to begin at, and the next one of those is due, a picture that may refer to what lies before
  /// it begins nothing.
  bool isOutranked(const store::Fragment* open, const FrameToPlace& frame) const;

  /// What comes from here on is of another source: how far apart the key frames of the former one were says
  /// nothing of it.
  void forgetSource();

  /// It grows towards the limits and a key frame is wanted.
  bool wantsKeyFrame(const store::Fragment& open) const;

 private:
  Placement placeKey(const store::Fragment& open, const FrameToPlace& frame, bool isVideo);
  Placement fit(const store::Fragment& open, const FrameToPlace& frame) const;
  bool nextGroupFits(Nanoseconds length) const;
  bool closedOneIsDue(const FrameToPlace& frame) const;
  bool pointIsDue(const FrameToPlace& frame, bool isOpen) const;
  void learn(const FrameToPlace& frame);
  Nanoseconds timeOf(Ticks ticks) const { return ticks * Nanoseconds(scale_); }

  FragmenterConfig config_;
  Milliseconds scale_;
  std::optional<Ticks> lastClosed_;  ///< the last key frame without leading pictures
  Nanoseconds closedDistance_{0};    ///< from one of those to the next; 0 while unknown
  std::optional<Ticks> lastPoint_;   ///< the last key frame by the bytes
  Nanoseconds pointDistance_{0};     ///< from one of those to the next; 0 while unknown
};

}  // namespace kvs::intake
