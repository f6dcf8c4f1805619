// SPDX-License-Identifier: Apache-2.0
// Setting the clock by what the service says when it refuses a request.
#pragma once

#include "base/corrected_clock.h"
#include "base/error.h"

namespace kvs::aws {

/// The service refused something because of its time, and said when: where that moves `clock`, the error
/// becomes one of ErrorKind::clock, with a warning for the user; else it stays as it is.
Error learnTime(Error error, CorrectedClock& clock);

/// The same for the error of a request, if it is one of ErrorKind::auth: a wrong clock may be the reason. The
/// dates of other answers are not looked at, since such an answer may come from a cache.
Error learnTimeIfRefused(Error error, CorrectedClock& clock);

}  // namespace kvs::aws
