// SPDX-License-Identifier: Apache-2.0
// Between the plugin and the one file that knows log4cplus: a module of its own, which is loaded when a
// log configuration is in use and never before: log4cplus starts four threads as soon as it is loaded.
#pragma once

#include <memory>
#include <string>

#include "net/queued_log.h"

namespace kvs::gst {

/// Opens the log that the properties file at `path` describes. False, and `trouble` says why, where there
/// would be no log. `shared`: log4cplus was in the process before the module, so what is the process's in
/// it (its threads, what it prints) is somebody else's.
using OpenLogFunction = bool(const char* path, bool shared, std::unique_ptr<net::LogWriter>& writer,
                             std::string& trouble);

/// The function's name in the module. It carries the version: plugin and module must be of one build.
inline constexpr const char* openLogSymbol = "kvssinkOpenLog1";

/// Looked for beside the plugin, then in ../kvssink. Its name is not one that GStreamer takes for a plugin's.
inline constexpr const char* logModuleName = "kvssink-log4cplus.module";

}  // namespace kvs::gst
