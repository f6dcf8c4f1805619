// SPDX-License-Identifier: Apache-2.0
// The life of a fragment as a list of what may happen; no other pair of state and event is in the table.
#include "store/fragment_state.h"

#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <tuple>
#include <vector>

namespace kvs::store {
namespace {

using S = FragmentState;
using E = FragmentStep;

constexpr std::array states = {S::open,     S::following, S::sealed,  S::sending, S::sent,
                               S::received, S::persisted, S::refused, S::lost,    S::released};
constexpr std::array steps = {E::seal,   E::enter, E::leave,  E::received, E::persisted,
                              E::refuse, E::lose,  E::rewind, E::replay,   E::release};

struct Allowed {
  S from;
  E step;
  S to;
};

const std::vector<Allowed> allowed = {
    // An open fragment: the reader may enter it while it grows; it may be dropped whole.
    {S::open, E::seal, S::sealed},
    {S::open, E::enter, S::following},
    {S::open, E::refuse, S::refused},
    {S::open, E::lose, S::lost},
    {S::open, E::rewind, S::open},
    // With the reader in it, it is pinned: finished, or its connection is closed.
    {S::following, E::seal, S::sending},
    {S::following, E::refuse, S::refused},
    {S::following, E::rewind, S::open},
    // A sealed one is the first that may go, and the only one that something else may take over.
    {S::sealed, E::enter, S::sending},
    {S::sealed, E::persisted, S::persisted},
    {S::sealed, E::refuse, S::refused},
    {S::sealed, E::lose, S::lost},
    {S::sealed, E::rewind, S::sealed},
    {S::sealed, E::release, S::released},
    // The same as of one that grows.
    {S::sending, E::leave, S::sent},
    {S::sending, E::refuse, S::refused},
    {S::sending, E::rewind, S::sealed},
    // What was sent waits for its word, may go when space is needed, and is sent again after a break.
    {S::sent, E::received, S::received},
    {S::sent, E::persisted, S::persisted},
    {S::sent, E::refuse, S::refused},
    {S::sent, E::lose, S::lost},
    {S::sent, E::rewind, S::sealed},
    {S::received, E::received, S::received},
    {S::received, E::persisted, S::persisted},
    {S::received, E::refuse, S::refused},
    {S::received, E::lose, S::lost},
    {S::received, E::rewind, S::sealed},
    // Ends; a word that comes twice changes nothing.
    {S::persisted, E::persisted, S::persisted},
    {S::refused, E::refuse, S::refused},
    // Durable as it seemed, and still held.
    {S::persisted, E::replay, S::sealed},
    // Dropped after it was sent: turned to persisted if the acknowledgement still comes.
    {S::lost, E::persisted, S::persisted},
};

std::optional<S> expected(S state, E step) {
  for (const Allowed& row : allowed) {
    if (row.from == state && row.step == step) return row.to;
  }
  return std::nullopt;
}

using Cell = std::tuple<S, E>;

class FragmentStateTable : public testing::TestWithParam<Cell> {};

TEST_P(FragmentStateTable, SaysWhatIsAllowedAndNothingElse) {
  const auto [state, step] = GetParam();
  EXPECT_EQ(nextState(state, step), expected(state, step))
      << stateName(state) << ", step " << static_cast<int>(step);
}

INSTANTIATE_TEST_SUITE_P(EveryCell, FragmentStateTable,
                         testing::Combine(testing::ValuesIn(states), testing::ValuesIn(steps)));

TEST(FragmentState, AFragmentThatGrowsIsNeverSent) {
  for (const S state : {S::open, S::following})
    EXPECT_EQ(nextState(state, E::leave), std::nullopt);
}

TEST(FragmentState, NoStepLeadsOutOfAnEndButTheLateAcknowledgementAndTheReplay) {
  for (const S state : {S::persisted, S::refused, S::lost, S::released}) {
    for (const E step : steps) {
      const auto next = nextState(state, step);
      const bool isReplay = state == S::persisted && step == E::replay;
      EXPECT_TRUE(!next || *next == state || isReplay || (state == S::lost && step == E::persisted));
    }
  }
}

TEST(FragmentState, TerminalOnesAreTheFourEnds) {
  for (const S state : states)
    EXPECT_EQ(isTerminal(state),
              state == S::persisted || state == S::refused || state == S::lost || state == S::released);
}

TEST(FragmentState, EveryStateHasAName) {
  EXPECT_EQ(stateName(S::open), "open");
  EXPECT_EQ(stateName(S::sending), "sending");
  EXPECT_EQ(stateName(S::lost), "lost");
  EXPECT_EQ(stateName(S::released), "released");
}

}  // namespace
}  // namespace kvs::store
