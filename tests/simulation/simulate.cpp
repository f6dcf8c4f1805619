// SPDX-License-Identifier: Apache-2.0
// simulate [--seeds N] [--from S] [--all] [--verbose] [--log]: runs N lives, and shows the first that broke a
// promise, made as small as it still breaks (--log: with the stream's log). --all counts them instead;
// --verbose prints every plan.
#include <chrono>
#include <iostream>
#include <string>

#include "simulation.h"

namespace {

void print(const kvs::sim::Outcome& outcome) {
  for (std::size_t i = 0; i < outcome.broken.size() && i < 12; ++i)
    std::cout << "  - " << outcome.broken[i] << "\n";
}

int report(const kvs::sim::Plan& plan, const kvs::sim::Outcome& outcome, bool log) {
  std::cout << "BROKEN by " << describe(plan);
  print(outcome);
  std::cout << std::flush;  // making it smaller takes its time
  const kvs::sim::Plan less = shrink(plan);
  std::cout << "Made smaller: " << describe(less);
  print(run(less, log ? &std::cout : nullptr));
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t seeds = 300, from = 1;
  bool verbose = false, all = false, log = false;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--seeds" && i + 1 < argc) seeds = std::stoull(argv[++i]);
    if (argument == "--from" && i + 1 < argc) from = std::stoull(argv[++i]);
    if (argument == "--verbose") verbose = true;
    if (argument == "--all") all = true;
    if (argument == "--log") log = true;
  }

  const auto begun = std::chrono::steady_clock::now();
  kvs::sim::Outcome sum;
  std::uint64_t failures = 0;
  for (std::uint64_t seed = from; seed < from + seeds; ++seed) {
    const kvs::sim::Plan plan = kvs::sim::makePlan(seed);
    const kvs::sim::Outcome outcome = run(plan);
    if (verbose) std::cout << describe(plan);
    if (!outcome.broken.empty()) {
      ++failures;
      if (!all) return report(plan, outcome, log);
      std::cout << "seed " << seed << "\n";
      print(outcome);
    }
    sum.frames += outcome.frames;
    sum.persisted += outcome.persisted;
    sum.lost += outcome.lost;
    sum.refusedByService += outcome.refusedByService;
    sum.sessions += outcome.sessions;
    sum.simulated += outcome.simulated;
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  std::cout << seeds << " seeds from " << from << " in " << took.count()
            << " s: " << std::chrono::duration_cast<std::chrono::hours>(sum.simulated).count()
            << " h of stream, " << sum.frames << " frames in, " << sum.persisted << " persisted, " << sum.lost
            << " reported lost, " << sum.refusedByService << " fragments refused, " << sum.sessions
            << " sessions, " << failures << " seeds broke a promise\n";
  return failures == 0 ? 0 : 1;
}
