// SPDX-License-Identifier: Apache-2.0
// What the handlers of one server share. The loop's thread alone uses it.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/clock.h"
#include "cli/options.h"
#include "faults/faults.h"
#include "faults/quotas.h"
#include "http/event_loop.h"
#include "service/change_queue.h"
#include "service/control_plane.h"
#include "service/credential_issuer.h"
#include "service/sigv4.h"
#include "service/stream_table.h"
#include "service/trace.h"
#include "store/disk_worker.h"

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
