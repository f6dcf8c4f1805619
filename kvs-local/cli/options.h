// SPDX-License-Identifier: Apache-2.0
// What the command line says.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "base/result.h"

namespace kvslocal {

/// The key pair that works when none is given. It opens nothing but a kvs-local.
inline constexpr const char* defaultAccessKey = "AKIDKVSLOCALEXAMPLE0";
inline constexpr const char* defaultSecretKey = "kvs-local/example/secret/key/not/secret0";

struct ServeOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8443;
  std::string dataDir;
  std::string accessKey = defaultAccessKey;
  std::string secretKey = defaultSecretKey;
  std::string sessionToken;
  bool noAuth = false;
  bool allowRemote = false;
  std::string region;  ///< empty: us-west-2 in ARNs, and any region in signatures
  /// How clients reach this server where they can't by the address they connect to; empty: by that address.
  std::string publicUrl;
  std::size_t maxConnections = 4096;
  std::chrono::seconds request{30};  ///< for a request that is no signed session
  bool tls = false;
  std::string certificate;
  std::string key;
  std::string clientAuthority;  ///< CA of client certificates; empty: none is asked for
  bool credentials = false;     ///< serve temporary credentials
  std::chrono::seconds credentialLife{3600};
  bool quotas = false;
  bool strictEnd = false;
  std::string faultsFile;
  std::string traceFile;
  bool noFsync = false;
  bool verbose = false;
  std::chrono::milliseconds creating{0};
  std::chrono::seconds session{45 * 60};
  std::chrono::seconds silence{30};
  std::chrono::seconds idle{10};
  std::chrono::seconds clockOffset{0};

  [[nodiscard]] bool defaultKeys() const { return accessKey == defaultAccessKey; }
  [[nodiscard]] std::string regionName() const { return region.empty() ? "us-west-2" : region; }
};

struct ExportOptions {
  std::string dataDir;
  std::string stream;
  std::string output;
  std::optional<WallTime> from;  ///< fragments that begin then or later
  std::optional<WallTime> to;    ///< fragments that begin before
  bool tags = true;              ///< write the fragments' tags
};

struct ListOptions {
  std::string dataDir;
  std::string stream;  ///< empty: the streams themselves
  bool all = false;
  bool json = false;
};

/// The command line asked for help, or was wrong: what to print and the exit status.
struct NothingToDo {
  std::string text;
  int status = 0;
};

using Command = std::variant<ServeOptions, ExportOptions, ListOptions, NothingToDo>;

Command parseCommandLine(int argc, char** argv);

}  // namespace kvslocal
