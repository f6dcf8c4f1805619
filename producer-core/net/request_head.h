// SPDX-License-Identifier: Apache-2.0
// The head of an upload as it goes over the wire (RFC 9112, 3 and 5).
#pragma once

#include <optional>
#include <string>

#include "base/wiping.h"
#include "net/transport.h"

namespace kvs::net {

/// Whether `text` may stand in a line of a head.
bool isPlain(std::string_view text);

/// With Transfer-Encoding: chunked, and with Host and User-Agent where the request brings none (of the latter
/// none is sent where `userAgent` is empty). Path and query are sent as they stand in the URL: so they were
/// signed. Nothing where a header or the URL can't be sent.
std::optional<WipingString> renderHead(const Request& request, const std::string& userAgent);

}  // namespace kvs::net
