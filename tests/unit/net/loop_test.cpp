// SPDX-License-Identifier: Apache-2.0
#include "net/loop.h"

#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <csignal>
#include <thread>
#include <tuple>
#include <vector>

#include "await.h"
#include "manual_clock.h"
#include "net/fd.h"

namespace kvs::net {
namespace {

using test::ManualClock;
using test::onLoop;
using test::Signal;

class Counter final : public Ready {
 public:
  explicit Counter(std::function<void()> then = [] {}) : then_(std::move(then)) {}
  std::atomic<int> runs{0};

 private:
  void onReady() override {
    ++runs;
    then_();
  }
  std::function<void()> then_;
};

std::pair<Fd, Fd> socketPair() {
  std::array<int, 2> fds{};
  EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds.data()), 0);
  return {Fd(fds[0]), Fd(fds[1])};
}

void writeByte(const Fd& fd) {
  EXPECT_EQ(::write(fd.get(), "x", 1), 1);
}

// --- turned by the test, with its own clock ---

TEST(LoopByHand, RunsTasksInTheOrderPostedAndOnThisThread) {
  ManualClock clock;
  Loop loop(clock, Loop::Drive::caller);
  std::vector<int> ran;
  loop.post([&] {
    ran.push_back(1);
    loop.post([&] { ran.push_back(3); });
  });
  loop.post([&] { ran.push_back(2); });
  EXPECT_TRUE(ran.empty());
  EXPECT_TRUE(loop.onThread());
  EXPECT_FALSE(loop.runDue());
  EXPECT_EQ(ran, (std::vector<int>{1, 2, 3}));
}

TEST(LoopByHand, DeadlinesFollowTheClockGiven) {
  ManualClock clock;
  Loop loop(clock, Loop::Drive::caller);
  int ran = 0;
  const TimePoint start = clock.now();
  loop.at(start + Seconds(3600), [&] { ++ran; });
  const auto cancelled = loop.at(start + Seconds(1), [&] { ran += 100; });
  loop.cancel(cancelled);
  EXPECT_EQ(loop.runDue(), start + Seconds(3600));
  clock.advance(Seconds(3599));
  loop.runDue();
  EXPECT_EQ(ran, 0);
  clock.advance(Seconds(1));
  EXPECT_FALSE(loop.runDue());
  EXPECT_EQ(ran, 1);
}

TEST(LoopByHand, ManyWakesBeforeARunAreOneRun) {
  ManualClock clock;
  Loop loop(clock, Loop::Drive::caller);
  const auto counter = std::make_shared<Counter>();
  for (int i = 0; i < 5; ++i)
    loop.wake(*counter);
  loop.runDue();
  EXPECT_EQ(counter->runs, 1);
  loop.wake(*counter);
  loop.runDue();
  EXPECT_EQ(counter->runs, 2);
}

TEST(LoopByHand, AWakeFromWithinTheRunIsNotLost) {
  ManualClock clock;
  Loop loop(clock, Loop::Drive::caller);
  std::shared_ptr<Counter> counter;
  counter = std::make_shared<Counter>([&] {
    if (counter->runs < 3) loop.wake(*counter);
  });
  loop.wake(*counter);
  loop.runDue();
  EXPECT_EQ(counter->runs, 3);
}

TEST(LoopByHand, TheQueueKeepsAReadyThingAliveUntilItRan) {
  ManualClock clock;
  Loop loop(clock, Loop::Drive::caller);
  int ran = 0;
  auto counter = std::make_shared<Counter>([&] { ++ran; });
  const std::weak_ptr<Counter> alive = counter;
  loop.wake(*counter);
  counter.reset();
  EXPECT_FALSE(alive.expired());
  loop.runDue();
  EXPECT_EQ(ran, 1);
  EXPECT_TRUE(alive.expired());
}

TEST(LoopByHand, WatchesTellWhatEpollTellsUntilTheyAreEnded) {
  ManualClock clock;
  Loop loop(clock, Loop::Drive::caller);
  Fd here;
  Fd there;
  std::tie(here, there) = socketPair();
  std::vector<std::uint32_t> seen;
  ASSERT_TRUE(loop.watch(here.get(), EPOLLIN, [&](std::uint32_t events) {
    seen.push_back(events);
    char byte;
    EXPECT_EQ(::read(here.get(), &byte, 1), 1);
  }));
  loop.runDue();
  EXPECT_TRUE(seen.empty());
  writeByte(there);
  loop.runDue();
  EXPECT_EQ(seen, std::vector<std::uint32_t>{EPOLLIN});
  EXPECT_TRUE(loop.watch(here.get(), 0));
  writeByte(there);
  loop.runDue();
  EXPECT_EQ(seen.size(), 1u);
}

TEST(LoopByHand, AWatchMayEndItselfAndItsNeighbourInACallback) {
  ManualClock clock;
  Loop loop(clock, Loop::Drive::caller);
  Fd firstHere;
  Fd firstThere;
  std::tie(firstHere, firstThere) = socketPair();
  Fd secondHere;
  Fd secondThere;
  std::tie(secondHere, secondThere) = socketPair();
  int calls = 0;
  const auto endBoth = [&, a = firstHere.get(), b = secondHere.get()](std::uint32_t) {
    ++calls;
    loop.watch(a, 0);
    loop.watch(b, 0);
  };
  loop.watch(firstHere.get(), EPOLLIN, endBoth);
  loop.watch(secondHere.get(), EPOLLIN, endBoth);
  writeByte(firstThere);
  writeByte(secondThere);
  loop.runDue();
  EXPECT_EQ(calls, 1);
}

TEST(LoopByHand, AnEventOfAClosedDescriptorIsNotGivenToTheNextOneOfItsNumber) {
  ManualClock clock;
  Loop loop(clock, Loop::Drive::caller);
  Fd first;
  Fd firstPeer;
  std::tie(first, firstPeer) = socketPair();
  Fd second;
  Fd secondPeer;
  std::tie(second, secondPeer) = socketPair();
  Fd reused;
  Fd keepOpen;
  int strays = 0;
  int calls = 0;
  const auto replaceOther = [&](Fd& other) {
    if (++calls > 1) return;
    const int number = other.get();
    loop.watch(number, 0);
    other.reset();
    std::tie(reused, keepOpen) = socketPair();
    ASSERT_EQ(reused.get(), number);
    loop.watch(number, EPOLLIN, [&](std::uint32_t) { ++strays; });
  };
  loop.watch(first.get(), EPOLLIN, [&](std::uint32_t) {
    loop.watch(first.get(), 0);
    replaceOther(second);
  });
  loop.watch(second.get(), EPOLLIN, [&](std::uint32_t) {
    loop.watch(second.get(), 0);
    replaceOther(first);
  });
  writeByte(firstPeer);
  writeByte(secondPeer);
  loop.runDue();
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(strays, 0);
}

TEST(LoopByHand, RefusesWhatEpollRefuses) {
  ManualClock clock;
  Loop loop(clock, Loop::Drive::caller);
  EXPECT_FALSE(loop.watch(-1, EPOLLIN, [](std::uint32_t) {}));
}

TEST(LoopByHand, TellsHowLateItWas) {
  ManualClock clock;
  Loop loop(clock, Loop::Drive::caller);
  EXPECT_EQ(loop.lag().p99, Nanoseconds::zero());
  const auto counter = std::make_shared<Counter>();
  for (int i = 0; i < 90; ++i) {
    loop.wake(*counter);
    loop.runDue();
  }
  for (int i = 0; i < 10; ++i) {
    loop.wake(*counter);
    clock.advance(Milliseconds(200));
    loop.runDue();
  }
  EXPECT_EQ(loop.lag().p50, Nanoseconds::zero());
  EXPECT_GE(loop.lag().p99, Milliseconds(200));
  EXPECT_LE(loop.lag().p99, Milliseconds(250));
}

TEST(LoopByHand, EndingItRunsWhatWasPostedAndDropsTheRest) {
  ManualClock clock;
  auto held = std::make_shared<int>(0);
  int ran = 0;
  {
    Loop loop(clock, Loop::Drive::caller);
    loop.post([&, held] { ++ran; });
    loop.at(clock.now() + Seconds(9), [&, held] { ran += 100; });
  }
  EXPECT_EQ(ran, 1);
  EXPECT_EQ(held.use_count(), 1);
}

// --- with its own thread ---

TEST(LoopThread, RunsOnOneNamedThreadWithSignalsBlocked) {
  Loop loop;
  EXPECT_FALSE(loop.onThread());
  std::string name(16, '\0');
  sigset_t blocked;
  bool inside = false;
  onLoop(loop, [&] {
    pthread_getname_np(pthread_self(), name.data(), name.size());
    pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
    inside = loop.onThread();
  });
  EXPECT_STREQ(name.c_str(), "kvs-loop");
  EXPECT_TRUE(inside);
  EXPECT_TRUE(sigismember(&blocked, SIGPIPE));
  EXPECT_TRUE(sigismember(&blocked, SIGINT));
  EXPECT_TRUE(sigismember(&blocked, SIGCHLD));
  EXPECT_FALSE(sigismember(&blocked, SIGSEGV));
}

TEST(LoopThread, RunsADeadlineByItself) {
  Loop loop;
  Signal ran;
  loop.post([&] { loop.at(loop.clock().now() + Milliseconds(5), [&] { ran.raise(); }); });
  EXPECT_TRUE(ran.wait());
}

TEST(LoopThread, NoWakeFromManyThreadsIsLost) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 5000;
  Loop loop;
  std::array<std::atomic<int>, kThreads> wanted{};
  std::array<std::atomic<int>, kThreads> seen{};
  std::vector<std::shared_ptr<Counter>> counters;
  for (std::size_t i = 0; i < kThreads; ++i) {
    counters.push_back(std::make_shared<Counter>([&, i] { seen[i] = wanted[i].load(); }));
  }
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      for (int round = 1; round <= kRounds; ++round) {
        wanted[i] = round;
        for (const auto& counter : counters)
          loop.wake(*counter);
      }
    });
  }
  for (auto& thread : threads)
    thread.join();
  onLoop(loop, [] {});
  for (std::size_t i = 0; i < kThreads; ++i)
    EXPECT_EQ(seen[i], kRounds);
}

TEST(LoopThread, TasksOfOneThreadKeepTheirOrder) {
  Loop loop;
  std::vector<int> ran;
  for (int i = 0; i < 1000; ++i)
    loop.post([&ran, i] { ran.push_back(i); });
  onLoop(loop, [] {});
  ASSERT_EQ(ran.size(), 1000u);
  EXPECT_TRUE(std::is_sorted(ran.begin(), ran.end()));
}

TEST(LoopThread, TheDestructorRunsWhatWasPostedBeforeItOnTheThread) {
  bool inside = false;
  {
    Loop loop;
    loop.post([&] { loop.post([&] { inside = loop.onThread(); }); });
  }
  EXPECT_TRUE(inside);
}

// --- wake-ups that gather ---

TEST(LoopPacing, NoWakeUpIsLost) {
  for (const Milliseconds pacing : {Milliseconds(0), Loop::kPacing}) {
    const auto loop = Loop::create();
    loop->setPacing(pacing);
    std::vector<std::thread> streams;
    for (int stream = 0; stream < 4; ++stream) {
      streams.emplace_back([&] {
        std::atomic<int> served{0};
        const auto item = std::make_shared<Counter>([&] {
          ++served;
          served.notify_one();
        });
        for (int frame = 1; frame <= 500; ++frame) {
          loop->wake(*item);
          served.wait(frame - 1);
        }
        EXPECT_EQ(item->runs, 500);
        onLoop(*loop, [] {});  // the last call has returned
      });
    }
    for (std::thread& stream : streams)
      stream.join();
  }
}

TEST(LoopPacing, WhatTheLoopWakesItselfIsNotPutOff) {
  const auto loop = Loop::create();
  loop->setPacing(Seconds(3600));
  Signal done;
  int left = 1000;
  std::shared_ptr<Counter> again;
  again = std::make_shared<Counter>([&] {
    if (--left > 0) return loop->wake(*again);
    done.raise();
  });
  std::atomic<int> served{0};
  const auto one = std::make_shared<Counter>([&] { ++served; });
  const auto other = std::make_shared<Counter>([&] {
    ++served;
    loop->wake(*again);
  });
  loop->post([&] {
    // Both are served in one pass, as if two threads had woken them.
    std::thread([&] {
      loop->wake(*one);
      loop->wake(*other);
    }).join();
  });
  EXPECT_TRUE(done.wait());
  EXPECT_EQ(served, 2);
}

}  // namespace
}  // namespace kvs::net
