// SPDX-License-Identifier: Apache-2.0
// How the core logs: to one sink with one function, which is asked about the level before any text is
// formatted. Every line names its room and, if there is one, its stream.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace kvs {

enum class LogLevel : std::uint8_t { error, warning, info, debug, trace };

/// The room that a line comes from. The plugin has a GST_DEBUG category for each.
enum class Room : std::uint8_t { stream, store, media, mkv, aws, net };
std::string_view roomName(Room room);

class LogSink {
 public:
  virtual ~LogSink() = default;
  /// Cheap; called from any thread before a line is formatted.
  virtual bool wants(LogLevel level, Room room) const = 0;
  /// Called from any thread, including the loop: must not block.
  virtual void write(LogLevel level, Room room, std::string_view stream, std::string_view text) = 0;
};

/// A sink bound to a stream's name. Copies share the sink. The default one logs nothing.
class Logger {
 public:
  Logger() = default;
  Logger(std::shared_ptr<LogSink> sink, std::string stream)
      : sink_(std::move(sink)), stream_(std::move(stream)) {}

  bool wants(LogLevel level, Room room) const { return sink_ && sink_->wants(level, room); }

  /// `makeText` only runs if the line is wanted.
  template <class MakeText>
  void log(LogLevel level, Room room, MakeText&& makeText) const {
    if (wants(level, room)) sink_->write(level, room, stream_, makeText());
  }

 private:
  std::shared_ptr<LogSink> sink_;
  std::string stream_;
};

}  // namespace kvs
