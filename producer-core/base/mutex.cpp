// SPDX-License-Identifier: Apache-2.0
#include "base/mutex.h"

#include "base/lock_count.h"
#include "base/lock_counting.h"

namespace kvs {

void Mutex::lock() {
  mutex_.lock();
  countTaking();
}

void Mutex::unlock() {
  mutex_.unlock();
}

bool Mutex::tryLock() {
  const bool taken = mutex_.try_lock();
  if (taken) countTaking();
  return taken;
}

void Mutex::countTaking() const {
  if constexpr (countsLocks) LockCount::add(name_);
}

// std::condition_variable knows std::unique_lock only: it is lent the mutex for as long as the thread waits.
void Condition::wait(Mutex& mutex) {
  std::unique_lock lent(mutex.mutex_, std::adopt_lock);
  condition_.wait(lent);
  lent.release();
  mutex.countTaking();
}

bool Condition::waitUntil(Mutex& mutex, TimePoint time) {
  std::unique_lock lent(mutex.mutex_, std::adopt_lock);
  const bool isInTime = condition_.wait_until(lent, time) == std::cv_status::no_timeout;
  lent.release();
  mutex.countTaking();
  return isInTime;
}

}  // namespace kvs
