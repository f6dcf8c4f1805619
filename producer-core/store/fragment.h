// SPDX-License-Identifier: Apache-2.0
// What a fragment holds and is about. It grows while intake appends to it, and the reader may follow it
// already; sealed, it never changes again and says all that a reader needs, also one in another process.
// Where it stands in its life is not its own business: see fragment_table.h.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>

#include "base/bytes.h"
#include "base/time.h"
#include "store/block.h"
#include "store/epoch.h"
#include "store/header.h"

namespace kvs::store {

/// The service's minimum ("Fragment duration"), from one fragment's start to the next one's.
inline constexpr Nanoseconds shortestDistance = Seconds(1);
/// By how much a fragment may be shorter: by a frame, and by no more than this.
inline constexpr Nanoseconds largestLack = Milliseconds(100);
inline constexpr Nanoseconds shortestFragment = shortestDistance - largestLack;

struct Fragment {
  SharedHeader header;      ///< which its blocks fit
  SharedEpoch epoch;        ///< which its times belong to
  Ticks firstTicks = 0;     ///< time of the Cluster
  Ticks lastTicks = 0;      ///< greatest block time so far
  TimePoint since{};        ///< when its first frame came, for the age of what is not yet durable
  Nanoseconds duration{0};  ///< what it counts against the budget of time
  Bytes headTags;           ///< as they stand on the wire, before the Cluster
  /// As it stands on the wire behind the last block: the Tags with the end-of-fragment mark, which closes the
  /// fragment at once. Empty: the next Cluster closes it.
  Bytes tail;
  std::uint32_t tracks = 0;  ///< which tracks have a block in it: a bit each, given by the writer
  std::uint32_t frames = 0;
  std::uint64_t bytes = 0;
  std::deque<Span> spans;  ///< the blocks, in order
};

/// A block that is made beforehand, for a track that may give none.
struct StandIn {
  Block block;
  Nanoseconds duration{0};
};

/// Changed by intake alone.
struct GrowingFragment : Fragment {
  std::uint32_t wanted = 0;    ///< which tracks the header has, and so must have a block in it in the end
  std::uint32_t optional = 0;  ///< which of these need not be waited for, since a block stands in for theirs
  /// Of these, by the track's number: their room is theirs already.
  std::map<std::uint32_t, StandIn> standIns;
  bool broken = false;  ///< it lost a frame: it is not finished, and goes as soon as the reader has left it

  /// The reader may enter: no track of the header is missing that may stay missing.
  bool isSendable() const { return frames > 0 && (wanted & ~optional & ~tracks) == 0; }
  bool isWhole() const { return (wanted & ~tracks) == 0; }
};

/// Any thread may read it as long as it likes; but for what the epoch says, see there.
using SealedFragment = std::shared_ptr<const Fragment>;

}  // namespace kvs::store
