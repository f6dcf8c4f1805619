// SPDX-License-Identifier: Apache-2.0
// The life of a fragment in one table: which event leads from which state to which.
//
//   open --seal--> sealed --enter--> sending --leave--> sent --> received --> persisted
//
// with rewind leading back to sealed (or open, where it still grows), refuse to refused, lose to
// lost. A lost fragment that was sent becomes persisted if its acknowledgement still comes. A persisted one
// that is still held may be replayed.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace kvs::store {

enum class FragmentState : std::uint8_t { open, sealed, sending, sent, received, persisted, refused, lost };
enum class FragmentEvent : std::uint8_t {
  seal,       ///< no more blocks will come
  enter,      ///< the cursor entered it: its first byte may leave
  leave,      ///< its last byte was handed to the connection
  received,   ///< acknowledged: whole in the service's memory
  persisted,  ///< acknowledged: durable (RECEIVED where retention is 0)
  refuse,     ///< set aside after an error acknowledgement
  lose,       ///< dropped for want of space or time
  rewind,     ///< its session ended before it was persisted
  replay,     ///< durable as it seemed, and sent again, since it is still held
};

/// Where `event` leads from `state`; nothing where it has no place there. `growing` decides where a
/// rewind leads: back to open or to sealed.
std::optional<FragmentState> nextState(FragmentState state, FragmentEvent event, bool growing);

/// Refused and lost fragments hold no bytes any more, persisted ones only while they are kept for a replay.
constexpr bool isTerminal(FragmentState state) {
  return state >= FragmentState::persisted;
}

std::string_view stateName(FragmentState state);

}  // namespace kvs::store
