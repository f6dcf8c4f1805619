// SPDX-License-Identifier: Apache-2.0
// The chain of every source that the house knows, in the guide's order (kvssink, "Provide credentials to
// kvssink"), and after it what every AWS tool asks: AWS IoT, environment, properties, credential file, web
// identity, shared files, container, instance.
#pragma once

#include <memory>

#include "aws/credentials/provider.h"
#include "aws/credentials/settings.h"
#include "aws/credentials/tools.h"

namespace kvs::aws {

/// Sources that reach outside are shared by all chains of the process that ask them the same.
std::shared_ptr<CredentialProvider> standardChain(const CredentialSettings& settings,
                                                  const SourceTools& tools);

}  // namespace kvs::aws
