// SPDX-License-Identifier: Apache-2.0
// Registers the element as the plugin does, then runs the tests.
#include <gst/gst.h>
#include <gtest/gtest.h>

#include "kvssink.h"
#include "logging/log_sink.h"

int main(int argc, char** argv) {
  g_setenv("GST_REGISTRY_DISABLE", "yes", TRUE);  // no plugin but GStreamer's own core and ours
  gst_init(&argc, &argv);
  testing::InitGoogleTest(&argc, argv);
  kvs::gst::registerCategories();
  gst_element_register(nullptr, "kvssink", GST_RANK_NONE, GST_TYPE_KVS_SINK);
  const int result = RUN_ALL_TESTS();
  gst_deinit();
  return result;
}
