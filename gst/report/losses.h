// SPDX-License-Identifier: Apache-2.0
// What was lost, many losses in one message: fragments that were dropped, frames that were not taken.
#pragma once

#include <gst/gst.h>

#include <map>
#include <memory>
#include <optional>

#include "base/mutex.h"
#include "base/news.h"
#include "report/structures.h"
#include "report/warnings.h"
#include "threads/deadline.h"

namespace kvs::gst {

/// A part of the Reporter. Posts the first loss at once, and those of a second after it together. Any thread,
/// with no lock held.
class Losses {
 public:
  Losses(GstElement* element, std::shared_ptr<ElementExecutor> executor, Warnings& warnings)
      : element_(element), warnings_(warnings), due_(std::move(executor)) {}

  void add(const FragmentLost& lost);
  void add(const FramesDropped& dropped);
  /// Posts what was held back.
  void flush();
  /// From READY into NULL: nobody is to hear any more what was held back.
  void reset();

 private:
  struct Sums {
    LossSum fragments;
    std::map<FrameFate, FramesDropped> frames;
    bool empty() const { return fragments.fragments == 0 && frames.empty(); }
  };
  Sums take();
  /// Whether a message may be posted now; otherwise it is arranged that one will be.
  bool isDue() KVS_REQUIRES(mutex_);
  void post(const FramesDropped& dropped) const;
  void warn(const LossSum& losses);

  GstElement* const element_;
  Warnings& warnings_;
  Mutex mutex_{"losses"};
  Sums held_ KVS_GUARDED_BY(mutex_);
  /// When the last message was posted, monotonic us.
  std::optional<gint64> posted_ KVS_GUARDED_BY(mutex_);
  Deadline due_ KVS_GUARDED_BY(mutex_);
  bool isSet_ KVS_GUARDED_BY(mutex_) = false;  // the deadline
};

}  // namespace kvs::gst
