// SPDX-License-Identifier: Apache-2.0
// A process that may open no more files, for as long as this lives. For a child: the whole process is meant.
#pragma once

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace kvs::net::test {

/// No descriptor more than there are.
class NoDescriptors {
 public:
  explicit NoDescriptors(int left = 0) {
    getrlimit(RLIMIT_NOFILE, &before_);
    const int lowestFree = fcntl(0, F_DUPFD, 0);
    close(lowestFree);
    const rlimit none{static_cast<rlim_t>(lowestFree + left), before_.rlim_max};
    setrlimit(RLIMIT_NOFILE, &none);
  }
  ~NoDescriptors() { setrlimit(RLIMIT_NOFILE, &before_); }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;

 private:
  rlimit before_{};
};

}  // namespace kvs::net::test
