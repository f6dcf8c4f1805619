// SPDX-License-Identifier: Apache-2.0
// What the sanitizers must know about tests that fork; without a sanitizer it has no effect.
#pragma once

namespace kvs::net::test {

/// Called in a forked child: the parent's threads, and what their stacks held, are gone there, so a
/// search for leaks at its exit() would find what is none.
void sayThisIsAForkedChild();

#if defined(__SANITIZE_ADDRESS__)
#define KVS_TEST_ADDRESS_SANITIZER 1
#elif defined(__SANITIZE_THREAD__)
#define KVS_TEST_THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define KVS_TEST_ADDRESS_SANITIZER 1
#elif __has_feature(thread_sanitizer)
#define KVS_TEST_THREAD_SANITIZER 1
#endif
#endif

#if defined(KVS_TEST_ADDRESS_SANITIZER)
inline constexpr bool kAddressSanitizer = true;
#else
inline constexpr bool kAddressSanitizer = false;
#endif
#if defined(KVS_TEST_THREAD_SANITIZER)
inline constexpr bool kThreadSanitizer = true;
#else
inline constexpr bool kThreadSanitizer = false;
#endif

}  // namespace kvs::net::test
