// SPDX-License-Identifier: Apache-2.0
#include "report/warnings.h"

#include <algorithm>
#include <optional>
#include <vector>

namespace kvs::gst {

namespace {

TimePoint monotonicNow() {
  return TimePoint(std::chrono::microseconds(g_get_monotonic_time()));
}

}  // namespace

void Warnings::add(ErrorCode code, const Error& error) {
  std::optional<Warning> now;
  {
    const Lock lock(mutex_);
    now = limit_.add({code, error}, monotonicNow());
    if (!now) schedule();
  }
  if (now) post(*now);
}

void Warnings::schedule() {
  const auto next = limit_.nextDue();
  if (next) due_.start(std::max(*next - monotonicNow(), Nanoseconds{0}), [this] { postDue(); });
}

void Warnings::postDue() {
  std::vector<Warning> due;
  {
    const Lock lock(mutex_);
    due = limit_.takeDue(monotonicNow());
    schedule();
  }
  for (const Warning& warning : due)
    post(warning);
}

void Warnings::flush() {
  std::vector<Warning> held;
  {
    const Lock lock(mutex_);
    due_.cancel();
    held = limit_.takeAll();
  }
  for (const Warning& warning : held)
    post(warning);
}

void Warnings::post(const Warning& warning) const {
  postWarning(element_, warning.code, warning.error, warning.count);
}

}  // namespace kvs::gst
