// SPDX-License-Identifier: Apache-2.0
#include "logging/log_sink.h"

#include <array>

namespace kvs::gst {

namespace {

constexpr std::size_t roomCount = 6;  // Room::stream to Room::net

GstDebugCategory* element = nullptr;
std::array<GstDebugCategory*, roomCount> rooms{};

GstDebugLevel levelOf(LogLevel level) {
  switch (level) {
    case LogLevel::error:
      return GST_LEVEL_ERROR;
    case LogLevel::warning:
      return GST_LEVEL_WARNING;
    case LogLevel::info:
      return GST_LEVEL_INFO;
    case LogLevel::debug:
      return GST_LEVEL_DEBUG;
    case LogLevel::trace:
      return GST_LEVEL_TRACE;
  }
  return GST_LEVEL_LOG;
}

GstDebugCategory* categoryOf(Room room) {
  return rooms.at(static_cast<std::size_t>(room));
}

class DebugLogSink final : public LogSink {
 public:
  bool wants(LogLevel level, Room room) const override {
    const GstDebugLevel wanted = levelOf(level);
    return wanted <= _gst_debug_min && wanted <= gst_debug_category_get_threshold(categoryOf(room));
  }

  void write(LogLevel level, Room room, std::string_view stream, std::string_view text) override {
    const std::string place(roomName(room));
    gst_debug_log(categoryOf(room), levelOf(level), place.c_str(), "", 0, nullptr, "%.*s%s%.*s",
                  static_cast<int>(stream.size()), stream.data(), stream.empty() ? "" : ": ",
                  static_cast<int>(text.size()), text.data());
  }
};

}  // namespace

void registerCategories() {
  GST_DEBUG_CATEGORY_INIT(element, "kvssink", 0, "Kinesis Video Streams sink: the element");
  const auto add = [](Room room, const char* name, const char* text) {
    GST_DEBUG_CATEGORY_INIT(rooms.at(static_cast<std::size_t>(room)), name, 0, text);
  };
  add(Room::stream, "kvs-stream", "Kinesis Video Streams: a stream's life, sessions and retries");
  add(Room::store, "kvs-store", "Kinesis Video Streams: the log of fragments and its budgets");
  add(Room::media, "kvs-media", "Kinesis Video Streams: frames, codec data, NAL adaptation");
  add(Room::mkv, "kvs-mkv", "Kinesis Video Streams: writing Matroska");
  add(Room::aws, "kvs-aws", "Kinesis Video Streams: calls, credentials, signatures");
  add(Room::net, "kvs-net", "Kinesis Video Streams: connections");
}

GstDebugCategory* elementCategory() {
  return element;
}

std::shared_ptr<LogSink> makeLogSink() {
  return std::make_shared<DebugLogSink>();
}

}  // namespace kvs::gst
