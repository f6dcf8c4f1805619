// SPDX-License-Identifier: Apache-2.0
// Whether a loop lets wake-ups gather before its next pass: where different things are woken within a
// millisecond, as the streams of a busy process are, one pass can serve them all. One stream alone, whatever
// its rate, is served at once. Pure: no clock, no thread.
#pragma once

#include "base/time.h"

namespace kvs::net {

class Pacing {
 public:
  static constexpr Milliseconds kTogether{1};

  /// A thing that another thread woke was served.
  void served(const void* what, TimePoint now) {
    if (what != last_) other_ = lastAt_;
    last_ = what;
    lastAt_ = now;
    any_ = true;
  }

  /// After a pass: whether the next one should wait for company.
  bool endOfPass() {
    const bool several = any_ && other_ != TimePoint{} && lastAt_ - other_ <= kTogether;
    any_ = false;
    return several;
  }

 private:
  const void* last_ = nullptr;  // compared, never used
  TimePoint lastAt_{};
  TimePoint other_{};  // when something else than last_ was served
  bool any_ = false;
};

}  // namespace kvs::net
