// SPDX-License-Identifier: Apache-2.0
// The record of one fragment: what it holds, what it is about, and where it stands in its life.
// It holds blocks only; Cluster head and Tags are rendered by the session.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "base/tag.h"
#include "base/time.h"
#include "store/block.h"
#include "store/epoch.h"
#include "store/fragment_state.h"
#include "store/header.h"

namespace kvs::store {

using FragmentId = std::uint64_t;  ///< rises by one with each fragment of a stream, from 1

/// The service's minimum ("Fragment duration"), from one fragment's start to the next one's.
inline constexpr Nanoseconds shortestDistance = Seconds(1);
/// By how much a fragment may be shorter: by a frame, and by no more than this.
inline constexpr Nanoseconds largestLack = Milliseconds(100);
inline constexpr Nanoseconds shortestFragment = shortestDistance - largestLack;

/// Why whole fragments had to go.
enum class LossReason : std::uint8_t { storageFull, durationReached, stopped };

struct Fragment {
  FragmentId id = 0;
  SharedHeader header;      ///< which its blocks fit
  SharedEpoch epoch;        ///< which its times belong to
  Ticks firstTicks = 0;     ///< time of the Cluster
  Ticks lastTicks = 0;      ///< greatest block time so far
  TimePoint since{};        ///< when its first frame came, for the age of what is not yet durable
  Nanoseconds duration{0};  ///< what it counts against the budget of time
  std::vector<TagGroup> headTags;
  std::vector<TagGroup> tailTags;
  bool endTag = false;  ///< closed by AWS_KINESISVIDEO_END_OF_FRAGMENT
  bool closed = false;  ///< by that mark on the wire, in the session that is open
  bool growing = true;
  std::uint32_t tracks = 0;    ///< which tracks have a block in it: a bit each, given by the writer
  std::uint32_t wanted = 0;    ///< which the header has, and so must have a block in it in the end
  std::uint32_t optional = 0;  ///< which of these need not be waited for, since a block can be made up
  bool awaitsWord = false;     ///< lost after it was sent: the record stays, since it may still be confirmed
  bool mayBeStored = false;    ///< sent whole in a session that ended before the word on it came
  bool kept = false;           ///< durable, and still held
  FragmentState state = FragmentState::open;
  LossReason lostFor = LossReason::storageFull;  ///< of a lost one
  std::uint32_t frames = 0;
  std::uint64_t bytes = 0;
  std::deque<Span> spans;

  /// The cursor may enter: no track of the header is missing that may stay missing.
  bool isSendable() const { return frames > 0 && (wanted & ~optional & ~tracks) == 0; }
  /// In the session that is open, and not confirmed.
  bool isSent() const { return state == FragmentState::sent || state == FragmentState::received; }
  /// Tags may still be put behind its blocks.
  bool takesTail() const { return !closed && !isTerminal(state); }
  bool isWhole() const { return (wanted & ~tracks) == 0; }
};

}  // namespace kvs::store
