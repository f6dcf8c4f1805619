// SPDX-License-Identifier: Apache-2.0
// The service may know better what time it is. What has been learnt goes to the fragments, and to the user.
// Used on the loop's thread.
#pragma once

#include "base/corrected_clock.h"
#include "base/error.h"
#include "store/epoch.h"
#include "upload/reports.h"
#include "upload/stream_side.h"

namespace kvs::upload {

class TimeOfDay {
 public:
  using Which = store::Epoch::Correct;

  TimeOfDay(const CorrectedClock& clock, StreamSide& stream, Reports& reports)
      : clock_(clock), stream_(stream), reports_(reports) {}

  /// A refusal may have corrected the clock.
  void heed(const Error& error, Which which = Which::unseen) {
    if (error.kind != ErrorKind::clock) return;
    takeUp(which);
    reports_.warn(error);
  }
  /// Also what other streams have learnt.
  void takeUp(Which which = Which::unseen) { stream_.correctTimes(clock_.moved(), which); }

 private:
  const CorrectedClock& clock_;
  StreamSide& stream_;
  Reports& reports_;
};

}  // namespace kvs::upload
