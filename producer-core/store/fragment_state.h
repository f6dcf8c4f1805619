// SPDX-License-Identifier: Apache-2.0
// The life of a fragment in one table: which step leads from which state to which.
//
//   open --seal--> sealed --enter--> sending --leave--> sent --> received --> persisted
//     '--enter--> following --seal-------^
//
// with rewind leading back to sealed (or open, where it still grows), refuse to refused, lose to
// lost, and release to released. A lost fragment that was sent becomes persisted if its acknowledgement still
// comes. A persisted one that is still held may be replayed.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace kvs::store {

enum class FragmentState : std::uint8_t {
  open,       ///< it grows
  following,  ///< it grows, and what there is of it is being sent
  sealed,
  sending,
  sent,
  received,
  persisted,
  refused,
  lost,
  released,  ///< its memory was given back, since something else answers for it
};

enum class FragmentStep : std::uint8_t {
  seal,       ///< no more blocks will come
  enter,      ///< the reader entered it: its first byte may leave
  leave,      ///< its last byte was handed to the connection
  received,   ///< acknowledged: whole in the service's memory
  persisted,  ///< acknowledged: durable (RECEIVED where retention is 0)
  refuse,     ///< set aside after an error acknowledgement
  lose,       ///< dropped for want of space or time
  rewind,     ///< its session ended before it was persisted
  replay,     ///< durable as it seemed, and sent again, since it is still held
  release,    ///< another log, or a disk, has taken it over
};

/// Where `step` leads from `state`; nothing where it has no place there.
std::optional<FragmentState> nextState(FragmentState state, FragmentStep step);

/// Such fragments hold no bytes any more, persisted ones only while they are kept for a replay.
constexpr bool isTerminal(FragmentState state) {
  return state >= FragmentState::persisted;
}

constexpr bool isGrowing(FragmentState state) {
  return state <= FragmentState::following;
}

/// The reader is in it: it is finished, or its connection is closed.
constexpr bool isPinned(FragmentState state) {
  return state == FragmentState::following || state == FragmentState::sending;
}

std::string_view stateName(FragmentState state);

}  // namespace kvs::store
