// SPDX-License-Identifier: Apache-2.0
// What the parts of intake share: the log that they write, the stream's one timeline, and what they count and
// have to report. Its owner guards it by the stream's lock.
#pragma once

#include <vector>

#include "base/news.h"
#include "base/rate_meter.h"
#include "base/stats.h"
#include "intake/timeline.h"
#include "store/fragment_log.h"

namespace kvs::intake {

struct IntakeState {
  IntakeState(store::FragmentLog& theLog, TimelineConfig timelineConfig)
      : log(theLog), timeline(timelineConfig) {}

  store::FragmentLog& log;
  Timeline timeline;
  IntakeCounts stats;
  RateMeter frameRate;       ///< of stats.framesIn
  std::vector<News> news;    ///< noted under the lock, and reported without it
  unsigned waiting = 0;      ///< frames that wait for room, offline
  bool interrupted = false;  ///< they are not to
};

}  // namespace kvs::intake
