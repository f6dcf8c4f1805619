// SPDX-License-Identifier: Apache-2.0
#include "store/chunk_pool.h"

#include <gtest/gtest.h>

#include <cstring>
#include <set>
#include <thread>
#include <vector>

#include "base/random.h"

namespace kvs::store {
namespace {

constexpr std::size_t slabSize = 16 * chunkSize;

std::shared_ptr<StorageBudget> budgetOf(std::size_t chunks) {
  return std::make_shared<StorageBudget>(chunks * chunkSize);
}

TEST(StorageBudget, TakesUpToItsLimitAndNoByteMore) {
  StorageBudget budget(100);
  EXPECT_TRUE(budget.tryCharge(60));
  EXPECT_FALSE(budget.tryCharge(41));
  EXPECT_EQ(budget.used(), 60u);
  EXPECT_TRUE(budget.tryCharge(40));
  EXPECT_FALSE(budget.tryCharge(1));
  budget.release(100);
  EXPECT_EQ(budget.used(), 0u);
  EXPECT_FALSE(budget.tryCharge(101));
  EXPECT_FALSE(budget.tryCharge(~std::size_t{0}));
}

TEST(StorageBudget, AShareCountsItsOwnAndIsBoundByTheWhole) {
  const auto whole = std::make_shared<StorageBudget>(100);
  StorageBudget one(whole), other(whole);
  EXPECT_TRUE(one.tryCharge(60));
  EXPECT_FALSE(other.tryCharge(60));
  EXPECT_TRUE(other.tryCharge(60, 20));
  EXPECT_EQ(one.used(), 60u);
  EXPECT_EQ(other.used(), 60u);
  EXPECT_EQ(whole->used(), 120u);
  one.release(60);
  EXPECT_EQ(one.used(), 0u);
  EXPECT_EQ(whole->used(), 60u);
}

TEST(StorageBudget, KeepsItsLimitWhenManyThreadsCharge) {
  StorageBudget budget(1000);
  std::atomic<bool> over{false};
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 20000; ++i) {
        if (!budget.tryCharge(300)) continue;
        if (budget.used() > 1000) over = true;
        budget.release(300);
      }
    });
  }
  threads.clear();
  EXPECT_FALSE(over);
  EXPECT_EQ(budget.used(), 0u);
}

TEST(ChunkPool, ChargesWholeChunksAndGivesThemBack) {
  ChunkPool pool;
  const auto budget = budgetOf(3);
  {
    const ChunkRef a = pool.take(budget);
    const ChunkRef b = pool.take(budget);
    ASSERT_TRUE(a);
    ASSERT_TRUE(b);
    EXPECT_NE(a.data(), b.data());
    EXPECT_EQ(budget->used(), 2 * chunkSize);
    const ChunkRef again = a;
    EXPECT_EQ(again, a);
    EXPECT_EQ(budget->used(), 2 * chunkSize) << "a second reference costs nothing";
  }
  EXPECT_EQ(budget->used(), 0u);
}

TEST(ChunkPool, GivesNothingWhereTheBudgetIsSpent) {
  ChunkPool pool;
  const auto budget = std::make_shared<StorageBudget>(2 * chunkSize + chunkSize / 2);
  const ChunkRef a = pool.take(budget);
  ChunkRef b = pool.take(budget);
  EXPECT_FALSE(pool.take(budget)) << "half a chunk is no chunk";
  b = {};
  EXPECT_TRUE(pool.take(budget));
}

TEST(ChunkPool, BudgetsOfSeveralStreamsAreApart) {
  ChunkPool pool;
  const auto one = budgetOf(1);
  const auto other = budgetOf(1);
  ChunkRef a = pool.take(one);
  const ChunkRef b = pool.take(other);
  EXPECT_TRUE(b);
  a = {};
  EXPECT_EQ(one->used(), 0u);
  EXPECT_EQ(other->used(), chunkSize);
}

TEST(ChunkPool, AChunkOutlivesTheNameOfItsBudget) {
  ChunkPool pool;
  auto budget = budgetOf(1);
  const std::weak_ptr<StorageBudget> watched = budget;
  ChunkRef chunk = pool.take(std::move(budget));
  EXPECT_FALSE(watched.expired());
  chunk = {};
  EXPECT_TRUE(watched.expired());
}

TEST(ChunkPool, ChunksOfOneTakeNeverOverlap) {
  ChunkPool pool;
  const auto budget = budgetOf(40);
  std::vector<ChunkRef> chunks;
  std::set<std::byte*> places;
  for (int i = 0; i < 40; ++i) {
    chunks.push_back(pool.take(budget));
    ASSERT_TRUE(chunks.back());
    std::memset(chunks.back().data(), i, chunkSize);
    EXPECT_TRUE(places.insert(chunks.back().data()).second);
  }
  for (int i = 0; i < 40; ++i) {
    const auto* data = chunks[static_cast<std::size_t>(i)].data();
    EXPECT_EQ(data[0], static_cast<std::byte>(i));
    EXPECT_EQ(data[chunkSize - 1], static_cast<std::byte>(i));
  }
}

TEST(ChunkPool, AnOutagesMemoryGoesBackToTheSystem) {
  ChunkPool pool;
  const auto budget = budgetOf(1000);
  std::vector<ChunkRef> chunks;
  for (int i = 0; i < 1000; ++i)
    chunks.push_back(pool.take(budget));
  EXPECT_EQ(pool.mappedBytes(), 63 * slabSize);
  chunks.clear();
  EXPECT_LE(pool.mappedBytes(), 3 * slabSize) << "only a few warm chunks stay";
  EXPECT_EQ(budget->used(), 0u);
}

TEST(ChunkPool, MemoryOfAScatteredRestIsReused) {
  ChunkPool pool;
  const auto budget = budgetOf(320);
  std::vector<ChunkRef> chunks;
  for (int i = 0; i < 320; ++i)
    chunks.push_back(pool.take(budget));
  const std::size_t mapped = pool.mappedBytes();
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    if (i % 16 != 0) chunks[i] = {};  // one chunk stays in each slab
  }
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    if (!chunks[i]) chunks[i] = pool.take(budget);
  }
  EXPECT_EQ(pool.mappedBytes(), mapped);
}

TEST(ChunkPool, AGivenBackChunkCanBeWrittenAgain) {
  ChunkPool pool;
  const auto budget = budgetOf(64);
  Random random(7);
  std::vector<ChunkRef> chunks(64);
  for (int step = 0; step < 5000; ++step) {
    ChunkRef& chunk = chunks[random.next() % chunks.size()];
    if (chunk) {
      chunk = {};
    } else {
      chunk = pool.take(budget);
      ASSERT_TRUE(chunk);
      std::memset(chunk.data(), step & 0xff, chunkSize);
    }
  }
  chunks.clear();
  EXPECT_EQ(budget->used(), 0u);
}

TEST(ChunkPool, ReferencesMayGoOnAnyThread) {
  ChunkPool pool;
  const auto budget = budgetOf(32);
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&pool, budget, t] {
      Random random(static_cast<std::uint64_t>(t));
      std::vector<ChunkRef> held;
      for (int i = 0; i < 3000; ++i) {
        if (ChunkRef chunk = pool.take(budget)) {
          std::memset(chunk.data(), t, 64);
          held.push_back(chunk);
          held.push_back(std::move(chunk));
        }
        while (!held.empty() && random.next() % 3 != 0)
          held.pop_back();
      }
    });
  }
  const ChunkRef shared = pool.take(budgetOf(1));
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&shared] {
      for (int i = 0; i < 20000; ++i) {
        ChunkRef copy = shared;
        const ChunkRef moved = std::move(copy);
      }
    });
  }
  threads.clear();
  EXPECT_EQ(budget->used(), 0u);
}

}  // namespace
}  // namespace kvs::store
