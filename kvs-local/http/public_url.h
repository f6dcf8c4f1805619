// SPDX-License-Identifier: Apache-2.0
// By which URL a client reaches this server: what getDataEndpoint answers.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/event_loop.h"

namespace kvslocal {

/// The URL for a client that named us `hostHeader` (nothing: it sent no Host) over a connection whose own end
/// is `local`. A Host without a port stands for the port that was connected to, since some producers leave
/// every port out; one that names no host is passed over.
std::string reachedUrl(bool tls, const std::optional<std::string>& hostHeader, const SocketAddress& local);

/// What is wrong with a URL that `--public-url` gives; empty when nothing is.
std::string publicUrlFault(std::string_view url);

}  // namespace kvslocal
