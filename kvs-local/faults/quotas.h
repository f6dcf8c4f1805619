// SPDX-License-Identifier: Apache-2.0
// The service's rates (`--quotas`): calls a second, and how long to wait before the next read of a session.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

#include "base/result.h"

namespace kvslocal {

/// Tokens that come back at a rate. A bucket may be drawn below nothing: that is its debt.
class TokenBucket {
 public:
  TokenBucket(double perSecond, double burst) : perSecond_(perSecond), burst_(burst), tokens_(burst) {}
  /// Takes one token if there is one.
  bool tryTake(MonoTime now);
  /// Takes `count`, also those that are not there.
  void draw(double count, MonoTime now);
  /// How long until nothing is owed.
  [[nodiscard]] std::chrono::milliseconds untilPaid() const;

 private:
  void refill(MonoTime now);

  double perSecond_;
  double burst_;
  double tokens_;
  MonoTime last_{};
};

/// 5 calls a second for each operation of each stream; 50 for createStream and listStreams.
class CallQuota {
 public:
  bool allow(const std::string& operation, const std::string& stream, MonoTime now);

 private:
  std::map<std::string, TokenBucket> buckets_;
};

/// 12.5 MB and 5 fragments a second, kept by reading slower.
class SessionPace {
 public:
  std::chrono::milliseconds pauseAfter(std::size_t bytes, std::uint64_t fragments, MonoTime now);

 private:
  TokenBucket bytes_{12'500'000.0, 12'500'000.0};
  TokenBucket fragments_{5.0, 5.0};
};

}  // namespace kvslocal
