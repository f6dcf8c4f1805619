// SPDX-License-Identifier: Apache-2.0
// What the element is busy with, as GST_MESSAGE_PROGRESS: `connect`, from the first attempt, or a lost
// connection, until the stream is ready to take media or takes it; `drain`, from the end of the stream until
// nothing is left.
#pragma once

#include <gst/gst.h>

#include <string>

#include "base/error.h"
#include "base/mutex.h"
#include "base/news.h"
#include "report/progress.h"

namespace kvs::gst {

/// A part of the Reporter. Any thread, with no lock held.
class Tasks {
 public:
  explicit Tasks(GstElement* element) : element_(element) {}

  void connection(const ConnectionChange& change);
  void draining(const std::string& text);
  void drained(GstProgressType how, const std::string& text);
  /// The stream has ended by this error.
  void failed(const Error& error);

  void setPlaying(bool playing);
  /// From READY into PAUSED.
  void reset();

 private:
  GstElement* const element_;
  Mutex mutex_{"tasks"};
  Progress connect_ KVS_GUARDED_BY(mutex_){"connect"};
  Progress drain_ KVS_GUARDED_BY(mutex_){"drain"};
};

}  // namespace kvs::gst
