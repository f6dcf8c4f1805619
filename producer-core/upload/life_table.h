// SPDX-License-Identifier: Apache-2.0
// Which states may follow which, and which timers a state may have. The life changes its state by this table
// only; docs/reliability.md draws it, and a test compares the two.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <initializer_list>

#include "upload/life_state.h"
#include "upload/life_timer.h"

namespace kvs::upload {

struct Followers {
  State from;
  std::array<State, 7> to;
  std::size_t count;

  constexpr Followers(State state, std::initializer_list<State> followers)
      : from(state), to{}, count(followers.size()) {
    std::ranges::copy(followers, to.begin());
  }
  constexpr const State* begin() const { return to.data(); }
  constexpr const State* end() const { return to.data() + count; }
};

/// Without `stopped`, which a stop or an error that no retry can mend leads to from everywhere, and `held`,
/// which a hold leads to as soon as no session stands in the way.
inline constexpr std::array<Followers, 13> lifeTable = {{
    {State::configuring, {State::credentials}},
    {State::credentials,
     {State::describing, State::creating, State::locating, State::ready, State::streaming, State::waiting}},
    {State::describing,
     {State::credentials, State::creating, State::tagging, State::locating, State::waiting}},
    {State::creating, {State::credentials, State::describing, State::waiting}},
    {State::tagging, {State::locating}},
    {State::locating, {State::credentials, State::ready, State::streaming, State::waiting}},
    {State::ready, {State::credentials, State::streaming}},
    {State::streaming,
     {State::credentials, State::ready, State::handingOver, State::idle, State::draining, State::waiting}},
    {State::handingOver,
     {State::credentials, State::ready, State::streaming, State::idle, State::draining, State::waiting}},
    {State::idle, {State::credentials, State::ready, State::streaming, State::waiting}},
    {State::draining,
     {State::credentials, State::ready, State::streaming, State::handingOver, State::waiting}},
    {State::waiting,
     {State::credentials, State::describing, State::creating, State::locating, State::ready,
      State::streaming}},
    {State::held,
     {State::credentials, State::describing, State::creating, State::tagging, State::locating, State::ready,
      State::streaming}},
}};

constexpr bool mayFollow(State from, State to) {
  if (from == State::stopped) return to == State::stopped;
  if (from == to || to == State::stopped || to == State::held) return true;
  const auto row = std::ranges::find(lifeTable, from, &Followers::from);
  return row != lifeTable.end() && std::ranges::find(*row, to) != row->end();
}

/// What is set for a state ends with it.
constexpr bool mayHave(State state, Timer timer) {
  const bool ends = state == State::handingOver || state == State::idle || state == State::draining;
  switch (timer) {
    case Timer::retry:
      return state == State::waiting;
    case Timer::format:
      return state == State::creating;
    case Timer::burst:
      return state == State::ready;
    case Timer::session:
      return state == State::streaming;
    case Timer::watch:
      return state == State::streaming || ends;
    case Timer::progress:
      return ends;
  }
  return false;
}

}  // namespace kvs::upload
