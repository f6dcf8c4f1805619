// SPDX-License-Identifier: Apache-2.0
#include "aws/learn_time.h"

#include <cstdlib>
#include <utility>

namespace kvs::aws {

Error learnTime(Error error, CorrectedClock& clock) {
  if (!error.serverDate) return error;
  const Nanoseconds off = clock.learn(*error.serverDate);
  if (off == Nanoseconds{0}) return error;
  const auto seconds = std::chrono::duration_cast<Seconds>(off).count();
  error.kind = ErrorKind::clock;
  error.message =
      "This machine's clock is " + std::to_string(std::abs(seconds)) + " s " +
      (seconds > 0 ? "behind" : "ahead of") +
      " the service's. Requests are signed with the service's time from now on, and fragments use "
      "it; set the machine's clock, for instance with NTP.";
  return error;
}

Error learnTimeIfRefused(Error error, CorrectedClock& clock) {
  return error.kind == ErrorKind::auth ? learnTime(std::move(error), clock) : error;
}

}  // namespace kvs::aws
