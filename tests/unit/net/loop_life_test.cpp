// SPDX-License-Identifier: Apache-2.0
// The shared loop's life in the process: first and last holder, fork, exit.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "await.h"
#include "base/immortal.h"
#include "child.h"
#include "net/loop.h"
#include "sanitizers.h"

namespace kvs::net {
namespace {

using test::inChild;
using test::onLoop;
using test::Signal;

int loopThreads() {
  int count = 0;
  std::error_code gone;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream comm(entry.path() / "comm");
    std::string name;
    if (std::getline(comm, name) && name == "kvs-loop") ++count;
  }
  return count;
}

/// The kernel lists a thread for a moment after it was joined.
bool noLoopThreadsLeft() {
  const auto end = std::chrono::steady_clock::now() + test::kPatience;
  while (loopThreads() > 0 && std::chrono::steady_clock::now() < end)
    std::this_thread::yield();
  return loopThreads() == 0;
}

TEST(SharedLoop, IsOneForAllHoldersAndStartsNoThreadBeforeItIsUsed) {
  const auto first = Loop::shared();
  const auto second = Loop::shared();
  EXPECT_EQ(first, second);
  EXPECT_TRUE(noLoopThreadsLeft());
  onLoop(*first, [] {});
  EXPECT_EQ(loopThreads(), 1);
}

TEST(SharedLoop, GoesWithTheLastHolderAndComesBackOnNeed) {
  for (int round = 0; round < 3; ++round) {
    auto loop = Loop::shared();
    bool ran = false;
    onLoop(*loop, [&] { ran = true; });
    EXPECT_TRUE(ran);
    loop.reset();
    EXPECT_TRUE(noLoopThreadsLeft());
  }
}

TEST(SharedLoop, ItsLastHolderMayLetGoInsideATask) {
  Signal later;
  auto loop = Loop::shared();
  Loop* raw = loop.get();
  Signal go;
  bool stillThere = false;
  raw->post([&, held = loop]() mutable {
    ASSERT_TRUE(go.wait());
    held.reset();  // the last one
  });
  raw->post([&, raw] {
    stillThere = raw->onThread();  // tasks posted before may still use the loop
    later.raise();
  });
  loop.reset();
  go.raise();
  ASSERT_TRUE(later.wait());
  EXPECT_TRUE(stillThere);
  const auto next = Loop::shared();
  bool ran = false;
  onLoop(*next, [&] { ran = true; });
  EXPECT_TRUE(ran);
}

TEST(SharedLoop, AForkedChildGetsItsOwnAndLeavesTheParentsAlone) {
  if (test::kThreadSanitizer) GTEST_SKIP() << "it can't follow threads of a forked child";
  auto loop = Loop::shared();
  onLoop(*loop, [] {});
  const int result = inChild([&] {
    bool stray = false;
    loop->post([&] { stray = true; });
    auto own = Loop::shared();
    if (own == loop) return 2;
    bool ran = false;
    onLoop(*own, [&] { ran = true; });
    own.reset();
    loop.reset();  // must not wait for a thread that is not there
    if (stray || !noLoopThreadsLeft()) return 3;
    return ran ? 0 : 4;
  });
  EXPECT_EQ(result, 0);
  bool ran = false;
  onLoop(*loop, [&] { ran = true; });
  EXPECT_TRUE(ran);
}

TEST(SharedLoop, AForkedChildMayExitWithTheParentsLoopInItsHands) {
  auto loop = Loop::shared();
  onLoop(*loop, [] {});
  EXPECT_EQ(inChild([]() -> int { std::exit(7); }), 7);
}

TEST(SharedLoop, ExitEndsARunningLoop) {
  EXPECT_EQ(inChild([]() -> int {
              static Immortal<std::shared_ptr<Loop>> holder;  // never lets go
              *holder = Loop::shared();
              onLoop(**holder, [] {});
              std::exit(5);
            }),
            5);
}

TEST(SharedLoop, ExitWaitsAtMostASecondForABusyLoop) {
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(inChild([]() -> int {
              static Immortal<Signal> never;
              static Immortal<std::shared_ptr<Loop>> holder;
              *holder = Loop::shared();
              (*holder)->post([] { never->wait(); });
              std::exit(6);
            }),
            6);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

TEST(SharedLoop, ATaskMayCallExit) {
  EXPECT_EQ(inChild([]() -> int {
              auto loop = Loop::shared();
              loop->post([] { std::exit(9); });
              Signal never;
              never.wait();
              return 1;
            }),
            9);
}

}  // namespace
}  // namespace kvs::net
