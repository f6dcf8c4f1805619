// SPDX-License-Identifier: Apache-2.0
// The signal `stream-client-metric`: with a key frame, at most once a second, where it is wanted and heard.
#pragma once

#include <gst/gst.h>

#include <atomic>
#include <functional>
#include <memory>

#include "report/stats.h"
#include "threads/element_executor.h"

namespace kvs::gst {

/// A part of the Reporter. Any thread.
class Metrics {
 public:
  /// `counts` is called on the executor.
  Metrics(GstElement* element, std::shared_ptr<ElementExecutor> executor, std::function<Counts()> counts)
      : element_(element), executor_(std::move(executor)), counts_(std::move(counts)) {}

  void setWanted(bool wanted) { wanted_ = wanted; }
  /// A key frame was taken: time for metrics. Only queues.
  void keyFrameTaken();
  /// From READY into PAUSED.
  void reset() { queued_ = false; }

 private:
  void emit();

  GstElement* const element_;
  const std::shared_ptr<ElementExecutor> executor_;
  const std::function<Counts()> counts_;
  std::atomic<bool> wanted_{false};
  std::atomic<bool> queued_{false};
  std::atomic<gint64> emittedAt_{0};  // the last time, monotonic us
};

}  // namespace kvs::gst
