// SPDX-License-Identifier: Apache-2.0
// What ERROR acknowledgements have said so far: which fragment is sent again, and which is set aside since
// that did not help; and when so many are refused that sending more is of no use.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

#include "base/status.h"
#include "base/time.h"
#include "upload/life_event.h"

namespace kvs::upload {

class Refusals {
 public:
  enum class Verdict {
    resend,
    stripTags,  ///< and resend
    setAside,
    giveUp,  ///< whatever is sent is refused
  };
  /// Of a refusal that concerns a fragment, or may.
  Verdict judge(const event::AckRefused& refusal, TimePoint now);

  bool isFirstOfKms() { return !std::exchange(kmsFailed_, true); }
  bool isFirstOfClock() { return !std::exchange(clockRefused_, true); }

  /// A fragment was accepted: what is refused next is refused for the first time.
  void persisted();

 private:
  Verdict setAside(const event::AckRefused& refusal, TimePoint now);
  bool areTooMany(StatusCode code, TimePoint now);

  std::optional<std::uint64_t> suspect_;  ///< refused once, not yet set aside
  bool suspectUnknown_ = false;           ///< an error that named no fragment, once
  bool kmsFailed_ = false;
  bool clockRefused_ = false;
  StatusCode last_ = StatusCode::success;
  unsigned sameInARow_ = 0;
  std::deque<TimePoint> recent_;  ///< of the last minute
};

}  // namespace kvs::upload
