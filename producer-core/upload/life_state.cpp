// SPDX-License-Identifier: Apache-2.0
#include "upload/life_state.h"

#include <array>
#include <type_traits>

namespace kvs::upload {

namespace {

constexpr std::array<std::string_view, 14> stateNames = {
    "configuring", "credentials",  "describing", "creating", "tagging", "locating", "ready",
    "streaming",   "handing-over", "idle",       "draining", "waiting", "held",     "stopped"};
static_assert(std::variant_size_v<Situation> == stateNames.size());

template <class Base>
Base* partOf(Situation& situation) {
  return std::visit(
      [](auto& which) -> Base* {
        if constexpr (std::is_base_of_v<Base, std::remove_reference_t<decltype(which)>>) return &which;
        return nullptr;
      },
      situation);
}

}  // namespace

std::string_view stateName(State state) {
  return stateNames[static_cast<std::size_t>(state)];
}

Outlook outlookOf(State state) {
  if (state == State::waiting || state == State::held) return Outlook::none;
  if (state < State::ready) return Outlook::connecting;
  return state == State::ready ? Outlook::ready : Outlook::inSession;
}

state::Session* sessionOf(Situation& situation) {
  return partOf<state::Session>(situation);
}

state::Ending* endingOf(Situation& situation) {
  return partOf<state::Ending>(situation);
}

}  // namespace kvs::upload
