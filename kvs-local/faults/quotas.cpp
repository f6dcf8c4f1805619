// SPDX-License-Identifier: Apache-2.0
#include "faults/quotas.h"

#include <algorithm>
#include <cmath>

namespace kvslocal {

void TokenBucket::refill(MonoTime now) {
  if (last_ != MonoTime{}) {
    const std::chrono::duration<double> passed = now - last_;
    tokens_ = std::min(burst_, tokens_ + passed.count() * perSecond_);
  }
  last_ = now;
}

bool TokenBucket::tryTake(MonoTime now) {
  refill(now);
  if (tokens_ < 1.0) return false;
  tokens_ -= 1.0;
  return true;
}

void TokenBucket::draw(double count, MonoTime now) {
  refill(now);
  tokens_ -= count;
}

std::chrono::milliseconds TokenBucket::untilPaid() const {
  if (tokens_ >= 0.0) return std::chrono::milliseconds(0);
  return std::chrono::milliseconds(static_cast<std::int64_t>(std::ceil(-tokens_ / perSecond_ * 1000.0)));
}

bool CallQuota::allow(const std::string& operation, const std::string& stream, MonoTime now) {
  const bool ofAccount = operation == "createStream" || operation == "listStreams";
  const double rate = ofAccount ? 50.0 : 5.0;
  const std::string key = ofAccount ? operation : operation + '/' + stream;
  return buckets_.try_emplace(key, rate, rate).first->second.tryTake(now);
}

std::chrono::milliseconds SessionPace::pauseAfter(std::size_t bytes, std::uint64_t fragments, MonoTime now) {
  bytes_.draw(static_cast<double>(bytes), now);
  fragments_.draw(static_cast<double>(fragments), now);
  return std::max(bytes_.untilPaid(), fragments_.untilPaid());
}

}  // namespace kvslocal
