// SPDX-License-Identifier: Apache-2.0
// Registers the element as the plugin does, then runs the tests.
#include <gst/gst.h>
#include <gtest/gtest.h>

#include "kvssink.h"
#include "log_sink.h"

// GLib's constructor makes its table of quarks, and leaves it behind when it outgrows it: readers take no
// lock. LeakSanitizer knows the place only by a whole stack.
extern "C" const char* __asan_default_options() {
  return "fast_unwind_on_malloc=0";
}
extern "C" const char* __lsan_default_suppressions() {
  return "leak:call_init\n";
}

int main(int argc, char** argv) {
  gst_init(&argc, &argv);
  testing::InitGoogleTest(&argc, argv);
  kvs::gst::registerCategories();
  gst_element_register(nullptr, "kvssink", GST_RANK_NONE, GST_TYPE_KVS_SINK);
  const int result = RUN_ALL_TESTS();
  gst_deinit();
  return result;
}
