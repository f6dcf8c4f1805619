// SPDX-License-Identifier: Apache-2.0
#include "sanitizers.h"

namespace {
bool forkedChild = false;
}

// Names that the sanitizers' run-time libraries look for.
// NOLINTBEGIN(bugprone-reserved-identifier)
extern "C" __attribute__((visibility("default"))) int __lsan_is_turned_off() {
  return forkedChild ? 1 : 0;
}
extern "C" __attribute__((visibility("default"))) const char* __tsan_default_options() {
  // A forked child of these tests does start threads, and may exit() while one runs.
  return "die_after_fork=0:report_thread_leaks=0";
}
// NOLINTEND(bugprone-reserved-identifier)

namespace kvs::net::test {

void sayThisIsAForkedChild() {
  forkedChild = true;
}

}  // namespace kvs::net::test
