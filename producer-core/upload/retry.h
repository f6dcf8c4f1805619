// SPDX-License-Identifier: Apache-2.0
// Whether, and when, to try again after a failure: the back-off, what the service asked for, and for how long
// a stream may fail before it is given up.
#pragma once

#include <cstdint>
#include <optional>

#include "base/error.h"
#include "base/time.h"
#include "upload/backoff.h"

namespace kvs::upload {

struct RetryConfig {
  bool restartOnError = true;  ///< else the first failure ends the stream
  Milliseconds timeout{0};     ///< a failure that lasts for longer ends the stream; 0: none does
  BackoffConfig backoff{};
  Milliseconds kmsCap{60000};
  Milliseconds busyCap{60000};  ///< of what a service that has too much to do asks for
};

class Retry {
 public:
  Retry(RetryConfig config, std::uint64_t seed) : config_(config), backoff_(config.backoff, seed) {}

  /// The error that ends the stream where it is not to be tried again.
  std::optional<Error> whyNot(const Error& error, TimePoint now);
  /// Until the next attempt.
  Milliseconds delay(const Error& error, TimePoint now);
  /// The same for trouble with the stream's key, which somebody has to mend.
  Milliseconds kmsDelay(const Error& error, TimePoint now);
  /// For a wait that is no failure.
  Milliseconds pause() { return backoff_.next(); }

  /// Something has become durable.
  void succeeded();
  /// Nothing is to be done, so nothing fails.
  void rest() { failingSince_.reset(); }
  unsigned attempts() const { return backoff_.attempts(); }

 private:
  Milliseconds delay(const Error& error, TimePoint now, Milliseconds cap);
  std::optional<Milliseconds> granted(const Error& error) const;

  const RetryConfig config_;
  Backoff backoff_;
  std::optional<TimePoint> failingSince_;  ///< nothing has gone well from then on
};

}  // namespace kvs::upload
