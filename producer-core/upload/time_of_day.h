// SPDX-License-Identifier: Apache-2.0
// The service may know better what time it is. What has been learnt goes to the fragments, and to the user.
// Used on the loop's thread.
#pragma once

#include <mutex>

#include "base/corrected_clock.h"
#include "base/error.h"
#include "stream/stream_buffer.h"
#include "upload/reports.h"

namespace kvs::upload {

class TimeOfDay {
 public:
  using Which = intake::Timeline::Correct;

  TimeOfDay(const CorrectedClock& clock, stream::StreamBuffer& buffer, Reports& reports)
      : clock_(clock), buffer_(buffer), reports_(reports) {}

  /// A refusal may have corrected the clock.
  void heed(const Error& error, Which which = Which::unseen) {
    if (error.kind != ErrorKind::clock) return;
    takeUp(which);
    reports_.warn(error);
  }
  /// Also what other streams have learnt.
  void takeUp(Which which = Which::unseen) {
    const std::lock_guard lock(buffer_.mutex);
    buffer_.timeline.correct(clock_.moved(), which);
    for (store::FragmentLog* log : buffer_.feed->logs())
      log->correct(clock_.moved(), which);
  }

 private:
  const CorrectedClock& clock_;
  stream::StreamBuffer& buffer_;
  Reports& reports_;
};

}  // namespace kvs::upload
