// SPDX-License-Identifier: Apache-2.0
// The server's clocks. The wall clock can be set off (`--clock-offset`), to play a service whose clock the
// producer's is not.
#pragma once

#include <chrono>

#include "base/result.h"

namespace kvslocal {

class Clock {
 public:
  explicit Clock(std::chrono::seconds offset = {}) : offset_(offset) {}
  [[nodiscard]] WallTime wall() const {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()) + offset_;
  }
  [[nodiscard]] static MonoTime mono() { return std::chrono::steady_clock::now(); }

 private:
  std::chrono::seconds offset_;
};

}  // namespace kvslocal
