// SPDX-License-Identifier: Apache-2.0
#include "logging/log_config.h"

#include <dlfcn.h>
#include <link.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <map>
#include <utility>

#include "base/mutex.h"
#include "logging/log_module.h"
#include "logging/log_sink.h"
#include "net/queued_log.h"

namespace kvs::gst {

namespace {

using net::LogWriter;
using net::QueuedLog;
using std::filesystem::path;

tl::unexpected<Error> unusable(const std::string& config, const std::string& why) {
  return kvs::fail(StatusCode::invalidArg, ErrorKind::fatal,
                   "The log configuration " + config +
                       " (log-config) cannot be used, so the log goes to GST_DEBUG: " + why + ".");
}

/// Where the plugin itself was loaded from.
path pluginFolder() {
  Dl_info info{};
  static const char here = 0;
  if (dladdr(&here, &info) == 0 || !info.dli_fname) return {};
  return path(info.dli_fname).parent_path();
}

/// Whether the application, or another of its libraries, uses log4cplus.
bool isLog4cplusHere() {
  const auto look = [](dl_phdr_info* info, std::size_t /*size*/, void* found) {
    if (info->dlpi_name && std::string_view(info->dlpi_name).find("liblog4cplus") != std::string_view::npos) {
      *static_cast<bool*>(found) = true;
    }
    return 0;
  };
  bool found = false;
  dl_iterate_phdr(look, &found);
  return found;
}

struct Module {
  OpenLogFunction* openLog = nullptr;
  bool shared = false;
  std::string trouble;
};

Module loadModule() {
  Module module;
  module.shared = isLog4cplusHere();
  const path folder = pluginFolder();
  for (const path& place : {folder / logModuleName, folder / ".." / "kvssink" / logModuleName}) {
    std::error_code unreadable;
    if (!std::filesystem::exists(place, unreadable)) continue;
    // It stays for the life of the process: log4cplus has things in every thread that used it.
    void* const library = dlopen(place.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    void* const function = library ? dlsym(library, openLogSymbol) : nullptr;
    module.openLog = reinterpret_cast<OpenLogFunction*>(function);
    if (!function) module.trouble = dlerror();
    return module;
  }
  module.trouble =
      std::string("this kvssink was installed without its module for log4cplus, ") + logModuleName;
  return module;
}

/// On the worker, as all of the log is.
Result<std::unique_ptr<LogWriter>> openLog(const std::string& config) {
  if (::access(config.c_str(), R_OK) != 0) return unusable(config, "there is no such file that can be read");
  static const Module module = loadModule();
  if (!module.openLog) return unusable(config, module.trouble);
  std::unique_ptr<LogWriter> writer;
  std::string trouble;
  if (!module.openLog(config.c_str(), module.shared, writer, trouble)) return unusable(config, trouble);
  return writer;
}

/// The logs in use, by absolute path. A forked child has its own.
class Logs {
 public:
  bool isOfThisProcess() const { return process_ == ::getpid(); }
  std::shared_ptr<QueuedLog> find(const std::string& place) KVS_EXCLUDES(mutex_);

 private:
  const pid_t process_ = ::getpid();
  Mutex mutex_{"logs"};
  std::map<std::string, std::weak_ptr<QueuedLog>> inUse_ KVS_GUARDED_BY(mutex_);
};

std::shared_ptr<QueuedLog> Logs::find(const std::string& place) {
  const Lock lock(mutex_);
  std::weak_ptr<QueuedLog>& slot = inUse_[place];
  std::shared_ptr<QueuedLog> log = slot.lock();
  if (!log || log->hasFailed()) {  // what was wrong may be mended since
    log = std::make_shared<QueuedLog>([place] { return openLog(place); }, makeLogSink());
    slot = log;
  }
  return log;
}

Logs& logsOfThisProcess() {
  static std::atomic<Logs*> current = nullptr;
  Logs* logs = current.load();
  if (logs && logs->isOfThisProcess()) return *logs;
  auto fresh = std::make_unique<Logs>();
  if (!current.compare_exchange_strong(logs, fresh.get())) return *logs;
  return *fresh.release();  // for the life of the process, as all that the worker may reach
}

std::shared_ptr<QueuedLog> sharedLog(const std::string& config) {
  return logsOfThisProcess().find(std::filesystem::absolute(config).lexically_normal().string());
}

}  // namespace

std::shared_ptr<LogSink> logOf(const std::optional<std::string>& path,
                               std::function<void(const Error&)> failed) {
  if (path ? path->empty() : ::access(usualLogConfig, F_OK) != 0) return makeLogSink();
  auto log = sharedLog(path.value_or(usualLogConfig));
  if (path) log->whenFailed(std::move(failed));
  return log;
}

}  // namespace kvs::gst
