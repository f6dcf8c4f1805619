// SPDX-License-Identifier: Apache-2.0
// What sources of credentials work with. Everything that reaches outside stands here, so that a test
// brings its own.
#pragma once

#include <memory>
#include <string>

#include "aws/credentials/files.h"
#include "aws/credentials/programs.h"
#include "aws/endpoint.h"
#include "aws/environment.h"
#include "base/log.h"
#include "base/time.h"
#include "net/loop.h"
#include "net/transport.h"

namespace kvs::aws {

struct SourceTools {
  std::shared_ptr<net::Loop> loop;            ///< where sources live, and their timers
  std::shared_ptr<net::Transport> transport;  ///< on that loop
  std::shared_ptr<FileReader> files;
  std::shared_ptr<ProgramRunner> programs;
  Environment environment;
  const Clock* clock = nullptr;  ///< outlives all sources
  std::string region;            ///< of the Security Token Service
  std::string userAgent;
  Logger log{};
  EndpointVariant variant{};  ///< of the Security Token Service's public name
};

}  // namespace kvs::aws
