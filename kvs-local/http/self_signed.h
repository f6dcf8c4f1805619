// SPDX-License-Identifier: Apache-2.0
// A certificate for `--tls` when the user has none: self-signed, for localhost and 127.0.0.1.
#pragma once

#include <string>

#include "http/event_loop.h"

namespace kvslocal {

/// DIR/tls/cert.pem and key.pem, made when missing, so that clients that trust it once trust it again.
Result<TlsFiles> ensureSelfSigned(const std::string& dataDir);

}  // namespace kvslocal
