// SPDX-License-Identifier: Apache-2.0
#include "net/deadline_heap.h"

#include <gtest/gtest.h>

#include <vector>

namespace kvs::net {
namespace {

TimePoint at(int ms) {
  return TimePoint(Milliseconds(ms));
}

std::vector<int> runAll(DeadlineHeap& heap, TimePoint now, std::vector<int>& ran) {
  const auto limit = heap.lastId();
  while (auto due = heap.takeDue(now, limit))
    due->task();
  return ran;
}

TEST(DeadlineHeap, GivesTasksInTheOrderOfTheirTimesThenOfTheirMaking) {
  DeadlineHeap heap;
  std::vector<int> ran;
  heap.add(at(30), [&] { ran.push_back(30); });
  heap.add(at(10), [&] { ran.push_back(10); });
  heap.add(at(20), [&] { ran.push_back(20); });
  heap.add(at(20), [&] { ran.push_back(21); });
  EXPECT_EQ(heap.next(), at(10));
  EXPECT_EQ(runAll(heap, at(20), ran), (std::vector<int>{10, 20, 21}));
  EXPECT_EQ(heap.next(), at(30));
  EXPECT_EQ(heap.size(), 1u);
}

TEST(DeadlineHeap, ForgetsWhatIsCancelledAlsoFromWithinADueTask) {
  DeadlineHeap heap;
  std::vector<int> ran;
  const auto second = heap.add(at(2), [&] { ran.push_back(2); });
  heap.add(at(1), [&] {
    ran.push_back(1);
    heap.cancel(second);
  });
  const auto third = heap.add(at(3), [&] { ran.push_back(3); });
  heap.cancel(third);
  heap.cancel(third);
  heap.cancel(0);
  EXPECT_EQ(runAll(heap, at(5), ran), std::vector<int>{1});
  EXPECT_FALSE(heap.next());
}

TEST(DeadlineHeap, ATaskThatSetsItselfForNowRunsOnceAPass) {
  DeadlineHeap heap;
  std::vector<int> ran;
  std::function<void()> again = [&] {
    ran.push_back(1);
    heap.add(at(1), again);
  };
  heap.add(at(1), again);
  EXPECT_EQ(runAll(heap, at(1), ran).size(), 1u);
  EXPECT_EQ(runAll(heap, at(1), ran).size(), 2u);
}

TEST(DeadlineHeap, DropsCancelledEntriesWhenTheyAreTheMajority) {
  DeadlineHeap heap;
  for (int i = 0; i < 1000; ++i)
    heap.cancel(heap.add(at(1000 + i), [] {}));
  std::vector<int> ran;
  heap.add(at(5000), [&] { ran.push_back(1); });
  EXPECT_EQ(heap.next(), at(5000));
  EXPECT_EQ(heap.size(), 1u);
  EXPECT_EQ(runAll(heap, at(5000), ran).size(), 1u);
}

}  // namespace
}  // namespace kvs::net
