// SPDX-License-Identifier: Apache-2.0
// How fast the cursor may enter fragments: a token bucket at the service's quota of 5 fragments a
// second. Bytes are left to the service's own back-pressure.
#pragma once

#include <algorithm>

#include "base/time.h"

namespace kvs::upload {

class FragmentPacer {
 public:
  /// `perSecond` <= 0: no pacing. The burst is one second's worth, at least one.
  explicit FragmentPacer(double perSecond)
      : interval_(perSecond > 0 ? Nanoseconds(static_cast<Nanoseconds::rep>(1e9 / perSecond))
                                : Nanoseconds{0}),
        window_(std::max(Nanoseconds(Seconds(1)) - interval_, Nanoseconds{0})) {}

  /// When the next fragment may be entered: `now` or earlier means at once.
  TimePoint nextAt() const { return next_ - window_; }
  bool mayEnter(TimePoint now) const { return interval_ == Nanoseconds{0} || nextAt() <= now; }
  void entered(TimePoint now) { next_ = std::max(next_, now) + interval_; }

 private:
  Nanoseconds interval_;
  Nanoseconds window_;
  TimePoint next_{};
};

}  // namespace kvs::upload
