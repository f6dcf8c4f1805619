// SPDX-License-Identifier: Apache-2.0
// Runs the program of a `credential_process` as a watched child: no shell, output bounded, ended when it
// takes too long. An interface, so that a test needs no processes.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "aws/call.h"
#include "base/error.h"
#include "base/time.h"
#include "base/wiping.h"
#include "net/loop.h"

namespace kvs::aws {

inline constexpr Seconds programTimeout{60};
inline constexpr std::size_t maxProgramOutput = 64 * 1024;

/// Splits a command as AWS's own tools do (a POSIX shell's words and quotes, nothing of it expanded):
/// blanks part words; '...' is literal; "..." takes \" and \\; elsewhere a backslash makes the next
/// character literal. Fatal error where a quote does not end or there are no words.
Result<std::vector<std::string>> splitCommand(std::string_view command);

class ProgramRunner {
 public:
  using Callback = std::function<void(Result<WipingString>)>;
  virtual ~ProgramRunner() = default;

  /// Runs `words`, of which the first is looked for in PATH, and gives what it wrote to stdout when it
  /// ended with status 0; else a retryable error, which repeats nothing of its output. On the loop, once,
  /// never from inside this function. Cancelling ends the program.
  [[nodiscard]] virtual CallHandle run(std::vector<std::string> words, Callback callback) = 0;
};

/// Runs children from Loop::worker() and answers on `loop`. Each is in a process group of its own, with
/// stdin and stderr at /dev/null and nothing else of the host's open; only its own id is waited for, so the
/// host's SIGCHLD is left alone. A host that exits ends them.
std::shared_ptr<ProgramRunner> workerPrograms(std::shared_ptr<net::Loop> loop,
                                              Milliseconds timeout = programTimeout);

}  // namespace kvs::aws
