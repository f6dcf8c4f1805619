// SPDX-License-Identifier: Apache-2.0
// The names under ".test" of this program, which replaces getaddrinfo(): "hang..." waits to
// be released, "nowhere..." does not exist, all others are loopback.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <string>

namespace kvs::net::test {

class FakeDns {
 public:
  static FakeDns& get();

  /// Forgets counts; names hang again.
  void restart();
  /// Lets every hanging look-up end, and those to come.
  void release();
  /// Waits until `count` look-ups hang at the same time.
  bool waitForHanging(int count);
  /// Waits until no look-up runs, so that no thread of the resolver outlives the test.
  bool waitForQuiet();
  int hanging();
  int lookups(const std::string& name);

  /// What getaddrinfo() asks. False: there is no such name.
  bool resolve(const std::string& name);

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, int> lookups_;
  int hanging_ = 0;
  bool released_ = false;
};

}  // namespace kvs::net::test
