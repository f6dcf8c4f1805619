// SPDX-License-Identifier: Apache-2.0
#include "child.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

#include "sanitizers.h"

namespace kvs::net::test {

int inChild(const std::function<int()>& work) {
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    sayThisIsAForkedChild();
    alarm(15);  // a hanging child dies by a signal
    _exit(work());
  }
  int status = 0;
  if (waitpid(child, &status, 0) != child) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace kvs::net::test
