// SPDX-License-Identifier: Apache-2.0
// A clock that moves only when the test says so. It does not begin at zero.
#pragma once

#include <atomic>

#include "base/time.h"

namespace kvs::net::test {

class ManualClock final : public Clock {
 public:
  TimePoint now() const override { return TimePoint(Nanoseconds(ns_.load())); }
  WallTime wallNow() const override { return WallTime(Nanoseconds(ns_.load())); }
  void advance(Nanoseconds by) { ns_ += by.count(); }

 private:
  std::atomic<Nanoseconds::rep> ns_{1'000'000'000'000};
};

}  // namespace kvs::net::test
