// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <unistd.h>

#include "base/printable.h"

namespace kvslocal::log {
namespace {

bool verboseLines = false;

void write(const std::string& line) {
  // One write a line: lines of two threads never mix. There is nobody to tell if stderr is gone.
  const std::string text = "kvs-local: " + printable(line) + '\n';
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
}

}  // namespace

void setVerbose(bool verbose) {
  verboseLines = verbose;
}
bool verbose() {
  return verboseLines;
}
void warn(const std::string& line) {
  write(line);
}

void info(const std::string& line) {
  if (verboseLines) write(line);
}

}  // namespace kvslocal::log
