// SPDX-License-Identifier: Apache-2.0
// Keeps warnings from flooding the bus: of one kind the first is said at once, the others together, ever
// more rarely while it goes on.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "report/errors.h"

namespace kvs::gst {

/// A warning, and how many it stands for.
struct Warning {
  ErrorCode code{};
  Error error;
  std::uint32_t count = 1;
};

/// Pure bookkeeping: posts nothing, reads no clock, has no lock of its own. Of a kind are those of one
/// status code whose sentences begin alike, up to the first number or quotation.
class WarningLimit {
 public:
  /// What is to be posted now: this one, or nothing.
  std::optional<Warning> add(Warning warning, TimePoint now);
  /// What was held back and is due; the newest of each kind stands for the others.
  std::vector<Warning> takeDue(TimePoint now);
  /// All that was held back.
  std::vector<Warning> takeAll();
  /// When something will be due; nothing where nothing is held back.
  std::optional<TimePoint> nextDue() const;

 private:
  struct Kind {
    std::optional<Warning> held;
    TimePoint quietUntil{};
    Nanoseconds interval{0};
  };
  static constexpr Nanoseconds shortest = Seconds(10);
  static constexpr Nanoseconds longest = Seconds(600);

  static constexpr std::size_t mostKinds = 64;

  void forgetQuiet(TimePoint now);

  std::map<std::pair<StatusCode, std::string>, Kind> kinds_;
};

}  // namespace kvs::gst
