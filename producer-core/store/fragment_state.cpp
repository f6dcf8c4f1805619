// SPDX-License-Identifier: Apache-2.0
#include "store/fragment_state.h"

#include <array>

namespace kvs::store {

namespace {

using S = FragmentState;
using Next = std::optional<FragmentState>;
constexpr Next none = std::nullopt;

constexpr std::array<std::string_view, 10> names = {
    "open", "following", "sealed", "sending", "sent", "received", "persisted", "refused", "lost", "released"};

// Columns: seal, enter, leave, received, persisted, refuse, lose, rewind, replay, release.
constexpr std::array<std::array<Next, 10>, 10> table = {{
    /* open      */ {S::sealed, S::following, none, none, none, S::refused, S::lost, S::open, none, none},
    /* following */ {S::sending, none, none, none, none, S::refused, none, S::open, none, none},
    /* sealed    */
    {none, S::sending, none, none, S::persisted, S::refused, S::lost, S::sealed, none, S::released},
    /* sending   */ {none, none, S::sent, none, none, S::refused, none, S::sealed, none, none},
    /* sent      */ {none, none, none, S::received, S::persisted, S::refused, S::lost, S::sealed, none, none},
    /* received  */ {none, none, none, S::received, S::persisted, S::refused, S::lost, S::sealed, none, none},
    /* persisted */ {none, none, none, none, S::persisted, none, none, none, S::sealed, none},
    /* refused   */ {none, none, none, none, none, S::refused, none, none, none, none},
    /* lost      */ {none, none, none, none, S::persisted, none, none, none, none, none},
    /* released  */ {none, none, none, none, none, none, none, none, none, none},
}};

}  // namespace

std::optional<FragmentState> nextState(FragmentState state, FragmentStep step) {
  return table[static_cast<std::size_t>(state)][static_cast<std::size_t>(step)];
}

std::string_view stateName(FragmentState state) {
  return names[static_cast<std::size_t>(state)];
}

}  // namespace kvs::store
