// SPDX-License-Identifier: Apache-2.0
#include "base/mutex.h"

#include <gtest/gtest.h>

#include <thread>

#include "base/lock_count.h"

namespace kvs {
namespace {

/// One value that a thread waits for, as every class of ours that is shared has it.
class Box {
 public:
  void put(int value) KVS_EXCLUDES(mutex_) {
    const Lock lock(mutex_);
    value_ = value;
    changed_.notifyAll();
  }
  int take() KVS_EXCLUDES(mutex_) {
    const Lock lock(mutex_);
    while (value_ == 0)
      changed_.wait(mutex_);
    return std::exchange(value_, 0);
  }
  bool takeBy(TimePoint time) KVS_EXCLUDES(mutex_) {
    const Lock lock(mutex_);
    while (value_ == 0)
      if (!changed_.waitUntil(mutex_, time)) return false;
    return true;
  }
  bool isFree() KVS_EXCLUDES(mutex_) {
    if (!mutex_.tryLock()) return false;
    mutex_.unlock();
    return true;
  }
  /// Whether another thread finds the mutex free while this one has let it go, and while it holds it again.
  std::pair<bool, bool> lendsAndHolds() KVS_EXCLUDES(mutex_) {
    std::pair<bool, bool> free;
    Lock lock(mutex_);
    lock.unlock();
    std::thread([&] { free.first = isFree(); }).join();
    lock.lock();
    std::thread([&] { free.second = isFree(); }).join();
    return free;
  }

 private:
  Mutex mutex_{"box"};
  Condition changed_;
  int value_ KVS_GUARDED_BY(mutex_) = 0;
};

TEST(Mutex, AConditionWakesWhatWaitsForIt) {
  Box box;
  int taken = 0;
  std::thread waiting([&] { taken = box.take(); });
  box.put(7);
  waiting.join();
  EXPECT_EQ(taken, 7);
  EXPECT_TRUE(box.isFree()) << "a wait gives the lock back to its scope, which gives it back";
}

TEST(Mutex, AWaitEndsAtItsTime) {
  Box box;
  EXPECT_FALSE(box.takeBy(systemClock().now() + Milliseconds(1)));
  box.put(1);
  EXPECT_TRUE(box.takeBy(systemClock().now() + Seconds(60)));
}

TEST(Mutex, ALockMayBeGivenBackAndTakenAgainInItsScope) {
  Box box;
  EXPECT_EQ(box.lendsAndHolds(), std::make_pair(true, false));
  EXPECT_TRUE(box.isFree());
}

TEST(LockCount, CountsTheTakingsOfItsThreadByName) {
  Mutex first("first");
  Mutex second("second");
  const LockCount before = LockCount::ofThisThread();
  { const Lock lock(first); }
  {
    Lock lock(second);
    lock.unlock();
    lock.lock();
    std::thread([&] {
      const Lock elsewhere(first);
      EXPECT_FALSE(second.tryLock());
      EXPECT_EQ(LockCount::ofThisThread().all(), 1u) << "a taking that failed is none";
    }).join();
  }
  const LockCount taken = LockCount::ofThisThread().since(before);
  EXPECT_EQ(taken.of("first"), 1u);
  EXPECT_EQ(taken.of("second"), 2u);
  EXPECT_EQ(taken.of("third"), 0u);
  EXPECT_EQ(taken.all(), 3u);
  EXPECT_EQ(taken.text(), "first 1, second 2");
}

TEST(LockCount, WakingUpIsATaking) {
  Box box;
  const LockCount before = LockCount::ofThisThread();
  EXPECT_FALSE(box.takeBy(systemClock().now()));
  EXPECT_EQ(LockCount::ofThisThread().since(before).of("box"), 2u);
}

}  // namespace
}  // namespace kvs
