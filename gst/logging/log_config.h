// SPDX-License-Identifier: Apache-2.0
// The property log-config: which log the core's lines go to. Elements that name the same file share one
// log, which is read and opened once for as long as any of them uses it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/log.h"

namespace kvs::gst {

/// Where existing applications have their configuration (guide, "kvssink optional parameters").
inline constexpr const char* usualLogConfig = "../kvs_log_configuration";

/// Reads nothing: that is the worker's, after one look whether the usual file is there. The lines go to
/// GST_DEBUG where `path` is empty, where the user set none and the usual one is not there, and where no such
/// log can be opened: `failed` hears why, from any thread, if the user set the path.
std::shared_ptr<LogSink> logOf(const std::optional<std::string>& path,
                               std::function<void(const Error&)> failed);

}  // namespace kvs::gst
