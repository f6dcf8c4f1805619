// SPDX-License-Identifier: Apache-2.0
#include "upload/retry.h"

#include <algorithm>
#include <string>

namespace kvs::upload {

/// For those who want to be supervised: an error that ends what would be tried for ever.
std::optional<Error> Retry::whyNot(const Error& error, TimePoint now) {
  Error last = error;
  last.kind = ErrorKind::fatal;
  if (!config_.restartOnError) {
    last.message += " The stream has ended, because it is configured not to restart after errors.";
    return last;
  }
  if (!failingSince_) failingSince_ = now;
  if (config_.timeout == Milliseconds{0} || now - *failingSince_ < config_.timeout) return {};
  const auto seconds = std::chrono::duration_cast<Seconds>(config_.timeout).count();
  last.message += " The stream has ended after retrying for " + std::to_string(seconds) + " s.";
  return last;
}

Milliseconds Retry::delay(const Error& error, TimePoint now) {
  return delay(error, now, config_.backoff.cap);
}

Milliseconds Retry::kmsDelay(const Error& error, TimePoint now) {
  return delay(error, now, config_.kmsCap);
}

Milliseconds Retry::delay(const Error& error, TimePoint now, Milliseconds cap) {
  const Milliseconds drawn = backoff_.draw(cap, granted(error));
  if (config_.timeout == Milliseconds{0} || !failingSince_) return drawn;
  const auto left = std::chrono::ceil<Milliseconds>(*failingSince_ + config_.timeout - now);
  return std::min(drawn, left);  // one more attempt, and then it is over
}

/// What the service asked for, as far as it is done: no answer may stop a stream for a day.
std::optional<Milliseconds> Retry::granted(const Error& error) const {
  if (!error.retryAfter) return {};
  const bool isBusy =
      error.kind == ErrorKind::throttled || error.httpStatus == 429 || error.httpStatus == 503;
  return std::min(*error.retryAfter, isBusy ? config_.busyCap : config_.backoff.cap);
}

void Retry::succeeded() {
  backoff_.reset();
  failingSince_.reset();
}

}  // namespace kvs::upload
