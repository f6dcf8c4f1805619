// SPDX-License-Identifier: Apache-2.0
#include "base/time.h"

#include "base/immortal.h"

namespace kvs {

namespace {
class SystemClock final : public Clock {
 public:
  TimePoint now() const override { return std::chrono::steady_clock::now(); }
  WallTime wallNow() const override { return std::chrono::system_clock::now(); }
};
}  // namespace

const Clock& systemClock() {
  static Immortal<SystemClock> clock;
  return *clock;
}

}  // namespace kvs
