// SPDX-License-Identifier: Apache-2.0
// How often a thread has taken which locks, for tests of how many a frame costs. Only a build with tests
// counts.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace kvs {

/// A reading of one thread's count; the difference of two is what happened between them.
class LockCount {
 public:
  /// The calling thread's, since it began.
  static LockCount ofThisThread();
  LockCount since(const LockCount& earlier) const;

  std::uint64_t all() const;
  /// Takings of the mutexes with this name.
  std::uint64_t of(std::string_view name) const;
  /// "stream 2, notifier 1": for a test's message.
  std::string text() const;

 private:
  friend class Mutex;
  static void add(const char* name);

  struct Entry {
    const char* name = nullptr;
    std::uint64_t takings = 0;
  };
  // As many as there are names and more: what does not fit is added to the last. A plain array, so that a
  // thread's count needs neither memory nor a destructor.
  std::array<Entry, 64> entries_{};
};

}  // namespace kvs
