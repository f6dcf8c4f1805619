// SPDX-License-Identifier: Apache-2.0
#include "report/tasks.h"

namespace kvs::gst {

namespace {

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

void Tasks::connection(const ConnectionChange& change) {
  Progress::Step step;
  {
    const Lock lock(mutex_);
    step = stepOf(connect_, change);
  }
  post(element_, step);
}

void Tasks::draining(const std::string& text) {
  Progress::Step step;
  {
    const Lock lock(mutex_);
    step = drain_.go(text);
  }
  post(element_, step);
}

void Tasks::drained(GstProgressType how, const std::string& text) {
  Progress::Step step;
  {
    const Lock lock(mutex_);
    step = drain_.end(how, text);
  }
  post(element_, step);
}

void Tasks::failed(const Error& error) {
  Progress::Step connect;
  Progress::Step drain;
  {
    const Lock lock(mutex_);
    connect = connect_.end(GST_PROGRESS_TYPE_ERROR, error.message);
    drain = drain_.end(GST_PROGRESS_TYPE_ERROR, error.message);
  }
  post(element_, connect);
  post(element_, drain);
}

void Tasks::setPlaying(bool playing) {
  Progress::Step connect;
  Progress::Step drain;
  {
    const Lock lock(mutex_);
    connect = connect_.setPlaying(playing);
    drain = drain_.setPlaying(playing);
  }
  post(element_, connect);
  post(element_, drain);
}

void Tasks::reset() {
  const Lock lock(mutex_);
  connect_.reset();
  drain_.reset();
}

}  // namespace kvs::gst
