// SPDX-License-Identifier: Apache-2.0
// Frames that are not taken, one after another: the first is reported at once, the others together when a
// frame is taken again, another reason comes, or the stream ends. Any thread.
#pragma once

#include <atomic>
#include <optional>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "base/news.h"

namespace kvs::intake {

class DroppedRun {
 public:
  /// A frame was not taken: what is to be told now.
  std::vector<FramesDropped> add(FrameFate why, WallTime at) KVS_EXCLUDES(mutex_) {
    const Lock lock(mutex_);
    std::vector<FramesDropped> told;
    if (!why_ || *why_ != why) {
      if (auto rest = finish()) told.push_back(*rest);
      why_ = why;
      runs_.store(true, std::memory_order_relaxed);
      told.push_back({1, why, at, at});
      return told;
    }
    untold_.add({1, why, at, at});
    return told;
  }

  /// A frame was taken, or none come any more: what is left to be told.
  std::optional<FramesDropped> end() KVS_EXCLUDES(mutex_) {
    if (!runs_.load(std::memory_order_relaxed)) return std::nullopt;  // nearly always
    const Lock lock(mutex_);
    return finish();
  }

 private:
  std::optional<FramesDropped> finish() KVS_REQUIRES(mutex_) {
    why_.reset();
    runs_.store(false, std::memory_order_relaxed);
    const FramesDropped rest = std::exchange(untold_, {});
    return rest.count > 0 ? std::optional(rest) : std::nullopt;
  }

  Mutex mutex_{"dropped run"};
  std::atomic<bool> runs_{false};
  std::optional<FrameFate> why_ KVS_GUARDED_BY(mutex_);  ///< of the run
  FramesDropped untold_ KVS_GUARDED_BY(mutex_);
};

}  // namespace kvs::intake
