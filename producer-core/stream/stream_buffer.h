// SPDX-License-Identifier: Apache-2.0
// What the streaming threads and the loop share, and the one lock that guards it. The lock is held
// to decide, to reserve and to publish; never while a payload is copied, and never while calling out.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/corrected_clock.h"
#include "base/news.h"
#include "base/rate_meter.h"
#include "base/stats.h"
#include "intake/timeline.h"
#include "store/log_feed.h"
#include "upload/life_state.h"

namespace kvs::stream {

struct StreamBuffer {
  StreamBuffer(store::LogLimits limits, store::ChunkPool& pool, const store::FragmentLog::OnLost& onLost,
               intake::TimelineConfig timelineConfig, const store::MakeFeed& makeFeed = {})
      : log(std::move(limits), pool, onLost),
        feed(makeFeed ? makeFeed(log, onLost) : std::make_unique<store::LogFeed>(log)),
        timeline(timelineConfig) {}

  mutable std::mutex mutex;
  /// Room appeared, the log ran empty, the life moved, or a wait is to be given up.
  std::condition_variable changed;

  store::FragmentLog log;
  std::unique_ptr<store::Feed> feed;
  intake::Timeline timeline;
  const CorrectedClock* wall = nullptr;  ///< null: a wall clock that nobody puts right
  bool interrupted = false;
  unsigned waiting = 0;        ///< frames that wait for room, offline
  std::optional<Error> ended;  ///< why no more frames are taken
  /// Where the life stands, and when the service last confirmed anything: what drain() waits by.
  upload::State state = upload::State::configuring;
  TimePoint lastProgress{};
  /// What happened under the lock, in order: reported by whoever held it, after it is released.
  std::vector<News> news;
  StreamStats stats;
  RateMeter frameRate;     ///< of stats.framesIn
  RateMeter transferRate;  ///< of stats.bytesSent
};

}  // namespace kvs::stream
