// SPDX-License-Identifier: Apache-2.0
// Lines for the person who runs kvs-local, on stderr: warnings always, the rest with --verbose.
// Control characters in them are written out: much of what stands there was sent by somebody.
#pragma once

#include <string>

namespace kvslocal::log {

/// Set once, before any thread is started.
void setVerbose(bool verbose);
bool verbose();
void warn(const std::string& line);
/// Ask verbose() before making a costly text.
void info(const std::string& line);

}  // namespace kvslocal::log
