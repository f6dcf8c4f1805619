// SPDX-License-Identifier: Apache-2.0
// What is given to a thread of GLib's, or guarded by one of GLib's mutexes, is ordered by futexes that
// ThreadSanitizer does not see, since the distribution compiles GLib without it; here it is told. In other
// builds this is nothing.
#pragma once

#ifdef __SANITIZE_THREAD__
#define KVS_THREAD_SANITIZER
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define KVS_THREAD_SANITIZER
#endif
#endif

#ifdef KVS_THREAD_SANITIZER
#include <sanitizer/tsan_interface.h>
#endif

namespace kvs::gst {

/// By the thread that gives `object` away, when it is complete; or is about to unlock it.
inline void handOver([[maybe_unused]] void* object) {
#ifdef KVS_THREAD_SANITIZER
  __tsan_release(object);
#endif
}

/// By the thread that was given `object`, first; or has locked it.
inline void takeOver([[maybe_unused]] void* object) {
#ifdef KVS_THREAD_SANITIZER
  __tsan_acquire(object);
#endif
}

}  // namespace kvs::gst
