// SPDX-License-Identifier: Apache-2.0
// kvs-local: serve (without a subcommand), export, ls.
#include <csignal>
#include <cstdio>
#include <exception>
#include <string>
#include <variant>

#include "base/log.h"
#include "base/printable.h"
#include "cli/exporter.h"
#include "cli/lister.h"
#include "cli/options.h"
#include "cli/server.h"
#include "cli/time_text.h"

namespace kvslocal {
namespace {

int complain(const std::string& sentence) {
  log::warn(sentence);
  return 1;
}

std::string howToUse(const ServeOptions& options, const Server& server) {
  std::string text = "kvs-local listening on " + server.url() + '\n';
  if (options.tls) text += "kvs-local certificate " + server.certificate() + '\n';
  if (options.noAuth || !options.defaultKeys()) return text;
  text += std::string("export AWS_ACCESS_KEY_ID=") + defaultAccessKey + '\n';
  text += std::string("export AWS_SECRET_ACCESS_KEY=") + defaultSecretKey + '\n';
  text += "export AWS_DEFAULT_REGION=" + options.regionName() + '\n';
  const std::string& reached = options.publicUrl.empty() ? server.url() : options.publicUrl;
  return text + "export CONTROL_PLANE_URI=" + reached + '\n';
}

int run(const ServeOptions& options) {
  log::setVerbose(options.verbose);
  auto server = Server::create(options);
  if (!server) return complain(server.error());
  std::fputs(howToUse(options, **server).c_str(), stdout);
  std::fflush(stdout);
  (*server)->run();
  return 0;
}

/// Something could not be exported; the rest was.
constexpr int steppedOverStatus = 3;

int run(const ExportOptions& options) {
  const auto report = exportStream(options);
  if (!report) return complain(report.error());
  for (const auto& file : report->files) {
    std::printf("%s: %llu fragments, %llu frames, %llu bytes, %.3f s from %s\n", printable(file.path).c_str(),
                static_cast<unsigned long long>(file.fragments), static_cast<unsigned long long>(file.frames),
                static_cast<unsigned long long>(file.bytes),
                static_cast<double>(file.duration.count()) / 1000.0, formatTime(file.begins).c_str());
  }
  for (const auto& one : report->steppedOver)
    log::warn("fragment " + one.number + " is stepped over: " + one.why);
  if (report->files.empty())
    log::warn("no fragment of the stream '" + options.stream + "' is whole: no file is written");
  return report->steppedOver.empty() ? 0 : steppedOverStatus;
}

int run(const ListOptions& options) {
  const auto text = listStore(options);
  if (!text) return complain(text.error());
  std::fputs(text->c_str(), stdout);
  return 0;
}

int run(const NothingToDo& nothing) {
  std::fputs(printableLines(nothing.text).c_str(), nothing.status == 0 ? stdout : stderr);
  return nothing.status;
}

}  // namespace
}  // namespace kvslocal

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a broken connection is an error of its write
  std::signal(SIGXFSZ, SIG_IGN);  // and so is a file that may not grow
  try {
    const auto command = kvslocal::parseCommandLine(argc, argv);
    return std::visit([](const auto& options) { return kvslocal::run(options); }, command);
  } catch (const std::exception& error) {
    return kvslocal::complain(std::string("unexpected: ") + error.what());
  }
}
