// SPDX-License-Identifier: Apache-2.0
#include "report/status_line.h"

#include <cmath>

namespace kvs::gst {

namespace {

std::string whole(double number) {
  return std::to_string(std::llround(number));
}

std::string seconds(Nanoseconds time) {
  const auto tenths = std::chrono::round<std::chrono::duration<std::int64_t, std::deci>>(time).count();
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
}

}  // namespace

std::string statusLine(const StreamStats& stats) {
  if (stats.state.empty()) return "stopped";
  return stats.state + " " + whole(stats.frameRate) + "/s " + whole(stats.transferRate * 8 / 1000) +
         " kbit/s, " + seconds(stats.durationBuffered) + " s buffered, " + std::to_string(stats.framesLost) +
         " lost";
}

}  // namespace kvs::gst
