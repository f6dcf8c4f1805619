// SPDX-License-Identifier: Apache-2.0
#include "report/announcer.h"

#include <utility>

namespace kvs::gst {

namespace {

TimePoint monotonicNow() {
  return TimePoint(std::chrono::microseconds(g_get_monotonic_time()));
}

std::string reasonOf(const ConnectionChange& change) {
  return change.reason ? change.reason->message : std::string("the connection is gone");
}

/// What `connect` says when the connection changes so.
Progress::Step stepOf(Progress& connect, const ConnectionChange& change) {
  switch (change.state) {
    case ConnectionState::connecting:
      return connect.go("connecting");
    case ConnectionState::retrying:
      return connect.go("attempt " + std::to_string(change.attempt + 1) + " in " +
                        std::to_string(change.delay.count()) + " ms: " + reasonOf(change));
    case ConnectionState::disconnected:
      return connect.go("disconnected: " + reasonOf(change));
    case ConnectionState::ready:
    case ConnectionState::streaming:
      return connect.end(GST_PROGRESS_TYPE_COMPLETE, "connected");
    case ConnectionState::drained:
      return connect.end(GST_PROGRESS_TYPE_COMPLETE, "nothing is left to be sent");
    case ConnectionState::stopped:
      break;
  }
  return connect.end(GST_PROGRESS_TYPE_CANCELED, "stopped");
}

}  // namespace

void Announcer::warn(ErrorCode code, const Error& error) {
  std::optional<Warning> now;
  {
    const std::lock_guard lock(mutex_);
    now = warnings_.add({code, error}, monotonicNow());
    if (!now) schedule();
  }
  if (now) post(*now);
}

void Announcer::schedule() {
  const auto next = warnings_.nextDue();
  if (!next) return;
  const Nanoseconds delay = std::max(*next - monotonicNow(), Nanoseconds{0});
  due_.start(delay, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self) return;
    self->executor_->post([weak] {
      if (const auto announcer = weak.lock()) announcer->tellDue();
    });
  });
}

void Announcer::tellDue() {
  std::vector<Warning> due;
  {
    const std::lock_guard lock(mutex_);
    due = warnings_.takeDue(monotonicNow());
    schedule();
  }
  for (const Warning& warning : due)
    post(warning);
}

void Announcer::flush() {
  std::vector<Warning> held;
  {
    const std::lock_guard lock(mutex_);
    due_.cancel();
    held = warnings_.takeAll();
  }
  for (const Warning& warning : held)
    post(warning);
}

void Announcer::post(const Warning& warning) const {
  const ElementRef element = element_->lock();
  if (element) postWarning(element.get(), warning.code, warning.error, warning.count);
}

void Announcer::post(const Progress::Step& step) const {
  if (!step) return;
  if (const ElementRef element = element_->lock()) gst::post(element.get(), step);
}

void Announcer::connection(const ConnectionChange& change) {
  Progress::Step step;
  {
    const std::lock_guard lock(mutex_);
    step = stepOf(connect_, change);
  }
  post(step);
}

void Announcer::connectionFailed(const Error& error) {
  Progress::Step connect;
  Progress::Step drain;
  {
    const std::lock_guard lock(mutex_);
    connect = connect_.end(GST_PROGRESS_TYPE_ERROR, error.message);
    drain = drain_.end(GST_PROGRESS_TYPE_ERROR, error.message);
  }
  post(connect);
  post(drain);
}

void Announcer::draining(const std::string& text) {
  Progress::Step step;
  {
    const std::lock_guard lock(mutex_);
    step = drain_.go(text);
  }
  post(step);
}

void Announcer::drained(GstProgressType how, const std::string& text) {
  Progress::Step step;
  {
    const std::lock_guard lock(mutex_);
    step = drain_.end(how, text);
  }
  post(step);
}

void Announcer::setPlaying(bool playing) {
  Progress::Step connect;
  Progress::Step drain;
  {
    const std::lock_guard lock(mutex_);
    connect = connect_.setPlaying(playing);
    drain = drain_.setPlaying(playing);
  }
  post(connect);
  post(drain);
}

void Announcer::reset() {
  const std::lock_guard lock(mutex_);
  connect_.reset();
  drain_.reset();
}

}  // namespace kvs::gst
