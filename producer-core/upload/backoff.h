// SPDX-License-Identifier: Apache-2.0
// Capped exponential back-off with full jitter: each delay is drawn from zero to a ceiling that
// doubles with every failure in a row, so that many producers do not come back at one moment.
#pragma once

#include <algorithm>
#include <optional>

#include "base/random.h"
#include "base/time.h"

namespace kvs::upload {

struct BackoffConfig {
  Milliseconds first{200};
  Milliseconds cap{10000};
};

class Backoff {
 public:
  Backoff(BackoffConfig config, std::uint64_t seed) : config_(config), random_(seed) {}

  /// The delay before the next attempt; at least what the service asked for.
  Milliseconds next(std::optional<Milliseconds> retryAfter = {}) { return draw(config_.cap, retryAfter); }
  /// The same under another cap (KMS errors: 60 s).
  Milliseconds draw(Milliseconds cap, std::optional<Milliseconds> retryAfter) {
    const Milliseconds ceiling =
        std::min(cap, Milliseconds(config_.first.count() << std::min(attempts_, 20u)));
    ++attempts_;
    return random_.upTo(ceiling) + retryAfter.value_or(Milliseconds{0});
  }
  void reset() { attempts_ = 0; }
  unsigned attempts() const { return attempts_; }

 private:
  BackoffConfig config_;
  Random random_;
  unsigned attempts_ = 0;
};

}  // namespace kvs::upload
