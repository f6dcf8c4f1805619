// SPDX-License-Identifier: Apache-2.0
// The control plane: the ten JSON operations on streams, with the service's constraints and exceptions. Pure:
// a request and the time come in, an answer and what must be written to disk come out. The streams change
// when the disk has it, by apply().
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "service/service_error.h"
#include "service/stream_table.h"

namespace kvslocal {

struct ControlConfig {
  std::string region = "us-west-2";
  std::string account = "123456789012";
  std::chrono::milliseconds creatingFor{0};  ///< how long a new stream says CREATING
};

/// What a request changes. The answer may leave only when that is on disk and applied.
struct StreamChange {
  enum class Kind { saved, deleted };
  Kind kind = Kind::saved;
  StreamRecord record;
};

struct ControlAnswer {
  HttpReply reply;
  std::optional<StreamChange> change;
};

class ControlPlane {
 public:
  /// `newVersion` makes the random part of a stream's Version.
  ControlPlane(StreamTable& streams, ControlConfig config, std::function<std::string()> newVersion)
      : streams_(streams), config_(std::move(config)), newVersion_(std::move(newVersion)) {}

  /// Whether `operation` (a path without its slash) is one of the control plane's.
  static bool knows(const std::string& operation);

  /// Whether an operation changes its stream: such ones of one stream must follow each other.
  static bool changes(const std::string& operation);

  /// Answers one request. `baseUrl` is how the client reached us: the data endpoint that it is given.
  ControlAnswer handle(const std::string& operation, const std::string& body, const std::string& baseUrl,
                       WallTime now);

  /// Makes a change that is on disk known.
  void apply(const StreamChange& change);

  /// The stream that a control-plane body names, by name or ARN; empty when it names none.
  static std::string streamNameIn(const std::string& body);

 private:
  StreamTable& streams_;
  ControlConfig config_;
  std::function<std::string()> newVersion_;
};

}  // namespace kvslocal
