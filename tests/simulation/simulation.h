// SPDX-License-Identifier: Apache-2.0
// Runs one plan: the real StreamCore (timeline, log, machine, session, acknowledgement parser) on a loop
// and clocks that the simulation turns, against the service in memory. Then it asks whether the
// promises were kept.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "plan.h"

namespace kvs::sim {

struct Outcome {
  std::vector<std::string> broken;  ///< promises; empty where all were kept
  std::uint64_t frames = 0;         ///< accepted
  std::uint64_t persisted = 0;
  std::uint64_t lost = 0;
  std::uint64_t refusedByService = 0;
  std::uint64_t sessions = 0;
  Nanoseconds simulated{0};
};

/// `diary`: where the stream's log goes; null: nowhere.
Outcome run(const Plan& plan, std::ostream* diary = nullptr);

/// The shortest list of faults that still breaks a promise, found by leaving one out at a time.
Plan shrink(Plan plan);

}  // namespace kvs::sim
