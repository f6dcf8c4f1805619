// SPDX-License-Identifier: Apache-2.0
#include "net/curl_error.h"

#include <fcntl.h>
#include <sys/eventfd.h>

#include <cerrno>
#include <system_error>

#include "base/redaction.h"
#include "net/fd.h"
#include "net/start_error.h"

namespace kvs::net {

namespace {
constexpr std::size_t kMaxDetail = 256;
constexpr int kTooLarge = 100;  // CURLE_TOO_LARGE of libcurl 8: a header that is too long
constexpr const char* whoMayItBe =
    ": it is tried again; if it stays so, check the address, and whether something else answers there";

Error retry(StatusCode code, std::string message) {
  return Error{code, ErrorKind::retryable, std::move(message), {}, 0, {}};
}

Error fatal(std::string message) {
  return Error{StatusCode::invalidArg, ErrorKind::fatal, std::move(message), {}, 0, {}};
}

/// " (reason)", or nothing.
std::string reason(const Failure& failure) {
  if (failure.osError != 0) return " (" + std::system_category().message(failure.osError) + ")";
  if (failure.detail.empty()) return {};
  return " (" + foreignText(failure.detail, kMaxDetail) + ")";
}

Error timedOut(const Failure& failure, const Place& place) {
  const std::string after = " within " + std::to_string(failure.patience.count()) + " ms";
  if (failure.connected)
    return retry(StatusCode::serviceCallTimeout, place.text() + " did not answer" + after);
  if (failure.detail.starts_with("Resolving timed out")) {
    return retry(StatusCode::serviceCallTimeout, "no DNS server gave an address for " + place.host + after +
                                                     ": check the network and its DNS server");
  }
  return retry(StatusCode::serviceCallTimeout,
               "no connection to " + place.text() + after +
                   ": check the network, the proxy, and that firewalls let the service's addresses through");
}

Error untrusted(const Failure& failure, const Place& place) {
  return retry(StatusCode::clientAuthFailed,
               "the certificate of " + place.text() + " is not trusted" + reason(failure) +
                   ": check the host name, this machine's clock and the CA certificates");
}

/// Whether the peer's TLS alert is about our certificate (RFC 8446, 6.2), in OpenSSL's words.
bool isAboutOurCertificate(std::string_view detail) {
  const std::size_t alert = detail.find(" alert ");
  if (alert == std::string_view::npos) return false;
  const std::string_view words = detail.substr(alert);
  return words.find("certificate") != words.npos || words.find("unknown ca") != words.npos ||
         words.find("access denied") != words.npos;
}

Error refusesOurCertificate(const Failure& failure, const Place& place) {
  return retry(StatusCode::clientAuthFailed,
               place.text() + " does not accept the client certificate, or requires one" + reason(failure) +
                   ": check that it is the one that is registered there, active and not expired");
}

Error unknownHost(const Failure& failure, const Place& place) {
  const std::string advice = place.host + ": check the network, its DNS server, and the host name";
  if (failure.addresses == AddressFamily::ipv6) {
    return retry(StatusCode::serviceUnknownError,
                 "no IPv6 address is known for " + advice +
                     "; only AWS_KVS_USE_IPV6 is set, and only the service's dual-stack endpoints have IPv6 "
                     "addresses (AWS_USE_DUALSTACK_ENDPOINT=true)");
  }
  const bool isIpv4 = failure.addresses == AddressFamily::ipv4;
  return retry(StatusCode::serviceUnknownError,
               std::string(isIpv4 ? "no IPv4 address is known for " : "no address is known for ") + advice);
}

Error unusableProxy(const Place& place, const std::string& why) {
  return retry(StatusCode::serviceUnknownError,
               "the proxy on the way to " + place.text() + " can't be used" + why +
                   ": check the property proxy, or http_proxy, https_proxy and no_proxy in the environment");
}

Error refusedByProxy(const Failure& failure, const Place& place) {
  const std::string what = failure.proxyStatus == 407
                               ? "requires a valid user and password (HTTP 407)"
                               : "let nobody through (HTTP " + std::to_string(failure.proxyStatus) + ")";
  return retry(StatusCode::serviceUnknownError,
               "the proxy on the way to " + place.text() + " " + what +
                   ": check the property proxy, or https_proxy and no_proxy in the environment");
}

/// Whom libcurl wanted to connect to, where that is not the place itself but a proxy: the environment may
/// name one, and may except hosts from one that was set.
std::string proxyBetween(const Failure& failure, const Place& place) {
  constexpr std::string_view front = "Failed to connect to ";
  std::string_view peer = failure.detail;
  if (!peer.starts_with(front)) return std::string(failure.proxy);
  peer.remove_prefix(front.size());
  peer = peer.substr(0, peer.find(" after "));
  if (peer == place.host + " port " + std::to_string(place.port)) return {};
  return std::string(failure.proxy.empty() ? peer : failure.proxy);
}

Error unreachable(const Failure& failure, const Place& place) {
  if (const std::string proxy = proxyBetween(failure, place); !proxy.empty()) {
    return retry(StatusCode::serviceUnknownError,
                 "can't connect to " + place.text() + " through the proxy " + proxy + reason(failure) +
                     ": check that the proxy runs, and its address in the property proxy, or in https_proxy, "
                     "http_proxy and no_proxy in the environment");
  }
  return retry(StatusCode::serviceUnknownError,
               "can't connect to " + place.text() + reason(failure) +
                   ": check that the service runs there and that no firewall is in between");
}
/// Whether libcurl says so of an answer.
bool isAboutTheAnswer(const Failure& failure) {
  switch (failure.code) {
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
    case CURLE_BAD_FUNCTION_ARGUMENT:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
    case CURLE_HTTP3:
    case CURLE_FILESIZE_EXCEEDED:
      return true;
    case CURLE_RECV_ERROR:
      return failure.detail.find("chunk") != failure.detail.npos;
    default:
      return static_cast<int>(failure.code) == kTooLarge;
  }
}
}  // namespace

Error notHttp(const Place& place, ByteView came) {
  Error error = retry(StatusCode::serviceUnknownError, place.text() + " answered " + foreignBytes(came) +
                                                           ", which is not HTTP/1.1" + whoMayItBe);
  error.strange = true;
  return error;
}

Error strangeAnswer(const Place& place, std::string_view how) {
  std::string text = place.text() + " sent an answer that is not HTTP/1.1";
  if (!how.empty()) text += " (" + foreignText(how, kMaxDetail) + ")";
  Error error = retry(StatusCode::serviceUnknownError, text + whoMayItBe);
  error.strange = true;
  return error;
}

bool descriptorsExhausted() {
  return !Fd(eventfd(0, EFD_CLOEXEC)) && (errno == EMFILE || errno == ENFILE);
}

Error outOfDescriptors(const Place& place) {
  return retry(StatusCode::notEnoughMemory, "can't connect to " + place.text() + ": " + limitOfDescriptors());
}

Error closedEarly(const Place& place, bool answerBegun) {
  Error error =
      retry(StatusCode::serviceUnknownError, place.text() + " closed the connection before its answer was " +
                                                 (answerBegun ? "complete" : "begun"));
  error.strange = !answerBegun;
  return error;
}

Error explain(const Failure& failure, const Place& place) {
  if (!failure.connected && descriptorsExhausted()) return outOfDescriptors(place);
  if (failure.proxyStatus >= 300) return refusedByProxy(failure, place);
  // libcurl's own words about such an address repeat it, password and all.
  if (failure.detail.starts_with("Unsupported proxy"))
    return unusableProxy(place, " (its address is not one)");
  if (failure.reached && isAboutTheAnswer(failure)) return strangeAnswer(place, failure.detail);
  // libcurl 7's word for a header line of more than 100 KB.
  if (failure.connected && failure.code == CURLE_OUT_OF_MEMORY)
    return strangeAnswer(place, "a header is too long, or there is no memory for it");
  if (isAboutOurCertificate(failure.detail)) return refusesOurCertificate(failure, place);
  switch (failure.code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return unknownHost(failure, place);
    case CURLE_INTERFACE_FAILED:
      return retry(StatusCode::serviceUnknownError,
                   "a connection to " + place.text() + " can't come from the bind-address" + reason(failure) +
                       ": it must be an address or a network interface of this machine");
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_PROXY:
      return unusableProxy(place, reason(failure));
    case CURLE_COULDNT_CONNECT:
      return unreachable(failure, place);
    case CURLE_OPERATION_TIMEDOUT:
      return timedOut(failure, place);
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CACERT_BADFILE:
      return untrusted(failure, place);
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CIPHER:
      return retry(StatusCode::serviceUnknownError, "no TLS session with " + place.text() + reason(failure) +
                                                        ": check that it speaks TLS 1.2 or newer");
    case CURLE_SSL_CERTPROBLEM:
      return fatal("the client certificate or key for " + place.text() + " can't be used" + reason(failure) +
                   ": both must be PEM files that belong together, and the key may have no password");
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
      return fatal("the address of " + place.text() + " can't be used" + reason(failure));
    case CURLE_BAD_FUNCTION_ARGUMENT:
      return fatal("a header of the request to " + place.text() +
                   " can't be sent: it has no name or a line break");
    case CURLE_OUT_OF_MEMORY:
      return retry(StatusCode::notEnoughMemory, "no memory for a connection to " + place.text());
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
      return closedEarly(place, failure.code == CURLE_PARTIAL_FILE);
    default:
      return retry(StatusCode::serviceUnknownError,
                   "the connection to " + place.text() + " broke" + reason(failure));
  }
}

}  // namespace kvs::net
