// SPDX-License-Identifier: Apache-2.0
// Mutex, Lock and Condition: std's, told to Clang's thread safety analysis, which libstdc++'s own are not. To
// touch a guarded member without its lock, or to call a function that needs one, is then an error
// that `scripts/check threads` finds.
// A mutex is a private member of the class whose other members it guards:
//
//   class Queue {
//    public:
//     void push(Item item) KVS_EXCLUDES(mutex_);
//    private:
//     Item take() KVS_REQUIRES(mutex_);
//     Mutex mutex_{"queue"};
//     Condition pushed_;
//     std::deque<Item> items_ KVS_GUARDED_BY(mutex_);
//   };
//
// The analysis sees one function at a time, and a lambda is a function: wait in a loop, not with a predicate.
#pragma once

#include <condition_variable>
#include <mutex>

#include "base/time.h"

// Attributes can only be written by macros, since other compilers do not know them.
#ifdef __clang__
#define KVS_THREAD_SAFETY(x) __attribute__((x))
#else
#define KVS_THREAD_SAFETY(x)
#endif
/// On a member: it is touched with the lock held. PT: so is what it points to.
#define KVS_GUARDED_BY(mutex) KVS_THREAD_SAFETY(guarded_by(mutex))
#define KVS_PT_GUARDED_BY(mutex) KVS_THREAD_SAFETY(pt_guarded_by(mutex))
/// On a function: it is called with the lock held, or with the lock free.
#define KVS_REQUIRES(...) KVS_THREAD_SAFETY(requires_capability(__VA_ARGS__))
#define KVS_EXCLUDES(...) KVS_THREAD_SAFETY(locks_excluded(__VA_ARGS__))
/// On a function: it takes the lock, gives it back, takes it if it returns this value, or returns the mutex.
#define KVS_ACQUIRE(...) KVS_THREAD_SAFETY(acquire_capability(__VA_ARGS__))
#define KVS_RELEASE(...) KVS_THREAD_SAFETY(release_capability(__VA_ARGS__))
#define KVS_TRY_ACQUIRE(...) KVS_THREAD_SAFETY(try_acquire_capability(__VA_ARGS__))
#define KVS_RETURN_MUTEX(mutex) KVS_THREAD_SAFETY(lock_returned(mutex))
/// On a function: it may be relied upon that the lock is held here, for lambdas that are called under it.
#define KVS_ASSERT_HELD(...) KVS_THREAD_SAFETY(assert_capability(__VA_ARGS__))
/// On a function: the analysis cannot follow what it does with locks.
#define KVS_LOCKS_UNCHECKED KVS_THREAD_SAFETY(no_thread_safety_analysis)
/// On a class: it is a lock, or holds one as long as it lives.
#define KVS_MUTEX_CLASS KVS_THREAD_SAFETY(capability("mutex"))
#define KVS_LOCK_CLASS KVS_THREAD_SAFETY(scoped_lockable)

namespace kvs {

/// Test builds count takings by the mutex's name (LockCount); several mutexes may share one.
class KVS_MUTEX_CLASS Mutex {
 public:
  explicit constexpr Mutex(const char* name) : name_(name) {}
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  void lock() KVS_ACQUIRE();
  void unlock() KVS_RELEASE();
  bool tryLock() KVS_TRY_ACQUIRE(true);
  void assertHeld() const KVS_ASSERT_HELD() {}

 private:
  friend class Condition;
  void countTaking() const;

  std::mutex mutex_;
  const char* name_;
};

/// Holds a mutex for a scope; may let it go meanwhile: reserve, unlock(), copy, lock(), publish.
class KVS_LOCK_CLASS Lock {
 public:
  explicit Lock(Mutex& mutex) KVS_ACQUIRE(mutex) : mutex_(mutex) { lock(); }
  ~Lock() KVS_RELEASE() {
    if (isHeld_) mutex_.unlock();
  }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

  void lock() KVS_ACQUIRE() {
    mutex_.lock();
    isHeld_ = true;
  }
  void unlock() KVS_RELEASE() {
    isHeld_ = false;
    mutex_.unlock();
  }

 private:
  Mutex& mutex_;
  bool isHeld_ = false;
};

/// What a thread waits for while the mutex is free. It may wake without a reason: ask again what was waited
/// for.
class Condition {
 public:
  void notifyOne() { condition_.notify_one(); }
  void notifyAll() { condition_.notify_all(); }

  void wait(Mutex& mutex) KVS_REQUIRES(mutex);
  /// False when the time has come.
  bool waitUntil(Mutex& mutex, TimePoint time) KVS_REQUIRES(mutex);

 private:
  std::condition_variable condition_;
};

}  // namespace kvs
