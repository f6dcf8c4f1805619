// SPDX-License-Identifier: Apache-2.0
// The life of a fragment as a list of what may happen; no other pair of state and event is in the table.
#include "store/fragment_state.h"

#include <gtest/gtest.h>

#include <array>
#include <tuple>
#include <vector>

namespace kvs::store {
namespace {

using S = FragmentState;
using E = FragmentEvent;

constexpr std::array states = {S::open,     S::sealed,    S::sending, S::sent,
                               S::received, S::persisted, S::refused, S::lost};
constexpr std::array events = {E::seal,      E::enter,  E::leave, E::received,
                               E::persisted, E::refuse, E::lose,  E::rewind};

struct Allowed {
  S from;
  E event;
  bool growing;
  S to;
};

const std::vector<Allowed> allowed = {
    // An open fragment: the cursor may enter it while it grows; it may be dropped whole.
    {S::open, E::seal, true, S::sealed},
    {S::open, E::enter, true, S::sending},
    {S::open, E::refuse, true, S::refused},
    {S::open, E::lose, true, S::lost},
    {S::open, E::rewind, true, S::open},
    // A sealed one is the first that may go.
    {S::sealed, E::enter, false, S::sending},
    {S::sealed, E::persisted, false, S::persisted},
    {S::sealed, E::refuse, false, S::refused},
    {S::sealed, E::lose, false, S::lost},
    {S::sealed, E::rewind, false, S::sealed},
    // Under the cursor it is pinned: finished, or its connection is closed.
    {S::sending, E::seal, true, S::sending},
    {S::sending, E::refuse, true, S::refused},
    {S::sending, E::rewind, true, S::open},
    {S::sending, E::leave, false, S::sent},
    {S::sending, E::refuse, false, S::refused},
    {S::sending, E::rewind, false, S::sealed},
    // What was sent waits for its word, may go when space is needed, and is sent again after a break.
    {S::sent, E::received, false, S::received},
    {S::sent, E::persisted, false, S::persisted},
    {S::sent, E::refuse, false, S::refused},
    {S::sent, E::lose, false, S::lost},
    {S::sent, E::rewind, false, S::sealed},
    {S::received, E::received, false, S::received},
    {S::received, E::persisted, false, S::persisted},
    {S::received, E::refuse, false, S::refused},
    {S::received, E::lose, false, S::lost},
    {S::received, E::rewind, false, S::sealed},
    // Ends; a word that comes twice changes nothing.
    {S::persisted, E::persisted, false, S::persisted},
    {S::refused, E::refuse, false, S::refused},
    // Dropped after it was sent: turned to persisted if the acknowledgement still comes.
    {S::lost, E::persisted, false, S::persisted},
};

std::optional<S> expected(S state, E event, bool growing) {
  for (const Allowed& row : allowed) {
    if (row.from == state && row.event == event && row.growing == growing) return row.to;
  }
  return std::nullopt;
}

/// What can be: an open fragment grows, a fragment under the cursor may, all others do not.
bool canBe(S state, E event, bool growing) {
  if (state == S::open) return growing;
  if (state == S::sending) return !(event == E::seal && !growing);  // seal() clears it first
  return !growing;
}

using Cell = std::tuple<S, E, bool>;

std::vector<Cell> everyCell() {
  std::vector<Cell> cells;
  for (const S state : states) {
    for (const E event : events) {
      for (const bool growing : {false, true}) {
        if (canBe(state, event, growing)) cells.emplace_back(state, event, growing);
      }
    }
  }
  return cells;
}

class FragmentStateTable : public testing::TestWithParam<Cell> {};

TEST_P(FragmentStateTable, SaysWhatRulesSixSay) {
  const auto [state, event, growing] = GetParam();
  EXPECT_EQ(nextState(state, event, growing), expected(state, event, growing))
      << stateName(state) << ", event " << static_cast<int>(event) << ", growing " << growing;
}

INSTANTIATE_TEST_SUITE_P(EveryCell, FragmentStateTable, testing::ValuesIn(everyCell()));

TEST(FragmentState, AFragmentThatGrowsIsNeverSent) {
  EXPECT_EQ(nextState(S::sending, E::leave, true), std::nullopt);
}

TEST(FragmentState, NoEventLeadsOutOfAnEndButTheLateAcknowledgement) {
  for (const S state : {S::persisted, S::refused, S::lost}) {
    for (const E event : events) {
      const auto next = nextState(state, event, false);
      EXPECT_TRUE(!next || *next == state || (state == S::lost && event == E::persisted));
    }
  }
}

TEST(FragmentState, TerminalOnesAreTheThreeEnds) {
  for (const S state : states)
    EXPECT_EQ(isTerminal(state), state == S::persisted || state == S::refused || state == S::lost);
}

TEST(FragmentState, EveryStateHasAName) {
  EXPECT_EQ(stateName(S::open), "open");
  EXPECT_EQ(stateName(S::sending), "sending");
  EXPECT_EQ(stateName(S::lost), "lost");
}

}  // namespace
}  // namespace kvs::store
