// SPDX-License-Identifier: Apache-2.0
#include "report/status_line.h"

#include <gtest/gtest.h>

#include "support.h"

namespace kvs::test {
namespace {

using namespace std::chrono_literals;

StreamStats streaming() {
  StreamStats stats;
  stats.state = "streaming";
  stats.frameRate = 24.9;
  stats.transferRate = 101'500;
  stats.durationBuffered = 1249ms;
  stats.framesLost = 3;
  return stats;
}

TEST(StatusLine, HasTheStateAndTheRatesInItsFirst25Characters) {
  const std::string line = gst::statusLine(streaming());
  EXPECT_EQ(line, "streaming 25/s 812 kbit/s, 1.2 s buffered, 3 lost");
  EXPECT_EQ(line.substr(0, 25), "streaming 25/s 812 kbit/s");
}

TEST(StatusLine, SaysSoWithoutAStream) {
  EXPECT_EQ(gst::statusLine({}), "stopped");
}

std::string statusOf(GstElement* sink) {
  gchar* status = nullptr;
  g_object_get(sink, "status", &status, nullptr);
  const gst::Text owned(status);
  return status ? status : "";
}

TEST_F(ElementTest, ShowsItsStatusInDotFiles) {
  core.stats = streaming();
  EXPECT_EQ(statusOf(sink()), "stopped");
  Upstream camera;
  start(camera);
  EXPECT_EQ(statusOf(sink()), gst::statusLine(streaming()));
  // What gst-launch draws at each state change, for somebody else's bin around the element.
  GstElement* const bin = gst_pipeline_new("around");
  gst_bin_add(GST_BIN(bin), sink());
  const gst::Text dot(gst_debug_bin_to_dot_data(GST_BIN(bin), GST_DEBUG_GRAPH_SHOW_ALL));
  EXPECT_NE(std::string(dot.get()).find("status="), std::string::npos) << dot.get();
  setState(GST_STATE_NULL);
  gst_bin_remove(GST_BIN(bin), sink());
  gst_object_unref(bin);
}

}  // namespace
}  // namespace kvs::test
