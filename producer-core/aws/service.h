// SPDX-License-Identifier: Apache-2.0
// One service of AWS as a process reaches it: a plain record of what all its clients share. Whoever makes
// the clients makes it; it is used on the loop.
#pragma once

#include <memory>
#include <string>

#include "aws/credentials/provider.h"
#include "aws/endpoint.h"
#include "aws/endpoint_finder.h"
#include "aws/rate_gate.h"
#include "base/corrected_clock.h"
#include "base/time.h"
#include "net/loop.h"
#include "net/transport.h"

namespace kvs::aws {

struct Service {
  std::string name;     ///< the name that requests are signed for: "kinesisvideo"
  std::string api;      ///< what a data endpoint is wanted for, as getDataEndpoint calls it: "PUT_MEDIA"
  Endpoint endpoint{};  ///< of its control plane, and the region that requests are signed for
  std::shared_ptr<EndpointFinder> finder{};  ///< changes `endpoint` before the first call; null: it stands

  std::string userAgent{};                ///< empty: the transport's own
  Milliseconds connectTimeout{5000};      ///< property connection-timeout
  Milliseconds completionTimeout{10000};  ///< of a call: property completion-timeout
  bool allowInsecure = false;             ///< data endpoints by plain http to other machines

  std::shared_ptr<net::Loop> loop{};
  std::shared_ptr<net::Transport> transport{};
  std::shared_ptr<CorrectedClock> clock{};  ///< signs requests, and learns from their refusals
  std::shared_ptr<RateGate> gate{};         ///< of calls; the account's quotas are one for all who share it
  std::shared_ptr<CredentialProvider> credentials{};
};

}  // namespace kvs::aws
