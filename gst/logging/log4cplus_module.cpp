// SPDX-License-Identifier: Apache-2.0
// The one file that knows log4cplus. Each configuration is a Hierarchy of its own, so that an application's
// own use of log4cplus is left alone; loggers are named like the GST_DEBUG categories.
#include <log4cplus/configurator.h>
#include <log4cplus/helpers/loglog.h>
#include <log4cplus/helpers/property.h>
#include <log4cplus/hierarchy.h>
#include <log4cplus/spi/loggingevent.h>
#include <unistd.h>

#include <array>
#include <exception>
#include <utility>

#include "logging/log_module.h"

namespace log4cplus {
// Exported, but declared in none of the headers that 2.0.8 installs.
LOG4CPLUS_EXPORT void shutdownThreadPool();
}  // namespace log4cplus

namespace kvs::gst {

namespace {

constexpr std::array rooms{Room::stream, Room::store, Room::media, Room::mkv, Room::aws, Room::net};

std::string loggerName(Room room) {
  return "kvs-" + std::string(roomName(room));
}

log4cplus::LogLevel levelOf(LogLevel level) {
  switch (level) {
    case LogLevel::error:
      return log4cplus::ERROR_LOG_LEVEL;
    case LogLevel::warning:
      return log4cplus::WARN_LOG_LEVEL;
    case LogLevel::info:
      return log4cplus::INFO_LOG_LEVEL;
    case LogLevel::debug:
      return log4cplus::DEBUG_LOG_LEVEL;
    case LogLevel::trace:
      return log4cplus::TRACE_LOG_LEVEL;
  }
  return log4cplus::TRACE_LOG_LEVEL;
}

/// The first file that an appender should write and cannot; empty where there is none. `properties` are those
/// that the configurator went by: without their prefix, and with variables replaced.
std::string unwritable(const log4cplus::helpers::Properties& properties) {
  const auto appenders = properties.getPropertySubset("appender.");
  for (const std::string& name : appenders.propertyNames()) {
    const std::string& path = appenders.getProperty(name);
    if (name.ends_with(".File") && ::access(path.c_str(), W_OK) != 0) return path;
  }
  return {};
}

class Log4cplusWriter final : public net::LogWriter {
 public:
  explicit Log4cplusWriter(const log4cplus::helpers::Properties& properties) {
    log4cplus::PropertyConfigurator configurator(properties, hierarchy_);
    configurator.configure();
    unwritable_ = unwritable(configurator.getProperties());
    for (std::size_t i = 0; i < rooms.size(); ++i) {
      loggers_[i] = hierarchy_.getInstance(loggerName(rooms[i]));
      levels_[i] = loggers_[i].getChainedLogLevel();
    }
  }
  ~Log4cplusWriter() override { hierarchy_.shutdown(); }
  Log4cplusWriter(const Log4cplusWriter&) = delete;
  Log4cplusWriter& operator=(const Log4cplusWriter&) = delete;

  bool hasAppender() {
    if (!hierarchy_.getRoot().getAllAppenders().empty()) return true;
    for (log4cplus::Logger& logger : hierarchy_.getCurrentLoggers())
      if (!logger.getAllAppenders().empty()) return true;
    return false;
  }

  const std::string& unwritableFile() const { return unwritable_; }

  bool wants(LogLevel level, Room room) const override {
    return levelOf(level) >= levels_[static_cast<std::size_t>(room)];
  }

  void write(const net::LogLine& line) override {
    try {
      log4cplus::Logger& logger = loggers_[static_cast<std::size_t>(line.room)];
      const std::string text = line.stream.empty() ? line.text : line.stream + ": " + line.text;
      logger.callAppenders(log4cplus::spi::InternalLoggingEvent(logger.getName(), levelOf(line.level), {}, {},
                                                                text, line.thread, line.thread,
                                                                timeOf(line.time), {}, 0, {}));
    } catch (const std::exception&) {  // a line that cannot be written: there is no other place to say so
      return;
    }
  }

 private:
  static log4cplus::helpers::Time timeOf(WallTime time) {
    return log4cplus::helpers::Time(
        std::chrono::duration_cast<log4cplus::helpers::Duration>(time.time_since_epoch()));
  }

  log4cplus::Hierarchy hierarchy_;
  std::string unwritable_;
  std::array<log4cplus::Logger, rooms.size()> loggers_;
  std::array<log4cplus::LogLevel, rooms.size()> levels_{};
};

/// The worker is all the background that a log needs. An appender that hands its lines to log4cplus's own
/// threads would find none.
void takeOutThreads(log4cplus::helpers::Properties& properties) {
  for (const std::string& name : properties.propertyNames())
    if (name.ends_with(".AsyncAppend")) properties.removeProperty(name);
}

/// Nothing of log4cplus but the appenders is used: not its threads, nor its own words on stderr.
void quieten() {
  log4cplus::shutdownThreadPool();
  log4cplus::helpers::LogLog::getLogLog()->setQuietMode(true);
}

bool open(const char* path, bool shared, std::unique_ptr<net::LogWriter>& writer, std::string& trouble) {
  if (!shared) quieten();
  log4cplus::helpers::Properties properties(path);
  takeOutThreads(properties);
  auto opened = std::make_unique<Log4cplusWriter>(properties);
  if (!opened->hasAppender()) {
    trouble =
        "it names no appender that log4cplus can make: its first line must be like "
        "log4cplus.rootLogger=INFO, "
        "KvsFileAppender, and that appender must be defined below";
    return false;
  }
  if (const std::string& file = opened->unwritableFile(); !file.empty()) {
    trouble = "its log file " + file + " cannot be written: the folder must exist (CreateDirs=true makes it)";
    return false;
  }
  writer = std::move(opened);
  return true;
}

}  // namespace

}  // namespace kvs::gst

extern "C" __attribute__((visibility("default"))) bool kvssinkOpenLog1(
    const char* path, bool shared, std::unique_ptr<kvs::net::LogWriter>& writer, std::string& trouble) {
  try {
    return kvs::gst::open(path, shared, writer, trouble);
  } catch (const std::exception& error) {
    trouble = error.what();
    return false;
  }
}
