// SPDX-License-Identifier: Apache-2.0
// What the element says on the bus while it works: warnings, no more often than they help, and what is in
// progress.
#pragma once

#include <gst/gst.h>

#include <memory>
#include <mutex>

#include "base/news.h"
#include "glib/handles.h"
#include "report/progress.h"
#include "report/warning_limit.h"
#include "threads/deadline.h"
#include "threads/executor.h"

namespace kvs::gst {

/// Owned by the element, and kept a moment longer by what is due. All functions may be called from any
/// thread, with no lock held.
class Announcer final : public std::enable_shared_from_this<Announcer> {
 public:
  Announcer(std::shared_ptr<WeakElement> element, std::shared_ptr<CallAsyncExecutor> executor)
      : element_(std::move(element)), executor_(std::move(executor)) {}

  /// The first of a kind at once, the others together and later.
  void warn(ErrorCode code, const Error& error);
  void warn(const Error& error) { warn(errorCodeOf(error), error); }
  /// Says the warnings that were held back.
  void flush();

  // Progress `connect`: from the first attempt, or a lost connection, until the stream is ready to take
  // media or takes it; `drain`: from the end of the stream until nothing is left.
  void connection(const ConnectionChange& change);
  void connectionFailed(const Error& error);
  void draining(const std::string& text);
  void drained(GstProgressType how, const std::string& text);

  void setPlaying(bool playing);
  /// From READY into PAUSED.
  void reset();

 private:
  void post(const Warning& warning) const;
  void post(const Progress::Step& step) const;
  void tellDue();
  void schedule();

  const std::shared_ptr<WeakElement> element_;
  const std::shared_ptr<CallAsyncExecutor> executor_;
  std::mutex mutex_;
  WarningLimit warnings_;
  Deadline due_;
  Progress connect_{"connect"};
  Progress drain_{"drain"};
};

}  // namespace kvs::gst
