// SPDX-License-Identifier: Apache-2.0
#include "store/fragment_state.h"

#include <array>

namespace kvs::store {

namespace {

using S = FragmentState;
using Next = std::optional<FragmentState>;
constexpr Next none = std::nullopt;

constexpr std::array<std::string_view, 8> names = {"open",     "sealed",    "sending", "sent",
                                                   "received", "persisted", "refused", "lost"};

// Columns: seal, enter, leave, received, persisted, refuse, lose, rewind (to a sealed fragment), replay.
constexpr std::array<std::array<Next, 9>, 8> table = {{
    /* open      */ {S::sealed, S::sending, none, none, none, S::refused, S::lost, S::open, none},
    /* sealed    */ {none, S::sending, none, none, S::persisted, S::refused, S::lost, S::sealed, none},
    /* sending   */ {S::sending, none, S::sent, none, none, S::refused, none, S::sealed, none},
    /* sent      */ {none, none, none, S::received, S::persisted, S::refused, S::lost, S::sealed, none},
    /* received  */ {none, none, none, S::received, S::persisted, S::refused, S::lost, S::sealed, none},
    /* persisted */ {none, none, none, none, S::persisted, none, none, none, S::sealed},
    /* refused   */ {none, none, none, none, none, S::refused, none, none, none},
    /* lost      */ {none, none, none, none, S::persisted, none, none, none, none},
}};

}  // namespace

std::optional<FragmentState> nextState(FragmentState state, FragmentEvent event, bool growing) {
  if (state == S::sending && event == FragmentEvent::leave && growing) return none;
  if (state == S::sending && event == FragmentEvent::rewind && growing) return S::open;
  return table[static_cast<std::size_t>(state)][static_cast<std::size_t>(event)];
}

std::string_view stateName(FragmentState state) {
  return names[static_cast<std::size_t>(state)];
}

}  // namespace kvs::store
