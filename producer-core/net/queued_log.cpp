// SPDX-License-Identifier: Apache-2.0
#include "net/queued_log.h"

#include <pthread.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <optional>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "net/loop.h"

namespace kvs::net {

namespace {

std::string threadName() {
  std::array<char, 16> name{};
  pthread_getname_np(pthread_self(), name.data(), name.size());
  return name.data();
}

LogLine warningOf(std::string text) {
  return {LogLevel::warning, Room::stream, {}, std::move(text), systemClock().wallNow(), threadName()};
}

}  // namespace

/// What the worker's tasks hold. Of the writer the worker alone is in charge; others only ask it what it
/// wants, and only before their own reference to the log is gone.
class QueuedLog::State : public std::enable_shared_from_this<QueuedLog::State> {
 public:
  State(Open open, std::shared_ptr<LogSink> otherwise)
      : open_(std::move(open)), otherwise_(std::move(otherwise)), worker_(Loop::worker()) {}
  /// A writer that is left is one that the worker did not live to close (exit, fork): its library may be
  /// gone before it.
  ~State() { static_cast<void>(writer_.release()); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  bool inForkedChild() const { return ::getpid() != maker_; }
  bool hasFailed() const { return phase_.load(std::memory_order_acquire) == Phase::failed; }
  bool wants(LogLevel level, Room room) const;
  void add(LogLine line);
  void whenFailed(std::function<void(const Error&)> told);
  void post(void (State::*task)());

  // The worker's.
  void open();
  void drain();
  void close();

 private:
  enum class Phase { opening, open, failed };
  std::vector<LogLine> take(std::uint64_t& dropped);
  void pass(const LogLine& line);

  Open open_;
  const std::shared_ptr<LogSink> otherwise_;
  const pid_t maker_ = ::getpid();
  std::unique_ptr<LogWriter> writer_;
  std::atomic<Phase> phase_{Phase::opening};

  Mutex mutex_{"queued log"};
  std::shared_ptr<Loop> worker_ KVS_GUARDED_BY(mutex_);  // let go of where nothing is left to write
  std::vector<LogLine> lines_ KVS_GUARDED_BY(mutex_);
  std::uint64_t dropped_ KVS_GUARDED_BY(mutex_) = 0;
  std::optional<Error> error_ KVS_GUARDED_BY(mutex_);
  std::vector<std::function<void(const Error&)>> listeners_ KVS_GUARDED_BY(mutex_);
};

bool QueuedLog::State::wants(LogLevel level, Room room) const {
  switch (phase_.load(std::memory_order_acquire)) {
    case Phase::opening:
      return level != LogLevel::trace;
    case Phase::open:
      return writer_->wants(level, room);
    case Phase::failed:
      return otherwise_ && otherwise_->wants(level, room);
  }
  return false;
}

void QueuedLog::State::post(void (State::*task)()) {
  std::shared_ptr<Loop> worker;
  {
    const Lock lock(mutex_);
    worker = worker_;
  }
  if (!worker) return (this->*task)();  // it failed: there is no writer that needs the worker
  worker->post([self = shared_from_this(), task] { (*self.*task)(); });
}

void QueuedLog::State::add(LogLine line) {
  if (hasFailed()) return pass(line);
  bool first = false;
  {
    const Lock lock(mutex_);
    if (lines_.size() >= bound) {
      ++dropped_;
      return;
    }
    first = lines_.empty();
    lines_.push_back(std::move(line));
  }
  if (first) post(&State::drain);
}

void QueuedLog::State::whenFailed(std::function<void(const Error&)> told) {
  std::optional<Error> error;
  {
    const Lock lock(mutex_);
    if (phase_ == Phase::opening) return listeners_.push_back(std::move(told));
    error = error_;
  }
  if (error) told(*error);
}

void QueuedLog::State::open() {
  auto writer = std::exchange(open_, nullptr)();
  std::vector<std::function<void(const Error&)>> listeners;
  // Libraries that came with the writer have exit handlers, and must not be gone before the worker.
  Loop::endAtExit();
  {
    const Lock lock(mutex_);
    listeners.swap(listeners_);
    if (writer) {
      writer_ = std::move(*writer);
    } else {
      error_ = writer.error();
    }
    phase_.store(writer_ ? Phase::open : Phase::failed, std::memory_order_release);
  }
  drain();
  if (writer_) return;
  for (const auto& told : listeners)
    told(writer.error());
  const Lock lock(mutex_);
  worker_.reset();
}

std::vector<LogLine> QueuedLog::State::take(std::uint64_t& dropped) {
  const Lock lock(mutex_);
  dropped = std::exchange(dropped_, 0);
  return std::exchange(lines_, {});
}

void QueuedLog::State::drain() {
  std::uint64_t dropped = 0;
  for (const LogLine& line : take(dropped))
    pass(line);
  if (dropped > 0) {
    pass(warningOf(std::to_string(dropped) +
                   " lines are missing here: they came faster than this log can be written"));
  }
}

void QueuedLog::State::pass(const LogLine& line) {
  if (writer_) {
    if (writer_->wants(line.level, line.room)) writer_->write(line);
  } else if (otherwise_ && otherwise_->wants(line.level, line.room)) {
    otherwise_->write(line.level, line.room, line.stream, line.text);
  }
}

void QueuedLog::State::close() {
  drain();
  writer_.reset();
}

QueuedLog::QueuedLog(Open open, std::shared_ptr<LogSink> otherwise)
    : state_(std::make_shared<State>(std::move(open), std::move(otherwise))) {
  state_->post(&State::open);
}

QueuedLog::~QueuedLog() {
  if (!state_->inForkedChild()) state_->post(&State::close);
}

void QueuedLog::whenFailed(std::function<void(const Error&)> told) {
  state_->whenFailed(std::move(told));
}

bool QueuedLog::hasFailed() const {
  return state_->hasFailed();
}

bool QueuedLog::wants(LogLevel level, Room room) const {
  return state_->wants(level, room);
}

void QueuedLog::write(LogLevel level, Room room, std::string_view stream, std::string_view text) {
  if (state_->inForkedChild()) return;
  state_->add({level, room, std::string(stream), std::string(text), systemClock().wallNow(), threadName()});
}

}  // namespace kvs::net
