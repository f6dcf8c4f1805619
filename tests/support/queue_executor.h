// SPDX-License-Identifier: Apache-2.0
// Runs the application's handlers when the test says so: between the loop's passes.
#pragma once

#include <deque>
#include <functional>
#include <utility>

#include "producer.h"

namespace kvs::test {

class QueueExecutor final : public Executor {
 public:
  void post(std::function<void()> job) override { jobs_.push_back(std::move(job)); }
  /// The next one; false where there is none.
  bool run() {
    if (jobs_.empty()) return false;
    const auto job = std::move(jobs_.front());
    jobs_.pop_front();
    job();
    return true;
  }

 private:
  std::deque<std::function<void()>> jobs_;
};

}  // namespace kvs::test
