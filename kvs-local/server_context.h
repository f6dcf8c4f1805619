// SPDX-License-Identifier: Apache-2.0
// What the handlers of one server share. The loop's thread alone uses it.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "change_queue.h"
#include "clock.h"
#include "control_plane.h"
#include "credential_issuer.h"
#include "disk_worker.h"
#include "event_loop.h"
#include "faults.h"
#include "options.h"
#include "quotas.h"
#include "sigv4.h"
#include "stream_table.h"
#include "trace.h"

namespace kvslocal {

class PutMedia;

struct ServerContext {
  ServeOptions options;
  Clock clock;
  EventLoop loop;
  VerifierConfig verifier;
  CredentialIssuer issuer;
  std::string metadataToken;  ///< of the instance metadata service; empty: none was asked for
  StreamTable streams;
  ChangeQueue changes;
  std::unique_ptr<ControlPlane> control;
  std::unique_ptr<DiskWorker> disk;
  FaultBook faults;
  CallQuota calls;
  std::unique_ptr<Trace> trace;
  std::string baseUrl;  ///< where it listens
  std::uint64_t nextCounter = 0;
  std::map<std::string, std::weak_ptr<PutMedia>> sessions;  ///< by stream: one at a time
};

}  // namespace kvslocal
