// SPDX-License-Identifier: Apache-2.0
// What all threads of a process share under one lock: made at first use and never destroyed. The lock is held
// across fork(), so that a child finds it free and the object whole.
#pragma once

#include <pthread.h>

#include "base/immortal.h"
#include "base/mutex.h"

namespace kvs {

/// The process's T, which gives its lock away as mutex(). If it has forgetInChild(), a child begins with
/// that: what it inherited and must not use is let go of there, with the lock held.
template <class T>
T& ofProcess() {
  static Immortal<T> object;
  struct Fork {
    static void prepare() KVS_LOCKS_UNCHECKED { object->mutex().lock(); }
    static void release() KVS_LOCKS_UNCHECKED { object->mutex().unlock(); }
    static void releaseInChild() KVS_LOCKS_UNCHECKED {
      if constexpr (requires { object->forgetInChild(); }) object->forgetInChild();
      object->mutex().unlock();
    }
  };
  [[maybe_unused]] static const int registered =
      pthread_atfork(&Fork::prepare, &Fork::release, &Fork::releaseInChild);
  return *object;
}

}  // namespace kvs
