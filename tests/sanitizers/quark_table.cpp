// SPDX-License-Identifier: Apache-2.0
// GLib leaves its first table of quarks behind when it outgrows it, since readers take no lock.
// LeakSanitizer's suppressions name functions, and the one that makes the table has no name in a stripped
// library: all that is left of the stack is g_malloc() and the loader, which are everybody's. So that one
// block is pointed out here. For LD_PRELOAD behind the sanitizer (tests/sanitizers/hosts); linked to run
// before GLib's own initialiser.
#include <sanitizer/lsan_interface.h>

#include <cstddef>

// GCC leaves out the header that declares it.
extern "C" int __sanitizer_install_malloc_and_free_hooks(void (*onMalloc)(const volatile void*, std::size_t),
                                                         void (*onFree)(const volatile void*));

namespace {

constexpr std::size_t tableSize = 2048 * sizeof(char*);  // QUARK_BLOCK_SIZE of GLib's gquark.c

/// The first block of that size in the process; GLib's initialiser runs before main().
void onMalloc(const volatile void* block, std::size_t size) {
  static bool found = false;
  if (found || size != tableSize) return;
  found = true;
  __lsan_ignore_object(const_cast<const void*>(block));
}

[[gnu::constructor]] void watch() {
  __sanitizer_install_malloc_and_free_hooks(&onMalloc, [](const volatile void*) {});
}

}  // namespace
