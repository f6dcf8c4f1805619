// SPDX-License-Identifier: Apache-2.0
// What libcurl reports, as an Error with a sentence that names the host and what to check.
#pragma once

#include <curl/curl.h>

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"
#include "base/time.h"
#include "net/place.h"
#include "net/transport_options.h"

namespace kvs::net {

/// What is known about a transfer that failed.
struct Failure {
  CURLcode code = CURLE_OK;
  std::string_view detail;   ///< libcurl's own text, may be empty
  int osError = 0;           ///< errno of the failed socket or connect call, 0 when unknown
  bool connected = false;    ///< the request could be sent
  bool reached = false;      ///< somebody's address was known: what was wrong later was said by a peer
  long proxyStatus = 0;      ///< what a proxy answered to CONNECT, 0 where none was asked
  std::string_view proxy{};  ///< the address of the proxy that was set, empty where there is none
  AddressFamily addresses = AddressFamily::any;  ///< which ones of the host were asked for
  Milliseconds patience{};                       ///< the time-out that would have ended it at this point
};

/// Nearly all trouble of a network mends by itself, so nearly every kind is retryable: also a
/// certificate that is not trusted (a clock that is not set yet, a captive portal). Fatal is only what
/// this process was given wrongly: an address or a protocol that can't be used, a client certificate
/// that can't be read. What a peer says is never fatal: libcurl has the same code for a bad address and for a
/// bad answer, so `reached` tells them apart.
/// Codes: serviceCallTimeout for time-outs, clientAuthFailed for certificates, invalidArg for
/// addresses, notEnoughMemory, else serviceUnknownError.
Error explain(const Failure& failure, const Place& place);

/// Nothing of HTTP/1.1 came, but this.
Error notHttp(const Place& place, ByteView came);

/// The answer breaks HTTP/1.1's rules somewhere: `how`.
Error strangeAnswer(const Place& place, std::string_view how);

/// The peer closed the connection before its answer was complete.
Error closedEarly(const Place& place, bool answerBegun);

/// A new descriptor can't be had.
Error outOfDescriptors(const Place& place);

/// Whether this process can't open one more descriptor at this moment.
bool descriptorsExhausted();

}  // namespace kvs::net
