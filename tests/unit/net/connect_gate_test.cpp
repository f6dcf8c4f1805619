// SPDX-License-Identifier: Apache-2.0
#include "net/connect_gate.h"

#include <gtest/gtest.h>

#include <vector>

namespace kvs::net {
namespace {

std::vector<ConnectGate::Id> admitAll(ConnectGate& gate) {
  std::vector<ConnectGate::Id> ids;
  while (const auto id = gate.admit())
    ids.push_back(*id);
  return ids;
}

using Ids = std::vector<ConnectGate::Id>;

TEST(ConnectGate, LetsOneOfAHostInUntilItIsResolved) {
  ConnectGate gate;
  for (ConnectGate::Id id = 1; id <= 3; ++id)
    gate.enter(id, "kvs:443");
  EXPECT_EQ(admitAll(gate), Ids{1});
  gate.resolved(1);
  EXPECT_EQ(admitAll(gate), Ids{2});
  gate.resolved(1);  // said twice: the second one is still being resolved
  EXPECT_EQ(admitAll(gate), Ids{});
  gate.resolved(2);
  EXPECT_EQ(admitAll(gate), Ids{3});
  EXPECT_EQ(gate.inside(), 3u);
}

TEST(ConnectGate, HasEightPlacesForAllHostsTogether) {
  ConnectGate gate;
  for (ConnectGate::Id id = 1; id <= 20; ++id)
    gate.enter(id, "host" + std::to_string(id));
  EXPECT_EQ(admitAll(gate), (Ids{1, 2, 3, 4, 5, 6, 7, 8}));
  gate.resolved(3);
  EXPECT_EQ(admitAll(gate), Ids{});  // it still holds its place
  gate.leave(3);
  EXPECT_EQ(admitAll(gate), Ids{9});
  EXPECT_EQ(gate.waiting(), 11u);
}

TEST(ConnectGate, HostsTakeTurns) {
  ConnectGate gate(1);
  for (ConnectGate::Id id = 1; id <= 3; ++id)
    gate.enter(id, "busy");
  gate.enter(10, "other");
  Ids order;
  while (const auto id = gate.admit()) {
    order.push_back(*id);
    gate.leave(*id);
  }
  EXPECT_EQ(order, (Ids{1, 10, 2, 3}));
}

TEST(ConnectGate, AFailureBeforeTheAddressIsKnownGivesTheTurnToTheNext) {
  ConnectGate gate;
  gate.enter(1, "dead");
  gate.enter(2, "dead");
  EXPECT_EQ(admitAll(gate), Ids{1});
  gate.leave(1);
  EXPECT_EQ(admitAll(gate), Ids{2});
}

TEST(ConnectGate, WaitingOnesCanBeCancelled) {
  ConnectGate gate;
  for (ConnectGate::Id id = 1; id <= 4; ++id)
    gate.enter(id, "kvs");
  EXPECT_EQ(admitAll(gate), Ids{1});
  gate.leave(2);
  gate.leave(2);
  gate.leave(99);
  EXPECT_EQ(gate.waiting(), 2u);
  gate.resolved(1);
  EXPECT_EQ(admitAll(gate), Ids{3});
  gate.leave(4);
  gate.leave(3);
  gate.leave(1);
  EXPECT_EQ(gate.inside(), 0u);
  EXPECT_EQ(gate.waiting(), 0u);
  gate.enter(5, "kvs");
  EXPECT_EQ(admitAll(gate), Ids{5});
}

TEST(ConnectGate, AThousandOfOneHostPassOneByOneInOrder) {
  ConnectGate gate;
  for (ConnectGate::Id id = 1; id <= 1000; ++id)
    gate.enter(id, "kvs");
  ConnectGate::Id next = 1;
  while (const auto id = gate.admit()) {
    ASSERT_EQ(*id, next++);
    ASSERT_LE(gate.inside(), ConnectGate::kPlaces);
    gate.resolved(*id);
    if (gate.inside() == ConnectGate::kPlaces) gate.leave(*id - ConnectGate::kPlaces + 1);
  }
  EXPECT_EQ(next, 1001u);
}

}  // namespace
}  // namespace kvs::net
