// SPDX-License-Identifier: Apache-2.0
#include "net/start_error.h"

#include <sys/resource.h>

#include <cerrno>
#include <string_view>
#include <system_error>

namespace kvs::net {

namespace {
std::string reasonFor(std::string_view call, int error) {
  if (isLackOfDescriptors(error)) return limitOfDescriptors(error);
  const std::string what = std::string(call) + " failed (" + std::system_category().message(error) + ")";
  if (error == EAGAIN)
    return what +
           ": no more threads may be started; raise RLIMIT_NPROC (ulimit -u, LimitNPROC=) or TasksMax=";
  if (error == ENOMEM || error == ENOSPC) return what + ": free memory, or raise the limits of this process";
  return what + ": a sandbox in which this process runs must allow that call";
}
}  // namespace

bool isLackOfDescriptors(int error) {
  return error == EMFILE || error == ENFILE;
}

std::string limitOfDescriptors(int error) {
  if (error == ENFILE) return "this machine may have no more files open; raise fs.file-max";
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  return "this process may have no more than " + std::to_string(limit.rlim_cur) +
         " files and sockets open; raise RLIMIT_NOFILE (ulimit -n, LimitNOFILE=)";
}

Error cantStart(const char* what, const char* call, int error) {
  return {StatusCode::notEnoughMemory, ErrorKind::fatal,
          std::string(what) + " can't be started: " + reasonFor(call, error) + "."};
}

}  // namespace kvs::net
