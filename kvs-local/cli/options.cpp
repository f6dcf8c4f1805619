// SPDX-License-Identifier: Apache-2.0
#include "cli/options.h"

#include <CLI/CLI.hpp>
#include <array>
#include <cstdlib>
#include <sstream>

#include "cli/time_text.h"
#include "http/public_url.h"

namespace kvslocal {
namespace {

std::string defaultDataDir() {
  const char* fromEnvironment = std::getenv("KVS_LOCAL_DATA_DIR");
  return fromEnvironment != nullptr && *fromEnvironment != '\0' ? fromEnvironment : "kvs-local-data";
}

void addDataDir(CLI::App& app, std::string& dataDir) {
  dataDir = defaultDataDir();
  app.add_option("--data-dir", dataDir, "where streams are kept [$KVS_LOCAL_DATA_DIR or kvs-local-data]");
}

/// Durations are whole numbers on the command line.
struct Numbers {
  std::int64_t creatingMs = 0;
  std::int64_t sessionSeconds = 45L * 60;
  std::int64_t silenceSeconds = 30;
  std::int64_t idleSeconds = 10;
  std::int64_t clockOffset = 0;
  std::int64_t requestSeconds = 30;
  std::int64_t credentialSeconds = 3600;
  std::string from;
  std::string to;
};

void addServe(CLI::App& app, ServeOptions& serve, Numbers& numbers) {
  app.add_option("--host", serve.host, "address to listen on [127.0.0.1]");
  app.add_option("--port", serve.port, "port to listen on; 0 picks a free one [8443]");
  addDataDir(app, serve.dataDir);
  auto* access = app.add_option("--access-key", serve.accessKey, "access key that clients sign with");
  auto* secret = app.add_option("--secret-key", serve.secretKey, "its secret key");
  access->needs(secret);
  secret->needs(access);
  app.add_option("--session-token", serve.sessionToken, "session token that clients must send");
  app.add_flag("--no-auth", serve.noAuth, "take requests without looking at their signature");
  app.add_flag("--allow-remote", serve.allowRemote,
               "listen beyond this machine although the keys are known to all");
  app.add_option("--region", serve.region, "the only region whose signatures pass [any; us-west-2 in ARNs]");
  app.add_option("--public-url", serve.publicUrl,
                 "how clients reach this server, such as http://host:9000, where a port is mapped or a proxy "
                 "stands before it [as they connect]")
      ->check(
          CLI::Validator([](const std::string& text) { return publicUrlFault(text); }, "URL", "public URL"));
  app.add_option("--max-connections", serve.maxConnections, "connections at a time [4096]")
      ->check(CLI::PositiveNumber);
  app.add_option("--request-seconds", numbers.requestSeconds,
                 "longest that a request may take that is no signed PutMedia session [30]")
      ->check(CLI::PositiveNumber);
  auto* tls = app.add_flag("--tls", serve.tls, "HTTPS; with a self-signed certificate if none is given");
  auto* certificate = app.add_option("--cert", serve.certificate, "certificate chain, PEM")->needs(tls);
  auto* key = app.add_option("--key", serve.key, "private key, PEM")->needs(tls);
  certificate->needs(key);
  key->needs(certificate);
  app.add_option("--client-ca", serve.clientAuthority,
                 "CA of client certificates, PEM, for AWS IoT credentials")
      ->needs(tls);
  auto* credentials = app.add_flag("--credentials", serve.credentials,
                                   "give temporary credentials as AWS IoT, containers, instances and STS do");
  app.add_option("--credentials-seconds", numbers.credentialSeconds, "how long they are good [3600]")
      ->check(CLI::PositiveNumber)
      ->needs(credentials);
  app.add_flag("--quotas", serve.quotas, "keep the service's rates and its minimum fragment duration");
  app.add_flag("--strict-end", serve.strictEnd,
               "drop a session's last fragment where its Cluster has no size and nothing closed it");
  app.add_option("--faults", serve.faultsFile, "JSON file of faults to play");
  app.add_option("--trace", serve.traceFile, "write a line a block with its arrival time");
  app.add_option("--creating-ms", numbers.creatingMs, "how long a new stream is CREATING [0]")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--session-seconds", numbers.sessionSeconds, "longest PutMedia session [2700]")
      ->check(CLI::PositiveNumber);
  app.add_option("--silence-seconds", numbers.silenceSeconds, "silence that ends a session [30]")
      ->check(CLI::PositiveNumber);
  app.add_option("--idle-seconds", numbers.idleSeconds,
                 "silence that is told by an IDLE acknowledgement [10]")
      ->check(CLI::PositiveNumber);
  app.add_option("--clock-offset", numbers.clockOffset, "seconds that the service's clock is ahead [0]");
  app.add_flag("--no-fsync", serve.noFsync, "UNSAFE: acknowledge PERSISTED before the disk has the bytes");
  app.add_flag("--verbose", serve.verbose, "a line on stderr for each request and session");
}

void addExport(CLI::App& app, ExportOptions& options, Numbers& numbers) {
  app.add_option("stream", options.stream, "the stream")->required();
  app.add_option("output", options.output, "the file to write, such as out.mkv")->required();
  addDataDir(app, options.dataDir);
  app.add_option("--from", numbers.from,
                 "fragments that begin then or later (2026-01-31T12:00:00Z or seconds)");
  app.add_option("--to", numbers.to, "fragments that begin before");
  app.add_flag("!--no-tags", options.tags, "leave out the fragments' tags");
}

void addList(CLI::App& app, ListOptions& options) {
  app.add_option("stream", options.stream, "the stream whose fragments to list; without it, the streams");
  addDataDir(app, options.dataDir);
  app.add_flag("--all", options.all, "also copies of fragments that later ones have replaced");
  app.add_flag("--json", options.json, "JSON instead of a table");
}

void setDurations(ServeOptions& serve, const Numbers& numbers) {
  serve.creating = std::chrono::milliseconds(numbers.creatingMs);
  serve.session = std::chrono::seconds(numbers.sessionSeconds);
  serve.silence = std::chrono::seconds(numbers.silenceSeconds);
  serve.idle = std::chrono::seconds(numbers.idleSeconds);
  serve.request = std::chrono::seconds(numbers.requestSeconds);
  serve.clockOffset = std::chrono::seconds(numbers.clockOffset);
  serve.credentialLife = std::chrono::seconds(numbers.credentialSeconds);
}

Command finishExport(ExportOptions options, const Numbers& numbers) {
  const std::array<std::pair<const std::string*, std::optional<WallTime>*>, 2> bounds{
      {{&numbers.from, &options.from}, {&numbers.to, &options.to}}};
  for (const auto& [text, bound] : bounds) {
    if (text->empty()) continue;
    const auto time = parseTime(*text);
    if (!time) return NothingToDo{time.error() + '\n', 2};
    *bound = *time;
  }
  return options;
}

}  // namespace

Command parseCommandLine(int argc, char** argv) {
  ServeOptions serve;
  ExportOptions exporting;
  ListOptions listing;
  Numbers numbers;
  CLI::App app("A local Kinesis Video Streams service, to try and test producers without an account.",
               "kvs-local");
  addServe(app, serve, numbers);
  auto* exportCommand = app.add_subcommand("export", "write a stream's recording as Matroska");
  auto* listCommand = app.add_subcommand("ls", "list the streams, or a stream's fragments");
  addExport(*exportCommand, exporting, numbers);
  addList(*listCommand, listing);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& stop) {
    std::ostringstream text;
    const int status = app.exit(stop, text, text);
    return NothingToDo{text.str(), status == 0 ? 0 : 2};
  }
  if (*exportCommand) return finishExport(exporting, numbers);
  if (*listCommand) return listing;
  setDurations(serve, numbers);
  return serve;
}

}  // namespace kvslocal
