// SPDX-License-Identifier: Apache-2.0
// A log whose lines go to something that may block, such as a file: they are queued, and written by the
// process's worker. If the log falls behind, it drops lines and reports how many.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/log.h"
#include "base/time.h"

namespace kvs::net {

/// A line with the circumstances in which it was logged: it may be written later, by another thread.
struct LogLine {
  LogLevel level = LogLevel::info;
  Room room = Room::stream;
  std::string stream;  ///< empty if the line is not about a stream
  std::string text;
  WallTime time{};
  std::string thread;  ///< the name of the thread that logged it
};

/// Where the lines go.
class LogWriter {
 public:
  virtual ~LogWriter() = default;
  /// Any thread.
  virtual bool wants(LogLevel level, Room room) const = 0;
  /// Called on the worker, which also destroys the writer.
  virtual void write(const LogLine& line) = 0;
};

/// Any number of streams may share one. In a forked child, the parent's logs are silent.
class QueuedLog final : public LogSink {
 public:
  /// How many lines may wait; those that find no place are counted.
  static constexpr std::size_t bound = 4096;

  using Open = std::function<Result<std::unique_ptr<LogWriter>>()>;
  /// `open` runs on the worker. Until then, all lines except traces are kept. If it fails, they go to
  /// `otherwise`, as do all later ones.
  QueuedLog(Open open, std::shared_ptr<LogSink> otherwise);
  /// Does not wait: what is queued is still written, then the writer is destroyed.
  ~QueuedLog() override;
  QueuedLog(const QueuedLog&) = delete;
  QueuedLog& operator=(const QueuedLog&) = delete;

  /// Calls `told` with the error of `open`, if there is one: on the worker, or at once if it is known.
  void whenFailed(std::function<void(const Error&)> told);

  /// It could not be opened, and never will be.
  bool hasFailed() const;

  bool wants(LogLevel level, Room room) const override;
  void write(LogLevel level, Room room, std::string_view stream, std::string_view text) override;

 private:
  class State;
  const std::shared_ptr<State> state_;
};

}  // namespace kvs::net
