// SPDX-License-Identifier: Apache-2.0
// Which states of the machine may follow which: the graph that docs/reliability.md draws. The machine is
// held to it in debug builds; tests walk it, and compare it with the picture.
#pragma once

#include <algorithm>
#include <array>
#include <initializer_list>
#include <utility>

#include "upload/life.h"

namespace kvs::upload {

struct Followers {
  State from;
  std::array<State, 8> to;
  std::size_t count;

  constexpr Followers(State state, std::initializer_list<State> followers)
      : from(state), to{}, count(followers.size()) {
    std::ranges::copy(followers, to.begin());
  }
  constexpr const State* begin() const { return to.data(); }
  constexpr const State* end() const { return to.data() + count; }
};

/// Without `stopped`, which a stop or an error that no retry can mend leads to from everywhere.
inline constexpr std::array<Followers, 12> lifeTable = {{
    {State::configuring, {State::credentials}},
    {State::credentials,
     {State::describing, State::creating, State::locating, State::ready, State::streaming, State::draining,
      State::waiting}},
    {State::describing,
     {State::credentials, State::creating, State::tagging, State::locating, State::waiting}},
    {State::creating, {State::credentials, State::describing, State::waiting}},
    {State::tagging, {State::locating}},
    {State::locating, {State::credentials, State::ready, State::streaming, State::draining, State::waiting}},
    {State::ready, {State::credentials, State::streaming, State::handingOver, State::draining}},
    {State::streaming,
     {State::credentials, State::ready, State::handingOver, State::idle, State::draining, State::waiting}},
    {State::handingOver,
     {State::credentials, State::ready, State::idle, State::streaming, State::draining, State::waiting}},
    {State::idle, {State::credentials, State::ready, State::streaming, State::draining, State::waiting}},
    {State::draining, {State::credentials, State::ready, State::handingOver, State::waiting}},
    {State::waiting,
     {State::credentials, State::describing, State::creating, State::locating, State::ready, State::streaming,
      State::draining}},
}};

constexpr bool mayFollow(State from, State to) {
  if (from == to) return true;
  if (to == State::stopped) return true;
  const auto row = std::ranges::find(lifeTable, from, &Followers::from);
  return row != lifeTable.end() && std::ranges::find(*row, to) != row->end();
}

}  // namespace kvs::upload
